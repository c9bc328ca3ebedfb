// Tests as people write them without Detent, in a binary that is simulated throughout.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <detent/real_threads.hpp>

#include <chrono>
#include <thread>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

TEST_CASE("an hour's wait takes no time", "[implicit]")
{
  asio::io_context context;
  const auto start = clock_type::now();
  asio::steady_timer timer(context, 1h);
  bool fired = false;
  timer.async_wait([&](boost::system::error_code e) { fired = !e; });
  context.run();
  REQUIRE(fired);
  REQUIRE(clock_type::now() - start >= 1h);
  REQUIRE(clock_type::now() - start < 1h + 1ms);
}

TEST_CASE("in a handler the deadline has passed, as on every real machine", "[implicit]")
{
  asio::io_context context;
  asio::steady_timer timer(context, 10ms);
  bool later = false;
  timer.async_wait([&](boost::system::error_code) { later = clock_type::now() > timer.expiry(); });
  context.run();
  REQUIRE(later);
}

TEST_CASE("a loop that waits for the clock ends", "[implicit]")
{
  const auto end = clock_type::now() + 1ms;
  while (clock_type::now() < end)
  {
  }
  REQUIRE(clock_type::now() >= end);
}

TEST_CASE("a loop that polls until something happens ends", "[implicit]")
{
  asio::io_context context;
  asio::steady_timer timer(context, 50ms);
  bool done = false;
  timer.async_wait([&](boost::system::error_code) { done = true; });
  while (!done)
    context.poll_one();

  asio::steady_timer again(context, 50ms);
  done = false;
  again.async_wait([&](boost::system::error_code) { done = true; });
  context.restart();
  const auto end = clock_type::now() + 100ms;
  while (clock_type::now() < end)
  {
    context.poll();
    std::this_thread::yield();
  }
  REQUIRE(done);
}

TEST_CASE("a timer that is armed in the past again and again lets time pass", "[implicit]")
{
  asio::io_context context;
  asio::steady_timer timer(context);
  const auto end = clock_type::now() + 1ms;
  std::function<void()> again = [&] {
    timer.expires_at(clock_type::now() - 1ms);
    timer.async_wait([&](boost::system::error_code) {
      if (clock_type::now() < end)
        again();
    });
  };
  again();
  context.run();
  REQUIRE(clock_type::now() >= end);
}

TEST_CASE("run_for and sleep_for pass virtual time", "[implicit]")
{
  asio::io_context context;
  const auto guard = asio::make_work_guard(context);
  const auto start = clock_type::now();
  context.run_for(10min);
  std::this_thread::sleep_for(5min);
  REQUIRE(clock_type::now() - start >= 15min);
  REQUIRE(clock_type::now() - start < 15min + 1ms);
}

TEST_CASE("a run that would wait for ever throws", "[implicit]")
{
  asio::io_context context;
  asio::steady_timer never(context, clock_type::time_point::max());
  never.async_wait([](boost::system::error_code) {});
  REQUIRE_THROWS_WITH(context.run(), Catch::Contains("deadlock") && Catch::Contains("Next:"));
}

TEST_CASE("posting order is running order", "[implicit]")
{
  asio::io_context context;
  std::string ran;
  for (char c = 'a'; c <= 'z'; ++c)
    asio::post(context, [&ran, c] { ran += c; });
  context.run();
  REQUIRE(ran == "abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("a real thread with a context of its own has a simulation of its own", "[implicit]")
{
  const detent::real_threads outside;
  std::chrono::nanoseconds took{0};
  std::thread other([&] {
    asio::io_context context;
    const auto start = clock_type::now();
    asio::steady_timer timer(context, 24h);
    timer.async_wait([](boost::system::error_code) {});
    context.run();
    took = clock_type::now() - start;
  });
  other.join();
  REQUIRE(took >= 24h);
}

TEST_CASE("a context on a real thread that is not its own is refused", "[implicit][bad input]")
{
  const detent::real_threads outside;
  asio::io_context context;
  std::string said;
  std::thread other([&] {
    try
    {
      asio::post(context, [] {});
    }
    catch (const std::exception& e)
    {
      said = e.what();
    }
  });
  other.join();
  REQUIRE_THAT(said, Catch::Contains("on a thread that Detent does not control") && Catch::Contains("Next:"));
}

TEST_CASE("a thread outside any simulation has real time", "[implicit]")
{
  const detent::real_threads outside;
  std::chrono::nanoseconds slept{0};
  std::thread other([&] {
    const auto start = clock_type::now();
    std::this_thread::sleep_for(20ms);
    slept = clock_type::now() - start;
  });
  other.join();
  REQUIRE(slept >= 20ms);
}

TEST_CASE("an exception in a detached coroutine is dropped, as Asio does, and said once", "[implicit]")
{
  asio::io_context context;
  asio::co_spawn(
      context,
      []() -> asio::awaitable<void> {
        throw std::runtime_error("dropped");
        co_return;
      },
      asio::detached);
  REQUIRE_NOTHROW(context.run());
}
