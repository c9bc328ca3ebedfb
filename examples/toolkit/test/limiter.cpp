#include "toolkit/limiter.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

#include <range/v3/view/iota.hpp>

#include <numeric>
#include <ranges>

using namespace toolkit;

namespace {

struct calls
{
  explicit calls(asio::any_io_executor executor) : limit(executor, 2) {}

  asio::awaitable<int> call(std::chrono::nanoseconds time)
  {
    const inside here(running);
    most = std::max(most, running);
    require(running <= 2, "too many at once");
    co_await sleep_for(time);
    co_return 7;
  }

  asio::awaitable<void> limited(std::chrono::nanoseconds time)
  {
    const int got = co_await limit.run([&] { return call(time); });
    require(got == 7, "the value is another one");
    ++finished;
  }

  asio::awaitable<void> run()
  {
    co_await all(list_of<void>(limited(2ms), limited(1ms), limited(0ms), limited(1ms)));
    std::vector<int> elements{3, 2, 1, 0};
    co_await for_each_bounded(elements, 2, [this](int ms) -> asio::awaitable<void> {
      co_await call(ms * 1ms);
      ++finished;
    });
  }

  void check() const
  {
    require(running == 0, "a call goes on");
    require(limit.active() == 0 && limit.pending() == 0, "a place is not free again");
  }

  limiter limit;
  int running = 0;
  int most = 0;
  int finished = 0;
};

} // namespace

TEST_CASE("limiter: never more than its number, and all in the end", "[limiter]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    calls c(sim.executor());
    co_await c.run();
    REQUIRE(c.most == 2);
    REQUIRE(c.finished == 8);
    c.check();
  });
}

TEST_CASE("limiter: what is active and what waits", "[limiter]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    calls c(sim.executor());
    task first(sim.executor(), c.limited(10ms));
    task second(sim.executor(), c.limited(10ms));
    task third(sim.executor(), c.limited(10ms));
    co_await sleep_for(5ms);
    REQUIRE(c.limit.active() == 2);
    REQUIRE(c.limit.pending() == 1);
    co_await sleep_for(10ms);
    REQUIRE(c.limit.active() == 1);
    REQUIRE(c.limit.pending() == 0);
    co_await sleep_for(10ms);
    REQUIRE(third.ended());
    c.check();
  });
}

TEST_CASE("limiter: cancelled while it waits, and while it runs", "[limiter]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    calls c(sim.executor());
    task first(sim.executor(), c.limited(1h));
    task second(sim.executor(), c.limited(1h));
    task third(sim.executor(), c.limited(1h));
    co_await sleep_for(1s);
    third.cancel();
    co_await sleep_for(1s);
    REQUIRE(third.error() == "aborted");
    REQUIRE(c.limit.active() == 2);
    first.cancel();
    second.cancel();
    co_await sleep_for(1s);
    c.check();
    co_await c.limited(1ms);
  });
}

TEST_CASE("for_each_bounded: goes through a range of a million, lazily", "[limiter]")
{
  detent::options how;
  how.schedules = 1;
  how.max_steps = how.max_steps_per_instant = 10'000'000;
  detent::catch2::explore(how, [](detent::simulation&) -> asio::awaitable<void> {
    int read = 0;
    int running = 0;
    int most_ahead = 0;
    std::int64_t sum = 0;
    const auto elements = std::views::iota(0, 1'000'000) | std::views::transform([&](int i) {
      ++read;
      return i;
    });
    int done = 0;
    co_await for_each_bounded(elements, 8, [&](int i) -> asio::awaitable<void> {
      ++running;
      most_ahead = std::max(most_ahead, read - done);
      require(running <= 8, "too many at once");
      co_await asio::post(asio::use_awaitable);
      sum += i;
      --running;
      ++done;
    });
    REQUIRE(sum == 499'999'500'000);
    REQUIRE(read == 1'000'000);
    REQUIRE(most_ahead == 8);
  });
}

TEST_CASE("for_each_bounded: ceil(N/c) x L", "[limiter]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    const auto start = std::chrono::steady_clock::now();
    co_await for_each_bounded(
        std::views::iota(0, 23), 5, [](int) -> asio::awaitable<void> { co_await sleep_for(10ms); });
    REQUIRE(since(start) == 50ms);
    co_await for_each_bounded(
        std::views::iota(0, 3), 5, [](int) -> asio::awaitable<void> { co_await sleep_for(10ms); });
    REQUIRE(since(start) == 60ms);
    co_await for_each_bounded(
        std::views::iota(0, 0), 5, [](int) -> asio::awaitable<void> { co_await sleep_for(10ms); });
    REQUIRE(since(start) == 60ms);
  });
}

TEST_CASE("for_each_bounded: the first error ends it", "[limiter]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    int begun = 0;
    int running = 0;
    std::string error;
    try
    {
      co_await for_each_bounded(std::views::iota(0, 100), 3, [&](int i) -> asio::awaitable<void> {
        ++begun;
        const inside here(running);
        co_await sleep_for(i == 1 ? 10ms : 1h);
        throw std::runtime_error("of 1");
      });
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error == "of 1");
    REQUIRE(begun == 3);
    REQUIRE(running == 0);
  });
}

TEST_CASE("for_each_bounded: none at once is refused", "[limiter]")
{
  detent::catch2::explore([](detent::simulation&) -> asio::awaitable<void> {
    std::string error;
    try
    {
      co_await for_each_bounded(std::views::iota(0, 1), 0, [](int) { return give_way(); });
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error == "for_each_bounded() of 0 operations at once");
  });
}

TEST_CASE("limiter: abandoned at every step", "[limiter]") { abandon_everywhere<calls>(); }
TEST_CASE("limiter: in every order", "[limiter]") { in_every_order<calls>(); }
