#include "toolkit/single_flight.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

struct database
{
  explicit database(asio::any_io_executor executor) : shared(executor), cached(executor, 1min) {}

  asio::awaitable<int> load(int key)
  {
    const inside here(running);
    const inside of_key(at_once[key]);
    require(at_once[key] == 1, "two calls for one key");
    ++loads;
    co_await sleep_for(10ms);
    if (key < 0)
      throw std::runtime_error("no such key");
    co_return key * 10;
  }

  asio::awaitable<void> ask(int key)
  {
    const auto operation = [this, key] { return load(key); };
    const int got = co_await shared.run(key, operation);
    require(got == key * 10, "another value");
    ++answers;
  }

  asio::awaitable<void> ask_cached(int key)
  {
    const auto operation = [this, key] { return load(key); };
    const int got = co_await cached.run(key, operation);
    require(got == key * 10, "another value");
    ++answers;
  }

  asio::awaitable<void> run()
  {
    co_await all(list_of<void>(ask(1), ask(1), ask(2)));
    co_await all(list_of<void>(ask_cached(1), ask_cached(1)));
    co_await ask_cached(1);
  }

  void check() const
  {
    require(running == 0, "a call goes on that nobody waits for");
    require(shared.size() == 0, "a call is kept");
  }

  std::map<int, int> at_once;
  int loads = 0;
  int running = 0;
  int answers = 0;
  single_flight<int, int> shared;
  memoize<int, int> cached;
};

} // namespace

TEST_CASE("single_flight: callers share one call", "[single_flight]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    co_await sleep_for(1ms);
    task second(sim.executor(), d.ask(1));
    task other(sim.executor(), d.ask(2));
    co_await sleep_for(1s);
    REQUIRE(d.answers == 3);
    co_await d.ask(1);
    REQUIRE(d.answers == 4);
    d.check();
  });
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    co_await all(list_of<void>(d.ask(1), d.ask(1), d.ask(1)));
    REQUIRE(d.loads == 1);
    co_await d.ask(1);
    REQUIRE(d.loads == 2);
  });
}

TEST_CASE("single_flight: an error is shared, and not kept", "[single_flight]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(-1));
    task second(sim.executor(), d.ask(-1));
    task memo(sim.executor(), d.ask_cached(-2));
    co_await sleep_for(1s);
    REQUIRE(first.error() == "no such key");
    REQUIRE(second.error() == "no such key");
    REQUIRE(memo.error() == "no such key");
    REQUIRE(d.loads == 2);
    task again(sim.executor(), d.ask_cached(-2));
    co_await sleep_for(1s);
    REQUIRE(d.loads == 3);
    d.check();
  });
}

TEST_CASE("single_flight: one caller that gives up leaves the others", "[single_flight]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    task second(sim.executor(), d.ask(1));
    co_await sleep_for(1ms);
    first.cancel();
    co_await sleep_for(1s);
    REQUIRE(first.ended());
    REQUIRE(second.error() == "");
    d.check();
  });
}

TEST_CASE("single_flight: without callers the call is cancelled, and the next one calls anew", "[single_flight]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    task second(sim.executor(), d.ask(1));
    co_await sleep_for(1ms);
    first.cancel();
    co_await give_way();
    REQUIRE(d.running == 1);
    REQUIRE(d.shared.size() == 1);
    second.cancel();
    co_await sleep_for(1ms);
    d.check();
    task third(sim.executor(), d.ask(1));
    co_await sleep_for(1s);
    REQUIRE(first.error() == "aborted");
    REQUIRE(second.error() == "aborted");
    REQUIRE(third.error() == "");
    REQUIRE(d.answers == 1);
    REQUIRE(d.loads == 2);
    d.check();
  });
}

TEST_CASE(
    "single_flight: a call that was cancelled ends later, and does not take the next one with it", "[single_flight]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    const auto ends_slowly = [&d]() -> asio::awaitable<int> {
      const inside here(d.running);
      co_await outcome_of(sleep_for(1h));
      co_await asio::this_coro::reset_cancellation_state();
      co_await sleep_for(5ms);
      co_return 0;
    };
    const auto asks = [&]() -> asio::awaitable<void> { co_await d.shared.run(1, ends_slowly); };
    task first(sim.executor(), asks());
    co_await sleep_for(1ms);
    first.cancel();
    co_await give_way();
    REQUIRE(d.shared.size() == 0);
    REQUIRE(d.running == 1);
    task second(sim.executor(), d.ask(1));
    co_await sleep_for(6ms);
    REQUIRE(d.running == 1);
    REQUIRE(d.shared.size() == 1);
    task third(sim.executor(), d.ask(1));
    co_await sleep_for(1s);
    REQUIRE(d.loads == 1);
    REQUIRE(d.answers == 2);
    d.check();
  });
}

TEST_CASE("memoize: keeps a value for its time, and answers always asynchronously", "[single_flight]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    co_await all(list_of<void>(d.ask_cached(1), d.ask_cached(1)));
    REQUIRE(d.loads == 1);
    co_await sleep_for(1min - 1ns);
    const auto start = std::chrono::steady_clock::now();
    task hit(sim.executor(), d.ask_cached(1));
    REQUIRE(!hit.ended());
    co_await give_way();
    REQUIRE(hit.ended());
    REQUIRE(since(start) == 0ns);
    REQUIRE(d.loads == 1);
    co_await sleep_for(1ns);
    co_await d.ask_cached(1);
    REQUIRE(d.loads == 2);
    d.cached.forget(1);
    co_await d.ask_cached(1);
    REQUIRE(d.loads == 3);
  });
}

TEST_CASE("memoize: a hit suspends its caller", "[single_flight]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    co_await d.ask_cached(1);
    int others = 0;
    asio::post(sim.executor(), [&] { ++others; });
    co_await d.ask_cached(1);
    REQUIRE(others == 1);
  });
}

TEST_CASE("single_flight: abandoned at every step", "[single_flight]") { abandon_everywhere<database>(); }
TEST_CASE("single_flight: in every order", "[single_flight]") { in_every_order<database>(); }
