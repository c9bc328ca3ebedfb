#include "missing_strand/missing_strand.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;

TEST_CASE("a line is written in order: broken", "[broken]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const std::string line = co_await missing_strand::broken(sim.executor());
    REQUIRE(line == "<hello world>");
  });
}

TEST_CASE("a line is written in order: fixed", "[fixed]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const std::string line = co_await missing_strand::fixed(sim.executor());
    REQUIRE(line == "<hello world>");
  });
}
