#include "toolkit/scatter_gather.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

struct shops
{
  explicit shops(asio::any_io_executor) {}

  asio::awaitable<int> price(int value, std::chrono::nanoseconds after)
  {
    const inside here(running);
    co_await sleep_for(after);
    if (value < 0)
      throw std::runtime_error("error " + std::to_string(-value));
    co_return value;
  }

  std::function<asio::awaitable<int>()> asks(int value, std::chrono::nanoseconds after)
  {
    return [this, value, after] { return price(value, after); };
  }

  std::vector<leg<int>> legs()
  {
    std::vector<leg<int>> all;
    all.push_back({asks(1, 1ms)});
    all.push_back({asks(2, 1h), 2ms, asks(20, 0ms)});
    all.push_back({asks(-3, 1ms), 1s, asks(30, 100ms)});
    all.push_back({asks(4, 1h)});
    return all;
  }

  asio::awaitable<void> run()
  {
    std::vector<leg<int>> all = legs();
    auto prices = co_await scatter_gather(std::move(all), 2);
    require(running == 0, "a leg goes on");
    std::size_t came = 0;
    for (const auto& one : prices)
      came += static_cast<bool>(one);
    require(came >= 2, "no quorum");
  }

  void check() const { require(running == 0, "a leg goes on"); }

  int running = 0;
};

} // namespace

TEST_CASE("scatter_gather: a quorum, and the slow are cancelled", "[scatter_gather]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    shops s(sim.executor());
    co_await s.run();
    s.check();
  });
}

TEST_CASE("scatter_gather: values, fallbacks and times", "[scatter_gather]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shops s(sim.executor());
    std::vector<leg<int>> legs = s.legs();
    auto prices = co_await scatter_gather(std::move(legs), 3);
    REQUIRE(sim.elapsed() == 101ms);
    REQUIRE(prices[0].get() == 1);
    REQUIRE(prices[1].get() == 20);
    REQUIRE(prices[2].get() == 30);
    REQUIRE(!prices[3]);
    REQUIRE(s.running == 0);
    legs = s.legs();
    co_await scatter_gather(std::move(legs), 2);
    REQUIRE(sim.elapsed() == 103ms);
    legs.clear();
    legs.push_back({s.asks(1, 1h)});
    co_await scatter_gather(std::move(legs), 0); // nothing decides but an end
    REQUIRE(sim.elapsed() == 1h + 103ms);
  });
}

TEST_CASE("scatter_gather: too few", "[scatter_gather]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shops s(sim.executor());
    std::vector<leg<int>> legs;
    legs.push_back({s.asks(1, 1ms)});
    legs.push_back({s.asks(-2, 2ms)});
    legs.push_back({s.asks(3, 1h), 5ms});
    const std::string error = co_await failure_of(scatter_gather(std::move(legs), 2));
    REQUIRE(error.starts_with("1 of 2 answers came\n  error 2\n  "));
    REQUIRE(sim.elapsed() == 5ms);
  });
}

TEST_CASE("scatter_gather: a cancellation reaches every leg and asks no fallback", "[scatter_gather]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    shops s(sim.executor());
    bool fell_back = false;
    std::vector<leg<int>> legs;
    legs.push_back({s.asks(1, 1h), 10min, [&]() -> asio::awaitable<int> {
                      fell_back = true;
                      co_return 0;
                    }});
    legs.push_back({s.asks(2, 1h)});
    task asks(sim.executor(), [](std::vector<leg<int>> all) -> asio::awaitable<void> {
      co_await scatter_gather(std::move(all), 1);
    }(std::move(legs)));
    co_await sleep_for(1s);
    asks.cancel();
    co_await sleep_for(1s);
    REQUIRE(asks.failed());
    REQUIRE(!fell_back);
    REQUIRE(s.running == 0);
  });
}

TEST_CASE("scatter_gather: abandoned at every step", "[scatter_gather]") { abandon_everywhere<shops>(); }
TEST_CASE("scatter_gather: in every order", "[scatter_gather]") { in_every_order<shops>(); }
