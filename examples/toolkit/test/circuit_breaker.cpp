#include "toolkit/circuit_breaker.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

struct server
{
  explicit server(asio::any_io_executor, breaker_options options = small()) : breaker(watched(std::move(options))) {}

  static breaker_options small()
  {
    breaker_options options;
    options.failure_rate = 0.5;
    options.window = 4;
    options.least_calls = 2;
    options.open_for = 10s;
    options.probes = 2;
    return options;
  }

  breaker_options watched(breaker_options options)
  {
    options.on_change = [this](circuit next) { changes.push_back(next); };
    return options;
  }

  asio::awaitable<int> answer(std::chrono::nanoseconds time)
  {
    const inside here(running);
    ++calls;
    most = std::max(most, running);
    const bool fails = is_down;
    co_await sleep_for(time);
    if (fails)
      throw std::runtime_error("it is down");
    co_return 7;
  }

  // What came of it: "7", or the error.
  asio::awaitable<std::string> call(std::chrono::nanoseconds time = 1ms)
  {
    try
    {
      const auto operation = [this, time] { return answer(time); };
      const int got = co_await breaker.run(operation);
      co_return std::to_string(got);
    }
    catch (const system_error&)
    {
      throw; // a cancellation
    }
    catch (const std::exception& e)
    {
      co_return e.what();
    }
  }

  asio::awaitable<void> calls_once(std::chrono::nanoseconds time = 1ms) { last = co_await call(time); }

  asio::awaitable<void> open()
  {
    is_down = true;
    while (breaker.state() != circuit::open)
      co_await call();
    is_down = false;
  }

  // Until its time is over.
  asio::awaitable<void> half_open()
  {
    co_await open();
    co_await sleep_for(11s);
  }

  asio::awaitable<void> run()
  {
    co_await open();
    co_await sleep_for(10s);
    co_await all(list_of<void>(calls_once(), calls_once(), calls_once()));
    co_await calls_once();
  }

  void check() { require(running == 0, "a call goes on"); }

  int running = 0;
  int most = 0;
  int calls = 0;
  bool is_down = false;
  std::string last;
  std::vector<circuit> changes;
  circuit_breaker breaker;
};

const char* const refused = "the circuit is open: not called";

} // namespace

TEST_CASE("circuit_breaker: opens at its failure rate, and fails at once", "[circuit_breaker]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    s.is_down = true;
    std::string got = co_await s.call();
    REQUIRE(got == "it is down");
    REQUIRE(s.breaker.state() == circuit::closed); // one call tells too little
    s.is_down = false;
    got = co_await s.call();
    REQUIRE(got == "7");
    REQUIRE(s.breaker.state() == circuit::open); // a half of two
    const auto start = std::chrono::steady_clock::now();
    const int before = s.calls;
    got = co_await s.call();
    REQUIRE(got == refused);
    REQUIRE(since(start) == 0ms);
    REQUIRE(s.calls == before);
    co_await sleep_for(10s - 1ns);
    REQUIRE(s.breaker.state() == circuit::open);
    co_await sleep_for(1ns);
    REQUIRE(s.breaker.state() == circuit::half_open);
    REQUIRE(s.changes == std::vector{circuit::open, circuit::half_open});
  });
}

TEST_CASE("circuit_breaker: only the last calls count", "[circuit_breaker]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    for (int i = 0; i < 4; ++i)
      co_await s.call();
    s.is_down = true;
    co_await s.call();
    s.is_down = false;
    for (int i = 0; i < 3; ++i)
      co_await s.call();
    s.is_down = true;
    co_await s.call(); // the failure before has left the window of 4
    REQUIRE(s.breaker.state() == circuit::closed);
    co_await s.call();
    REQUIRE(s.breaker.state() == circuit::open);

    server whole_window(sim.executor());
    const std::vector<bool> calls{false, false, false, true, false, false};
    for (const bool fails : calls)
    {
      whole_window.is_down = fails;
      co_await whole_window.call();
    }
    REQUIRE(whole_window.breaker.state() == circuit::closed);
    whole_window.is_down = true;
    co_await whole_window.call(); // the second of four
    REQUIRE(whole_window.breaker.state() == circuit::open);
  });
}

TEST_CASE("circuit_breaker: closed again, nothing is left of earlier calls", "[circuit_breaker]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    co_await s.half_open();
    co_await s.call();
    co_await s.call();
    REQUIRE(s.breaker.state() == circuit::closed);
    co_await s.call();
    co_await s.call();
    s.is_down = true;
    co_await s.call();
    REQUIRE(s.breaker.state() == circuit::closed); // one of three
    co_await s.call();
    REQUIRE(s.breaker.state() == circuit::open); // two of four
  });
}

TEST_CASE("circuit_breaker: a probe that has succeeded keeps its place", "[circuit_breaker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    co_await s.half_open();
    co_await s.call();
    task second(sim.executor(), s.calls_once(1h));
    co_await sleep_for(1s);
    const std::string third = co_await s.call();
    REQUIRE(third == refused);
    co_await sleep_for(1h);
    REQUIRE(s.breaker.state() == circuit::closed);
  });
}

