#include "semaphore_leak/semaphore_leak.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;

TEST_CASE("a semaphore gets its permit back: broken", "[broken]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int permits = co_await semaphore_leak::broken(sim.executor());
    REQUIRE(permits == 1);
  });
}

TEST_CASE("a semaphore gets its permit back: fixed", "[fixed]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int permits = co_await semaphore_leak::fixed(sim.executor());
    REQUIRE(permits == 1);
  });
}
