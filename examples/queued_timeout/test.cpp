#include "queued_timeout/queued_timeout.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;

TEST_CASE("a request completes once: broken", "[broken]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int completions = co_await queued_timeout::broken(sim.executor());
    REQUIRE(completions == 1);
  });
}

TEST_CASE("a request completes once: fixed", "[fixed]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int completions = co_await queued_timeout::fixed(sim.executor());
    REQUIRE(completions == 1);
  });
}
