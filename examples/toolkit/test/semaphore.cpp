#include "toolkit/semaphore.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

// Tasks that hold one of two permits for a while, and count themselves.
struct holders
{
  explicit holders(asio::any_io_executor executor, std::size_t permits = 2) : limit(permits), all(executor, permits) {}

  asio::awaitable<void> hold(std::chrono::nanoseconds time)
  {
    const permit held = co_await all.acquire();
    ++holding;
    require(holding <= limit, "more hold a permit than there are");
    struct leaves
    {
      std::size_t& count;
      ~leaves() { --count; }
    } const on_exit{holding};
    co_await sleep_for(time);
  }

  asio::awaitable<void> run()
  {
    std::vector<asio::awaitable<void>> tasks;
    for (int i = 0; i < 4; ++i)
      tasks.push_back(hold(i * 1ms));
    co_await toolkit::all(std::move(tasks));
  }

  void check() const
  {
    require(holding == 0, "somebody still holds a permit");
    require(all.available() == limit, "a permit is lost");
    require(all.waiting() == 0, "somebody still waits");
  }

  std::size_t limit;
  std::size_t holding = 0;
  semaphore all;
};

} // namespace

TEST_CASE("semaphore: no more holders than permits, and all come back", "[semaphore]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    holders two(sim.executor());
    co_await two.run();
    two.check();
  });
}

TEST_CASE("semaphore: first come, first served", "[semaphore]")
{
  detent::catch2::explore(exhaustive, [](detent::simulation& sim) -> asio::awaitable<void> {
    semaphore one(sim.executor(), 1);
    std::vector<int> asked;
    std::vector<int> served;
    const auto ask = [&](int who) -> asio::awaitable<void> {
      asked.push_back(who);
      const permit held = co_await one.acquire();
      served.push_back(who);
      co_await give_way();
    };
    co_await all(list_of<void>(ask(1), ask(2), ask(3)));
    REQUIRE(served == asked);
    REQUIRE(one.available() == 1);
  });
}

TEST_CASE("semaphore: a wait that is cancelled at the instant of a release", "[semaphore]")
{
  const auto meets = [](detent::simulation& sim) -> asio::awaitable<void> {
    semaphore one(sim.executor(), 1);
    permit held = co_await one.acquire();
    const auto wait = [&]() -> asio::awaitable<void> {
      const permit own = co_await one.acquire();
      co_await sleep_for(1ms);
    };
    task first(sim.executor(), wait());
    task second(sim.executor(), wait());
    asio::steady_timer cancels(sim.executor(), 1ms);
    cancels.async_wait([&](boost::system::error_code) { first.cancel(); });
    co_await sleep_for(1ms);
    held.release();
    held.release(); // a second time does nothing
    co_await sleep_for(1s);
    REQUIRE(first.ended());
    REQUIRE(second.ended());
    REQUIRE(second.error() == "");
    REQUIRE(one.available() == 1);
    REQUIRE(one.waiting() == 0);
  };
  detent::catch2::explore(thorough, meets);
  detent::catch2::explore(exhaustive, meets);
}

TEST_CASE("semaphore: a time limit", "[semaphore]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    semaphore one(sim.executor(), 1);
    int holding = 0;
    const auto hold = [&](std::chrono::milliseconds time) -> asio::awaitable<void> {
      const std::optional<permit> own = co_await one.acquire_within(10ms);
      if (!own)
        co_return;
      require(++holding == 1, "two hold one permit");
      co_await sleep_for(time);
      --holding;
    };
    co_await all(list_of<void>(hold(10ms), hold(5ms), hold(1ms)));
    REQUIRE(one.available() == 1);
  });
}

TEST_CASE("semaphore: a time limit ends on the millisecond", "[semaphore]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    semaphore one(sim.executor(), 1);
    const permit held = co_await one.acquire();
    const auto start = std::chrono::steady_clock::now();
    const auto late = co_await one.acquire_within(10ms);
    REQUIRE(!late);
    REQUIRE(since(start) == 10ms);
    REQUIRE(one.waiting() == 0);
  });
}

TEST_CASE("semaphore: a cancellation is no time limit", "[semaphore]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    semaphore one(sim.executor(), 1);
    const permit held = co_await one.acquire();
    task waits(sim.executor(), [](semaphore& s) -> asio::awaitable<void> { co_await s.acquire_within(1h); }(one));
    co_await sleep_for(1s);
    waits.cancel();
    co_await sleep_for(1s);
    REQUIRE(waits.error() == "aborted");
    REQUIRE(one.waiting() == 0);
  });
}

TEST_CASE("semaphore: what is available is had at once", "[semaphore]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    semaphore one(sim.executor(), 1);
    std::optional<permit> held = one.try_acquire();
    REQUIRE(held);
    REQUIRE(!one.try_acquire());
    task waits(
        sim.executor(), [](semaphore& s) -> asio::awaitable<void> { const permit own = co_await s.acquire(); }(one));
    co_await sleep_for(1ms);
    REQUIRE(one.waiting() == 1);
    held.reset();
    REQUIRE(!one.try_acquire()); // it is the waiter's already
    co_await sleep_for(1ms);
    permit again = co_await one.acquire();
    permit moved = std::move(again);
    REQUIRE(one.available() == 0);
    semaphore other(sim.executor(), 1);
    moved = co_await other.acquire();
    REQUIRE(one.available() == 1);
    REQUIRE(other.available() == 0);
  });
}

TEST_CASE("semaphore: who waits when it is destroyed is told", "[semaphore]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    auto one = std::make_unique<semaphore>(sim.executor(), 1);
    const permit outlives = co_await one->acquire();
    task waits(
        sim.executor(), [](semaphore& s) -> asio::awaitable<void> { const permit own = co_await s.acquire(); }(*one));
    co_await sleep_for(1s);
    one.reset();
    co_await sleep_for(1s);
    REQUIRE(waits.error() == "aborted");
  });
}

TEST_CASE("semaphore: abandoned at every step", "[semaphore]") { abandon_everywhere<holders>(); }
TEST_CASE("semaphore: in every order", "[semaphore]") { in_every_order<holders>(); }
