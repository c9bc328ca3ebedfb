#include "toolkit/rate_limiter.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

struct callers
{
  explicit callers(asio::any_io_executor executor) : start(std::chrono::steady_clock::now()), limit(executor, 10ms, 2)
  {
  }

  asio::awaitable<void> call()
  {
    co_await limit.acquire();
    passed.push_back(since(start));
  }

  asio::awaitable<void> run()
  {
    co_await all(list_of<void>(call(), call(), call(), call()));
    limit.retry_after(50ms);
    co_await call();
  }

  // In any time t at most burst + t / interval.
  void check() const
  {
    for (std::size_t i = 0; i < passed.size(); ++i)
      for (std::size_t j = i + 2; j < passed.size(); ++j)
        require(passed[j] - passed[i] >= (j - i - 1) * 10ms, "too many have passed");
  }

  std::chrono::steady_clock::time_point start;
  std::vector<std::chrono::nanoseconds> passed;
  rate_limiter limit;
};

} // namespace

TEST_CASE("rate_limiter: a burst, then one at each interval", "[rate_limiter]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    callers c(sim.executor());
    co_await all(list_of<void>(c.call(), c.call(), c.call(), c.call()));
    REQUIRE(c.passed == std::vector<std::chrono::nanoseconds>{0ms, 0ms, 10ms, 20ms});
    co_await sleep_for(1s); // no more than two are saved
    co_await all(list_of<void>(c.call(), c.call(), c.call()));
    REQUIRE(c.passed[5] == 1020ms);
    REQUIRE(c.passed[6] == 1030ms);
    co_await sleep_for(15ms);
    co_await c.call();
    REQUIRE(c.passed[7] == 1045ms);
    co_await c.call();
    REQUIRE(c.passed[8] == 1050ms);
  });
}

TEST_CASE("rate_limiter: never faster than its rate, however late the machine", "[rate_limiter]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    callers c(sim.executor());
    co_await c.run();
    REQUIRE(c.passed.size() == 5);
    c.check();
  });
}

TEST_CASE("rate_limiter: a Retry-After stops all, and the later one counts", "[rate_limiter]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    callers c(sim.executor());
    co_await c.call();
    c.limit.retry_after(100ms); // the saved one is gone
    c.limit.retry_after(50ms);
    co_await c.call();
    REQUIRE(c.passed.back() == 100ms);
    co_await c.call();
    REQUIRE(c.passed.back() == 110ms);
    task waits(sim.executor(), c.call()); // until 120 ms, it thinks
    co_await sleep_for(5ms);
    c.limit.retry_after(30ms);
    co_await sleep_for(29ms);
    REQUIRE(!waits.ended());
    co_await sleep_for(1ms);
    co_await give_way();
    REQUIRE(waits.ended());
    REQUIRE(c.passed.back() == 145ms);
  });
}

TEST_CASE("rate_limiter: first come, first served", "[rate_limiter]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    rate_limiter limit(sim.executor(), 10ms);
    std::vector<int> asked;
    std::vector<int> passed;
    const auto call = [&](int who) -> asio::awaitable<void> {
      asked.push_back(who);
      co_await limit.acquire();
      passed.push_back(who);
    };
    co_await all(list_of<void>(call(1), call(2), call(3)));
    REQUIRE(passed.size() == 3);
    REQUIRE(std::is_permutation(passed.begin(), passed.end(), asked.begin()));
  });
}

TEST_CASE("rate_limiter: who gives up takes no token", "[rate_limiter]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    callers c(sim.executor());
    co_await c.call();
    co_await c.call();
    task first(sim.executor(), c.call());
    task second(sim.executor(), c.call());
    task third(sim.executor(), c.call());
    co_await sleep_for(5ms);
    first.cancel();
    third.cancel();
    co_await sleep_for(5ms);
    co_await give_way();
    REQUIRE(first.error() == "aborted");
    REQUIRE(third.error() == "aborted");
    REQUIRE(second.ended());
    REQUIRE(c.passed.back() == 10ms);
    co_await c.call();
    REQUIRE(c.passed.back() == 20ms);
  });
}

TEST_CASE("rate_limiter: abandoned at every step", "[rate_limiter]") { abandon_everywhere<callers>(); }
TEST_CASE("rate_limiter: in every order", "[rate_limiter]") { in_every_order<callers>(); }
