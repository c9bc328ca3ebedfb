#include "toolkit/pipeline.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

pipeline_options small()
{
  pipeline_options how;
  how.at_once = 2;
  how.waiting = 1;
  how.limit = 10ms;
  how.breaker.window = 4;
  how.breaker.least_calls = 2;
  how.breaker.open_for = 1s;
  return how;
}

struct service
{
  explicit service(asio::any_io_executor executor) : calls(executor, small()) {}

  asio::awaitable<int> answer(int attempt)
  {
    const inside here(running);
    most = std::max(most, running);
    require(running <= 2, "too many at once");
    ++attempts;
    const auto time = slow_attempts > attempt ? std::chrono::nanoseconds(1h) : 1ms;
    co_await sleep_for(time);
    if (is_down)
      throw std::runtime_error("down");
    co_return 7;
  }

  asio::awaitable<void> call()
  {
    const auto operation = [this](int attempt) { return answer(attempt); };
    const int got = co_await calls.run(idempotent(operation), fixed(1ms) | take(2));
    require(got == 7, "another answer");
    ++answered;
  }

  asio::awaitable<void> run()
  {
    slow_attempts = 1;
    co_await all(list_of<void>(call(), call(), call()));
  }

  void check()
  {
    require(running == 0, "a call goes on");
    require(calls.places().active() == 0 && calls.places().pending() == 0, "a place is not free again");
  }

  bool is_down = false;
  int slow_attempts = 0;
  int running = 0;
  int most = 0;
  int attempts = 0;
  int answered = 0;
  pipeline calls;
};

} // namespace

TEST_CASE("pipeline: each attempt has its own time", "[pipeline]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    service s(sim.executor());
    s.slow_attempts = 2;
    co_await s.call();
    REQUIRE(s.attempts == 3);
    REQUIRE(sim.elapsed() == 10ms + 1ms + 10ms + 1ms + 1ms);
    // The other way round one slow attempt uses up the time of all.
    service other(sim.executor());
    other.slow_attempts = 1;
    const auto operation = [&](int attempt) { return other.answer(attempt); };
    std::string error;
    try
    {
      co_await timeout(retry(idempotent(operation), fixed(1ms) | take(2)), 10ms);
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error.find("timed out") != std::string::npos);
    REQUIRE(other.attempts == 1);
  });
}

TEST_CASE("pipeline: the breaker counts calls, not attempts", "[pipeline]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    service s(sim.executor());
    s.is_down = true;
    task first(sim.executor(), s.call());
    co_await sleep_for(100ms);
    REQUIRE(first.error() == "down");
    REQUIRE(s.attempts == 3);
    REQUIRE(s.calls.breaker().state() == circuit::closed);
    task second(sim.executor(), s.call());
    co_await sleep_for(100ms);
    REQUIRE(s.calls.breaker().state() == circuit::open);
    task third(sim.executor(), s.call());
    co_await give_way();
    REQUIRE(third.error() == "the circuit is open: not called");
    REQUIRE(s.attempts == 6);
    // Inside the retries it is asked at each attempt, and those wait for nothing.
    circuit_breaker inner([] {
      breaker_options options;
      options.least_calls = 2;
      return options;
    }());
    int reached = 0;
    const auto fails = [&]() -> asio::awaitable<void> {
      ++reached;
      throw std::runtime_error("down");
      co_return;
    };
    const auto through = [&](int) { return inner.run(fails); };
    const auto start = std::chrono::steady_clock::now();
    std::string error;
    try
    {
      co_await retry(idempotent(through), fixed(1s) | take(4));
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error == "the circuit is open: not called");
    REQUIRE(reached == 2);
    REQUIRE(since(start) == 4s);
  });
}

TEST_CASE("pipeline: who finds no room is told at once, and the service is not blamed", "[pipeline]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    service s(sim.executor());
    task first(sim.executor(), s.call());
    task second(sim.executor(), s.call());
    task third(sim.executor(), s.call());
    co_await sleep_for(500us);
    REQUIRE(s.calls.places().active() == 2);
    REQUIRE(s.calls.places().pending() == 1);
    for (int i = 0; i < 10; ++i)
    {
      task refused(sim.executor(), s.call());
      co_await give_way();
      REQUIRE(refused.error() == "the bulkhead is full: not called");
    }
    co_await sleep_for(1s);
    REQUIRE(s.answered == 3);
    REQUIRE(s.calls.breaker().state() == circuit::closed);
    s.check();
  });
}

TEST_CASE("pipeline: within its bounds, however it is scheduled", "[pipeline]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    service s(sim.executor());
    task first(sim.executor(), s.run());
    co_await sleep_for(std::chrono::milliseconds(sim.choose(25)));
    if (sim.choose(2) != 0)
      first.cancel();
    co_await sleep_for(10s);
    REQUIRE(first.ended());
    s.check();
  });
}

TEST_CASE("pipeline: abandoned at every step", "[pipeline]") { abandon_everywhere<service>(); }
TEST_CASE("pipeline: in every order", "[pipeline]") { in_every_order<service>(); }
