#include "half_line/half_line.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;

TEST_CASE("the server understands the line: broken", "[broken]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const std::string line = co_await half_line::broken(sim.executor());
    REQUIRE(line == "withdraw 30");
  });
}

TEST_CASE("the server understands the line: fixed", "[fixed]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const std::string line = co_await half_line::fixed(sim.executor());
    REQUIRE(line == "withdraw 30");
  });
}
