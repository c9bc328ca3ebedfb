#include "lost_update/lost_update.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;

TEST_CASE("two withdrawals leave the right balance: broken", "[broken]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int balance = co_await lost_update::broken(sim.executor());
    REQUIRE(balance == 70);
  });
}

TEST_CASE("two withdrawals leave the right balance: fixed", "[fixed]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const int balance = co_await lost_update::fixed(sim.executor());
    REQUIRE(balance == 70);
  });
}
