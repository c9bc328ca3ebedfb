#include "queue_deadlock/queue_deadlock.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;

TEST_CASE("what is produced is consumed: broken", "[broken]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int sum = co_await queue_deadlock::broken(sim.executor());
    REQUIRE(sum == 10);
  });
}

TEST_CASE("what is produced is consumed: fixed", "[fixed]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int sum = co_await queue_deadlock::fixed(sim.executor());
    REQUIRE(sum == 10);
  });
}
