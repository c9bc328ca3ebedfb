#include "toolkit/timeout.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

// Counts those that run, and answers a cancellation by taking a while to leave.
struct slow_server
{
  explicit slow_server(asio::any_io_executor) {}

  asio::awaitable<int> call(std::chrono::nanoseconds time)
  {
    const inside here(running);
    co_await sleep_for(time);
    ++answered;
    co_return 7;
  }

  asio::awaitable<void> run()
  {
    try
    {
      co_await timeout(timeout(call(20ms), 15ms), 10ms);
    }
    catch (const system_error& e)
    {
      if (e.code() != asio::error::timed_out)
        throw;
    }
    require(running == 0, "a call still runs when its time is over");
    co_await timeout(call(1ms), 1s);
  }

  void check() const { require(running == 0, "a call still runs"); }

  int running = 0;
  int answered = 0;
};

asio::awaitable<void> until_timed_out(asio::awaitable<int> limited)
{
  try
  {
    co_await std::move(limited);
  }
  catch (const system_error& e)
  {
    if (e.code() == asio::error::timed_out)
      co_return;
    throw;
  }
  throw std::runtime_error("it was not timed out");
}

} // namespace

TEST_CASE("timeout: the operation has let go when it returns", "[timeout]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    slow_server server(sim.executor());
    co_await server.run();
    REQUIRE(server.running == 0);
  });
}

TEST_CASE("timeout: on time, to the millisecond", "[timeout]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    slow_server server(sim.executor());
    const auto start = std::chrono::steady_clock::now();
    co_await until_timed_out(timeout(server.call(1s), 10ms));
    REQUIRE(since(start) == 10ms);
    const int got = co_await timeout(server.call(5ms), 10ms);
    REQUIRE(got == 7);
    REQUIRE(since(start) == 15ms);
    co_await until_timed_out(deadline(server.call(1s), start + 20ms));
    REQUIRE(since(start) == 20ms);
    co_await until_timed_out(deadline(server.call(1s), start)); // over already
    REQUIRE(since(start) == 20ms);
  });
}

TEST_CASE("timeout: the sooner of two wins", "[timeout]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    slow_server server(sim.executor());
    const auto start = std::chrono::steady_clock::now();
    co_await until_timed_out(timeout(timeout(server.call(1s), 30ms), 10ms));
    REQUIRE(since(start) == 10ms);
    co_await until_timed_out(timeout(timeout(server.call(1s), 10ms), 30ms));
    REQUIRE(since(start) == 20ms);
  });
}

TEST_CASE("timeout: what completes at the limit is timed out or has its result, in every order", "[timeout]")
{
  const auto meets = [](detent::simulation& sim) -> asio::awaitable<void> {
    slow_server server(sim.executor());
    bool timed_out = false;
    int got = 0;
    try
    {
      got = co_await timeout(server.call(10ms), 10ms);
    }
    catch (const system_error& e)
    {
      timed_out = e.code() == asio::error::timed_out;
    }
    REQUIRE(timed_out != (got == 7));
    REQUIRE(timed_out != (server.answered == 1));
    REQUIRE(server.running == 0);
  };
  detent::catch2::explore(thorough, meets);
  detent::catch2::explore(exhaustive, meets);
}

TEST_CASE("timeout: other errors pass", "[timeout]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const auto fails = [](bool when_cancelled) -> asio::awaitable<int> {
      try
      {
        if (when_cancelled)
          co_await sleep_for(1s);
      }
      catch (const system_error&)
      {
      }
      throw std::runtime_error("its own");
    };
    for (const bool when_cancelled : {false, true})
    {
      task limited(sim.executor(), [](asio::awaitable<int> operation) -> asio::awaitable<void> {
        co_await timeout(std::move(operation), 1ms);
      }(fails(when_cancelled)));
      co_await sleep_for(10s);
      REQUIRE(limited.error() == "its own");
    }
  });
}

TEST_CASE("timeout: a cancellation from outside is passed on", "[timeout]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    slow_server server(sim.executor());
    task limited(sim.executor(), [](slow_server& s) -> asio::awaitable<void> {
      co_await timeout(s.call(1s), 500ms);
      throw std::runtime_error("it goes on");
    }(server));
    co_await sleep_for(10ms);
    REQUIRE(server.running == 1);
    limited.cancel();
    co_await sleep_for(100ms);
    REQUIRE(limited.error() == "aborted");
    REQUIRE(server.running == 0);
  });
}

TEST_CASE("timeout: void, too", "[timeout]")
{
  detent::catch2::explore([](detent::simulation&) -> asio::awaitable<void> {
    co_await timeout(sleep_for(1ms), 1s);
    co_await timeout([]() -> asio::awaitable<void> { co_return; }(), 1s);
    bool timed_out = false;
    try
    {
      co_await timeout(sleep_for(1s), 1ms);
    }
    catch (const system_error& e)
    {
      timed_out = e.code() == asio::error::timed_out;
    }
    REQUIRE(timed_out);
  });
}

TEST_CASE("timeout: abandoned at every step", "[timeout]") { abandon_everywhere<slow_server>(); }
TEST_CASE("timeout: in every order", "[timeout]") { in_every_order<slow_server>(); }
