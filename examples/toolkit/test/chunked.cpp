#include "toolkit/chunked.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

struct index_builder
{
  explicit index_builder(asio::any_io_executor) {}

  asio::awaitable<void> run()
  {
    co_await for_each_chunked(std::views::iota(0, 10), 3, [this](int i) { seen.push_back(i); });
    done = true;
  }

  void check() const { require(done == (seen.size() == 10), "it ended too soon"); }

  std::vector<int> seen;
  bool done = false;
};

} // namespace

TEST_CASE("chunked: all elements in order, others run between the chunks", "[chunked]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    std::vector<int> seen;
    std::vector<std::size_t> others;
    const auto notes = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < 5; ++i)
      {
        others.push_back(seen.size());
        co_await asio::post(asio::use_awaitable);
      }
    };
    task other(sim.executor(), notes());
    co_await for_each_chunked(std::views::iota(0, 10), 3, [&](int i) { seen.push_back(i); });
    REQUIRE(seen == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    REQUIRE(others == std::vector<std::size_t>{0, 3, 6, 9});
    co_await give_way();
    co_await for_each_chunked(std::views::iota(0, 3), 3, [&](int i) { seen.push_back(i); }); // one chunk, no end
    REQUIRE(seen.size() == 13);
  });
}

TEST_CASE("chunked: cancelled between two chunks", "[chunked]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    index_builder b(sim.executor());
    task builds(sim.executor(), b.run());
    const std::uint32_t steps = sim.choose(5);
    for (std::uint32_t i = 0; i < steps; ++i)
      co_await asio::post(asio::use_awaitable);
    builds.cancel();
    co_await sleep_for(1s);
    REQUIRE(builds.ended());
    REQUIRE((b.done ? b.seen.size() == 10 : b.seen.size() % 3 == 0));
    REQUIRE(b.done == (builds.error() == ""));
  });
}

TEST_CASE("chunked: chunks of nothing are refused", "[chunked]")
{
  detent::catch2::explore([](detent::simulation&) -> asio::awaitable<void> {
    std::string error;
    try
    {
      co_await for_each_chunked(std::views::iota(0, 3), 0, [](int) {});
    }
    catch (const std::invalid_argument& e)
    {
      error = e.what();
    }
    REQUIRE(error == "for_each_chunked() with chunks of 0 elements");
  });
}

TEST_CASE("chunked: the lag of the loop, in one piece and in chunks", "[chunked]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    for (const std::size_t chunk : {100, 5})
    {
      loop_lag measured(sim.executor(), 10ms);
      task measures(sim.executor(), measured.measure(10));
      co_await for_each_chunked(std::views::iota(0, 100), chunk, [&](int) { sim.elapse(1ms); });
      co_await sleep_for(1s);
      REQUIRE(measures.ended());
      REQUIRE(measured.most() == (chunk == 100 ? 90ms : 5ms));
    }
  });
}

TEST_CASE("chunked: abandoned at every step", "[chunked]") { abandon_everywhere<index_builder>(); }
TEST_CASE("chunked: in every order", "[chunked]") { in_every_order<index_builder>(); }
