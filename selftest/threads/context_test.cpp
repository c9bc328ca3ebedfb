// Contexts that run on threads: fixtures with a background thread, pools, strands, several threads in one run().
#include "exploring.hpp"

#include <detent/asio.hpp>
#include <detent/catch2.hpp>
#include <detent/shared.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

// As test suites have it: a context on a thread of its own, kept running by a guard.
struct fixture
{
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
  std::thread runner{[this] { context.run(); }};

  ~fixture()
  {
    guard.reset();
    runner.join();
  }
};

asio::awaitable<int> answer_after(std::chrono::milliseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
  co_return 42;
}

} // namespace

TEST_CASE("a context on a background thread, a work guard and a future", "[threads][context]")
{
  passes("fixture", [](detent::simulation& sim) {
    fixture background;
    auto answer = asio::co_spawn(background.context, answer_after(10ms), asio::use_future);
    require(answer.get() == 42, "the answer");
    require(sim.elapsed() >= 10ms, "the time");
  });
}

TEST_CASE("the same fixture outside any exploration", "[threads][context][implicit]")
{
  const auto start = std::chrono::steady_clock::now();
  fixture background;
  auto answer = asio::co_spawn(background.context, answer_after(1h), asio::use_future);
  REQUIRE(answer.wait_for(1ms) == std::future_status::timeout);
  REQUIRE(answer.get() == 42);
  REQUIRE(std::chrono::steady_clock::now() - start >= 1h);
}

TEST_CASE("several threads run one context, and a strand stays exclusive", "[threads][context]")
{
  passes("several", [](detent::simulation&) {
    asio::io_context context;
    auto strand = asio::make_strand(context);
    int inside = 0;
    int done = 0;
    std::mutex lock;
    for (int i = 0; i < 3; ++i)
      asio::post(strand, [&] {
        require(strand.running_in_this_thread(), "not in the strand");
        require(context.get_executor().running_in_this_thread(), "not in the context");
        require(++inside == 1, "two in the strand");
        {
          const std::lock_guard hold(lock); // another thread may run here
        }
        --inside;
        ++done;
      });
    asio::post(context, [&] {
      const std::lock_guard hold(lock);
      require(!strand.running_in_this_thread(), "in the strand");
      bool inlined = false;
      asio::dispatch(context, [&] { inlined = true; });
      require(inlined, "dispatch did not run inline");
    });
    std::thread a([&] { context.run(); });
    std::thread b([&] { context.run(); });
    a.join();
    b.join();
    require(done == 3, "handlers are missing");
    require(!context.get_executor().running_in_this_thread(), "main runs nothing");
  });
}

TEST_CASE("a handler that two threads run at once needs a lock", "[threads][context]")
{
  const auto body = [](bool locks) {
    return [locks](detent::simulation&) {
      asio::thread_pool pool(2);
      detent::shared<int> count(0);
      std::mutex lock;
      for (int i = 0; i < 2; ++i)
        asio::post(pool, [&] {
          std::unique_lock hold(lock, std::defer_lock);
          if (locks)
            hold.lock();
          const int seen = count;
          count = seen + 1;
        });
      pool.join();
      require(count == 2, "a count is lost");
    };
  };
  const detent::result r = detent::explore(named("pool"), body(false));
  REQUIRE(r.message == "std::runtime_error: a count is lost");
  passes("pool, locked", body(true));
}

TEST_CASE("a pool has timers and coroutines", "[threads][context]")
{
  passes("pool of coroutines", [](detent::simulation& sim) {
    asio::thread_pool pool(3);
    auto one = asio::co_spawn(pool, answer_after(5ms), asio::use_future);
    auto two = asio::co_spawn(pool, answer_after(7ms), asio::use_future);
    require(one.get() + two.get() == 84, "the answers");
    require(sim.elapsed() >= 7ms && sim.elapsed() < 30ms, "one after the other");
    pool.join();
  });
}

TEST_CASE("stop() and the last work wake all who run the context", "[threads][context]")
{
  passes("stop", [](detent::simulation&) {
    asio::io_context context;
    auto guard = asio::make_work_guard(context);
    std::vector<std::thread> runners;
    for (int i = 0; i < 3; ++i)
      runners.emplace_back([&] { context.run(); });
    asio::post(context, [&] { context.stop(); });
    for (std::thread& t : runners)
      t.join();
    require(context.stopped(), "it runs on");
  });
  passes("last work", [](detent::simulation&) {
    asio::io_context context;
    auto guard = asio::make_work_guard(context);
    std::thread a([&] { context.run(); });
    std::thread b([&] { context.run(); });
    guard.reset();
    a.join();
    b.join();
  });
}

TEST_CASE("the whole executor is blocked by a mutex", "[threads][context][deadlock]")
{
  const detent::result r = detent::explore(named("blocked"), [](detent::simulation& sim) -> asio::awaitable<void> {
    std::mutex lock;
    std::promise<void> never;
    std::thread holder([&] {
      const std::lock_guard hold(lock);
      never.get_future().wait();
    });
    asio::steady_timer pause(sim.executor(), 1ms);
    co_await pause.async_wait(asio::use_awaitable);
    const std::lock_guard hold(lock);
    holder.join();
  });
  REQUIRE(r.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(r.report, Contains("main waits for mutex 1") || Contains("main joins thread"));
}

TEST_CASE("run_for on a thread ends in virtual time", "[threads][context]")
{
  detent::options how = named("run_for");
  how.max_lag = 0ms;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    asio::io_context context;
    auto guard = asio::make_work_guard(context);
    std::thread a([&] {
      context.run_for(20ms);
      require(sim.elapsed() == 20ms, "too long");
    });
    std::this_thread::sleep_for(5ms);
    require(sim.elapsed() == 5ms, "slept too long");
    a.join();
  });
  INFO(r.report);
  REQUIRE(r.passed());
}
