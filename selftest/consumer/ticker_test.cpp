#include "counter.hpp"
#include "ticker.hpp"

#include <detent/catch2.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("ticks come when they are due")
{
  detent::options exact;
  exact.max_lag = 0ns;
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    const int ticks = co_await tick(sim.executor(), 1000, 3600s);
    REQUIRE(ticks == 1000);
    REQUIRE(sim.elapsed() == 3'600'000s);
  });
}

TEST_CASE("the race in the shared library is found")
{
  detent::options how;
  how.name = "count twice";
  const detent::result found = detent::explore(how, [](detent::simulation& sim) -> asio::awaitable<void> {
    const int number = co_await count_twice(sim.executor());
    if (number != 2)
      throw std::runtime_error("counted " + std::to_string(number));
  });
  REQUIRE(found.verdict == detent::verdict::assertion);
  REQUIRE(found.message == "std::runtime_error: counted 1");
}