TEST_CASE("circuit_breaker: a probe of an earlier time gives no place back", "[circuit_breaker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    co_await s.half_open();
    task early(sim.executor(), s.calls_once(15s));
    co_await sleep_for(1s);
    s.is_down = true;
    co_await s.call();
    s.is_down = false;
    co_await sleep_for(11s);
    task first(sim.executor(), s.calls_once(1h));
    co_await sleep_for(5s);
    REQUIRE(early.ended());
    task second(sim.executor(), s.calls_once(1h));
    co_await sleep_for(1s);
    const std::string third = co_await s.call();
    REQUIRE(third == refused);
    co_await sleep_for(2h);
    REQUIRE(s.breaker.state() == circuit::closed);
  });
}

TEST_CASE("circuit_breaker: half open, no more than the probes pass", "[circuit_breaker]")
{
  const auto probes = [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    co_await s.half_open();
    s.most = s.calls = 0;
    co_await all(list_of<void>(s.calls_once(), s.calls_once(), s.calls_once()));
    REQUIRE(s.most <= 2);
    REQUIRE((s.calls == 2 || s.calls == 3)); // the third passes if it comes when both have succeeded
    REQUIRE(s.breaker.state() == circuit::closed);
    REQUIRE(s.changes == std::vector{circuit::open, circuit::half_open, circuit::closed});
  };
  detent::catch2::explore(thorough, probes);
  detent::catch2::explore(exhaustive, probes);
}

TEST_CASE("circuit_breaker: a probe that fails opens it again", "[circuit_breaker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    co_await s.half_open();
    std::string got = co_await s.call();
    REQUIRE(got == "7");
    REQUIRE(s.breaker.state() == circuit::half_open); // one of two
    s.is_down = true;
    got = co_await s.call();
    REQUIRE(got == "it is down");
    REQUIRE(s.breaker.state() == circuit::open);
    s.is_down = false;
    got = co_await s.call();
    REQUIRE(got == refused);
    co_await sleep_for(11s);
    got = co_await s.call();
    REQUIRE(got == "7");
    REQUIRE(s.breaker.state() == circuit::half_open); // the success before no longer counts
    got = co_await s.call();
    REQUIRE(got == "7");
    REQUIRE(s.breaker.state() == circuit::closed);
  });
}

TEST_CASE("circuit_breaker: a probe that is cancelled gives its place back", "[circuit_breaker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    co_await s.half_open();
    task first(sim.executor(), s.calls_once(1h));
    task second(sim.executor(), s.calls_once(1h));
    co_await sleep_for(1s);
    std::string got = co_await s.call();
    REQUIRE(got == refused);
    first.cancel();
    second.cancel();
    co_await sleep_for(1s);
    REQUIRE(s.breaker.state() == circuit::half_open);
    got = co_await s.call();
    REQUIRE(got == "7");
    got = co_await s.call();
    REQUIRE(got == "7");
    REQUIRE(s.breaker.state() == circuit::closed);
  });
}

TEST_CASE("circuit_breaker: late results are of the past", "[circuit_breaker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    s.is_down = true;
    task fails_late(sim.executor(), s.calls_once(20s));
    co_await give_way();
    s.is_down = false;
    task succeeds_late(sim.executor(), s.calls_once(20s));
    co_await give_way();
    co_await s.half_open();
    std::string got = co_await s.call();
    REQUIRE(got == "7");
    co_await sleep_for(20s); // both have ended
    REQUIRE(s.breaker.state() == circuit::half_open);
    REQUIRE(fails_late.ended());
    REQUIRE(succeeds_late.ended());
    got = co_await s.call();
    REQUIRE(s.breaker.state() == circuit::closed);
  });
}

TEST_CASE("circuit_breaker: what is no failure does not open it, nor does a cancellation", "[circuit_breaker]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    breaker_options options = server::small();
    options.is_failure = [](const std::exception_ptr&) { return false; };
    server lenient(sim.executor(), options);
    lenient.is_down = true;
    for (int i = 0; i < 10; ++i)
      co_await lenient.call();
    REQUIRE(lenient.breaker.state() == circuit::closed);

    server s(sim.executor());
    for (int i = 0; i < 10; ++i)
    {
      task cancelled(sim.executor(), s.calls_once(1h));
      co_await sleep_for(1s);
      cancelled.cancel();
      co_await sleep_for(1s);
      REQUIRE(cancelled.error() == "aborted");
    }
    REQUIRE(s.breaker.state() == circuit::closed);
    const auto nothing = []() -> asio::awaitable<void> { co_await sleep_for(1ms); };
    co_await s.breaker.run(nothing);
  });
}

TEST_CASE("circuit_breaker: abandoned at every step", "[circuit_breaker]") { abandon_everywhere<server>(); }
TEST_CASE("circuit_breaker: in every order", "[circuit_breaker]") { in_every_order<server>(); }
