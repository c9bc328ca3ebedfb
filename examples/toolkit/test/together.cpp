#include "toolkit/together.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

int running = 0;

struct counted
{
  counted() { ++running; }
  ~counted() { --running; }
};

asio::awaitable<int> answer(int value, std::chrono::nanoseconds after)
{
  const counted here;
  co_await sleep_for(after);
  if (value < 0)
    throw std::runtime_error("error " + std::to_string(-value));
  co_return value;
}

// Answers its cancellation with an error of its own, a while later.
asio::awaitable<int> stubborn(std::string error)
{
  const counted here;
  try
  {
    co_await sleep_for(1h);
  }
  catch (const system_error&)
  {
  }
  co_await asio::this_coro::reset_cancellation_state();
  co_await sleep_for(5ms);
  throw std::runtime_error(error);
}

struct all_and_first
{
  explicit all_and_first(asio::any_io_executor) { running = 0; }

  asio::awaitable<void> run()
  {
    co_await all(list_of<int>(answer(1, 2ms), answer(2, 1ms)));
    co_await race(list_of<int>(answer(1, 2ms), answer(2, 1ms)));
    co_await any(list_of<int>(answer(-1, 1ms), answer(2, 2ms)));
    co_await all_settled(list_of<int>(answer(-1, 1ms), answer(2, 2ms)));
  }

  void check() const { require(running == 0, "an operation goes on"); }
};

} // namespace

TEST_CASE("together: all values, in the order of the operations", "[together]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    running = 0;
    auto values = co_await all(list_of<int>(answer(1, 2ms), answer(2, 1ms), answer(3, 0ms)));
    REQUIRE(values == std::vector{1, 2, 3});
    co_await all(list_of<void>(sleep_for(1ms), sleep_for(2ms)));
    auto none = co_await all(std::vector<asio::awaitable<int>>());
    REQUIRE(none.empty());
    REQUIRE(running == 0);
  });
}

TEST_CASE("together: what does not suspend", "[together]")
{
  detent::catch2::explore([](detent::simulation&) -> asio::awaitable<void> {
    const auto at_once = [](int value) -> asio::awaitable<int> { co_return value; };
    auto values = co_await all(list_of<int>(at_once(1), at_once(2)));
    REQUIRE(values == std::vector{1, 2});
    const int first = co_await race(list_of<int>(at_once(1), at_once(2)));
    REQUIRE((first == 1 || first == 2));
  });
}

TEST_CASE("together: they run at once", "[together]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    const auto start = std::chrono::steady_clock::now();
    co_await all(list_of<int>(answer(1, 10ms), answer(2, 10ms)));
    REQUIRE(since(start) == 10ms);
    co_await race(list_of<int>(answer(1, 10ms), answer(2, 1h)));
    REQUIRE(since(start) == 20ms);
    co_await any(list_of<int>(answer(1, 10ms), answer(2, 1h)));
    REQUIRE(since(start) == 30ms);
    co_await failure_of(all(list_of<int>(answer(-1, 10ms), answer(2, 1h))));
    REQUIRE(since(start) == 40ms);
  });
}

TEST_CASE("together: the first error of all cancels the others, and has theirs as causes", "[together]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    running = 0;
    const std::string alone = co_await failure_of(all(list_of<int>(answer(-1, 1ms), answer(2, 1h), answer(3, 1h))));
    REQUIRE(alone == "error 1\n");
    REQUIRE(running == 0);
    const std::string causes =
        co_await failure_of(all(list_of<int>(stubborn("error 9"), answer(-1, 1ms), answer(2, 1h))));
    REQUIRE(causes == "error 1\n  error 9\n");
    REQUIRE(running == 0);
  });
}

TEST_CASE("together: an outcome for each", "[together]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    running = 0;
    auto each = co_await all_settled(list_of<int>(answer(1, 1ms), answer(-2, 0ms), answer(3, 1ms)));
    REQUIRE(each.size() == 3);
    REQUIRE(each[0].get() == 1);
    REQUIRE(explain(each[1].error()) == "error 2\n");
    REQUIRE(each[2].get() == 3);
    REQUIRE(running == 0);
  });
}

TEST_CASE("together: a race is won by what ends first, the losers have ended too", "[together]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    running = 0;
    const int won = co_await race(list_of<int>(answer(1, 1h), answer(2, 1ms)));
    REQUIRE(won == 2);
    REQUIRE(running == 0);
    const std::string lost =
        co_await failure_of(race(list_of<int>(answer(1, 1h), answer(-2, 1ms), stubborn("not seen"))));
    REQUIRE(lost == "error 2\n");
    REQUIRE(running == 0);
    const std::string empty = co_await failure_of(race(std::vector<asio::awaitable<int>>()));
    REQUIRE(empty == "race() of no operations\n");
  });
}

TEST_CASE("together: of two that end at once either wins, and neither is lost", "[together]")
{
  detent::catch2::explore(exhaustive, [](detent::simulation&) -> asio::awaitable<void> {
    running = 0;
    const int won = co_await race(list_of<int>(answer(1, 1ms), answer(2, 1ms)));
    REQUIRE((won == 1 || won == 2));
    REQUIRE(running == 0);
  });
}

TEST_CASE("together: any ignores errors as long as there is a value", "[together]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    running = 0;
    const int value = co_await any(list_of<int>(answer(-1, 1ms), answer(2, 100ms), answer(3, 1h)));
    REQUIRE(value == 2);
    REQUIRE(running == 0);
    const std::string none = co_await failure_of(any(list_of<int>(answer(-1, 100ms), answer(-2, 0ms))));
    REQUIRE(none == "error 1\n  error 2\n");
    const std::string empty = co_await failure_of(any(std::vector<asio::awaitable<int>>()));
    REQUIRE(empty == "any() of no operations\n");
  });
}

TEST_CASE("together: a cancellation reaches every operation, which ends before they do", "[together]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    running = 0;
    task waits(sim.executor(), []() -> asio::awaitable<void> {
      co_await all(list_of<int>(answer(1, 1h), answer(2, 1h), stubborn("error 9")));
    }());
    co_await sleep_for(1s);
    REQUIRE(running == 3);
    waits.cancel();
    co_await sleep_for(1s);
    REQUIRE(running == 0);
    REQUIRE(waits.failed());
    task settles(sim.executor(), []() -> asio::awaitable<void> {
      auto each = co_await all_settled(list_of<int>(answer(1, 1h), answer(2, 0ms)));
      require(is_cancellation(each[0].error()) && each[1].get() == 2, "the outcomes are others");
    }());
    co_await sleep_for(1s);
    settles.cancel();
    co_await sleep_for(1s);
    REQUIRE(settles.error() == "");
  });
}

TEST_CASE("together: abandoned at every step", "[together]") { abandon_everywhere<all_and_first>(); }
TEST_CASE("together: in every order", "[together]") { in_every_order<all_and_first>(); }
