#include "toolkit/idempotency.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

struct bank
{
  explicit bank(asio::any_io_executor executor) : payments(executor, 1min) {}

  asio::awaitable<int> charge(int amount)
  {
    ++begun;
    co_await sleep_for(2ms);
    if (fails)
      throw std::runtime_error("declined");
    charged += amount;
    co_return charged;
  }

  asio::awaitable<int> request(int key)
  {
    const auto effect = [this] { return charge(10); };
    co_return co_await payments.run(key, effect);
  }

  asio::awaitable<void> requests(int key)
  {
    co_await request(key);
    ++answered;
  }

  asio::awaitable<void> run()
  {
    co_await all(list_of<void>(requests(1), requests(1), requests(2)));
    co_await requests(1);
  }

  void check() const { require(charged <= 20, "a request took effect twice"); }

  bool fails = false;
  int begun = 0;
  int charged = 0;
  int answered = 0;
  idempotency<int, int> payments;
};

} // namespace

TEST_CASE("idempotency: a request takes effect once", "[idempotency]")
{
  const auto once = [](detent::simulation& sim) -> asio::awaitable<void> {
    bank b(sim.executor());
    co_await b.run();
    REQUIRE(b.charged == 20);
    REQUIRE(b.answered == 4);
  };
  detent::catch2::explore(thorough, once);
  detent::catch2::explore(exhaustive, once);
}

TEST_CASE("idempotency: duplicates get the first one's result, until it expires", "[idempotency]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    bank b(sim.executor());
    const int first = co_await b.request(1);
    co_await b.request(2);
    const int again = co_await b.request(1);
    REQUIRE(first == 10);
    REQUIRE(again == 10);
    REQUIRE(b.payments.size() == 2);
    co_await sleep_for(1min - 2ms - 1ns);
    REQUIRE(b.payments.size() == 2);
    co_await sleep_for(1ns);
    REQUIRE(b.payments.size() == 1);
    const int anew = co_await b.request(1);
    REQUIRE(anew == 30);
    co_await sleep_for(1h);
    const int later = co_await b.request(1); // nobody has asked for the size meanwhile
    REQUIRE(later == 40);
  });
}

TEST_CASE("idempotency: an error is shared, and not stored", "[idempotency]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    bank b(sim.executor());
    b.fails = true;
    task first(sim.executor(), b.requests(1));
    task second(sim.executor(), b.requests(1));
    co_await sleep_for(1s);
    REQUIRE(first.error() == "declined");
    REQUIRE(second.error() == "declined");
    REQUIRE(b.begun == 1);
    REQUIRE(b.payments.size() == 0);
    b.fails = false;
    const int got = co_await b.request(1);
    REQUIRE(got == 10);
  });
}

TEST_CASE("idempotency: the effect does not depend on who waits for it", "[idempotency]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bank b(sim.executor());
    task first(sim.executor(), b.requests(1));
    co_await sleep_for(1ms);
    first.cancel();
    co_await sleep_for(1s);
    REQUIRE(first.ended());
    REQUIRE(b.charged == 10);
    const int stored = co_await b.request(1);
    REQUIRE(stored == 10);
    REQUIRE(b.begun == 1);
  });
}

TEST_CASE("idempotency: a stored result is posted", "[idempotency]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    bank b(sim.executor());
    co_await b.request(1);
    int others = 0;
    asio::post(sim.executor(), [&] { ++others; });
    co_await b.request(1);
    REQUIRE(others == 1);
  });
}

TEST_CASE("idempotency: abandoned at every step", "[idempotency]") { abandon_everywhere<bank>(); }
TEST_CASE("idempotency: in every order", "[idempotency]") { in_every_order<bank>(); }
