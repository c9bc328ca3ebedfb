#include "retry_backoff/retry_backoff.hpp"

#include <detent/catch2.hpp>

#include <chrono>

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("each call backs off by 10 ms and 20 ms: broken", "[broken]")
{
  // Virtual time to the nanosecond: only ties are explored.
  detent::catch2::explore({.max_lag = 0ns}, [](detent::simulation& sim) -> asio::awaitable<void> {
    const auto taken = co_await retry_backoff::broken(sim.executor());
    REQUIRE(taken.first == 30ms);
    REQUIRE(taken.second == 30ms);
  });
}

TEST_CASE("each call backs off by 10 ms and 20 ms: fixed", "[fixed]")
{
  // Virtual time to the nanosecond: only ties are explored.
  detent::catch2::explore({.max_lag = 0ns}, [](detent::simulation& sim) -> asio::awaitable<void> {
    const auto taken = co_await retry_backoff::fixed(sim.executor());
    REQUIRE(taken.first == 30ms);
    REQUIRE(taken.second == 30ms);
  });
}
