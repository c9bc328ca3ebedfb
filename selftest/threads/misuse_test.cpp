// What a program with threads must not do, and ways to end badly: each has a name in the report.
#include "exploring.hpp"

#include <detent/asio.hpp>
#include <detent/catch2.hpp>
#include <detent/real_threads.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

#include <pthread.h>
#include <unistd.h>

using Catch::Contains;
using namespace std::chrono_literals;

namespace {

detent::result failure_of(const char* name, const detent::body& test)
{
  const detent::result r = explored(name, test);
  INFO(r.report);
  REQUIRE(!r.passed());
  return r;
}

// Uses stack, whatever the optimiser thinks of it.
__attribute__((noinline)) int dig(int depth)
{
  volatile char room[4'000] = {};
  room[depth % sizeof room] = 1;
  return depth == 0 ? 0 : dig(depth - 1) + room[0];
}

} // namespace

TEST_CASE("joining twice, joining oneself, unlocking another's mutex", "[threads][bad input]")
{
  passes("joins", [](detent::simulation&) {
    std::thread other([] {});
    other.join();
    bool refused = false;
    try
    {
      other.join();
    }
    catch (const std::system_error&)
    {
      refused = true;
    }
    require(refused, "joined twice");
    require(::pthread_join(::pthread_self(), nullptr) == EDEADLK, "joined itself");
  });
  const detent::result r = explored("unlocks", [](detent::simulation&) {
    std::mutex lock;
    std::thread holder([&] {
      lock.lock();
      std::this_thread::sleep_for(1ms);
      lock.unlock();
    });
    std::this_thread::sleep_for(500us);
    lock.unlock();
    holder.join();
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_THAT(r.message, Contains("unlocks a mutex that another thread holds: task main.1 locked it"));
}

TEST_CASE("waiting for what a real thread notifies", "[threads][bad input]")
{
  const auto waits = [](bool notifies) {
    return [notifies](detent::simulation&) {
      std::mutex lock;
      std::condition_variable changed;
      {
        const detent::real_threads outside;
        std::thread([&] {
          if (notifies)
            changed.notify_one();
        }).join();
      }
      std::thread other([&] {
        std::unique_lock hold(lock);
        changed.wait(hold, [] { return false; });
      });
      other.join();
    };
  };
  const detent::result notified = failure_of("notified outside", waits(true));
  REQUIRE(notified.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(notified.message,
      Contains("What task main.1 waits for was notified by a real thread")
          && Contains("start that thread without detent::real_threads"));
  const detent::result started = failure_of("started outside", waits(false));
  REQUIRE(started.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(started.message, Contains("The test has started a real thread (detent::real_threads)"));
}

TEST_CASE("unlocking what nobody holds", "[threads][bad input]")
{
  const detent::result r = failure_of("nobody's", [](detent::simulation&) {
    std::mutex lock;
    std::thread([&] { lock.unlock(); }).join();
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE(r.message == "a thread unlocks a mutex that nobody holds");
  REQUIRE_THAT(r.report, Contains("in task main.1") && Contains("unlocks mutex 1"));
}

TEST_CASE("waiting for one condition with two mutexes", "[threads][bad input]")
{
  const detent::result r = failure_of("two mutexes", [](detent::simulation&) {
    std::mutex a;
    std::mutex b;
    std::condition_variable changed;
    bool done = false;
    std::thread other([&] {
      std::unique_lock hold(a);
      changed.wait(hold, [&] { return done; });
    });
    std::unique_lock hold(b);
    changed.wait(hold, [&] { return done; });
    other.join();
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_THAT(r.message, Contains("a thread waits for a condition variable with another mutex than task main"));
}

TEST_CASE("joining a thread by its handle twice, detaching it after", "[threads][bad input]")
{
  const auto start = [] {
    pthread_t made{};
    ::pthread_create(
        &made, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
    return made;
  };
  const detent::result joined = failure_of("joined twice", [&](detent::simulation&) {
    const pthread_t other = start();
    ::pthread_join(other, nullptr);
    ::pthread_join(other, nullptr);
  });
  REQUIRE(joined.message == "a thread joins task main.1, which was joined or detached already");
  const detent::result detached = failure_of("detached", [&](detent::simulation&) {
    const pthread_t other = start();
    ::pthread_join(other, nullptr);
    ::pthread_detach(other);
  });
  REQUIRE(detached.message == "a thread detaches task main.1, which was joined or detached already");
}

TEST_CASE("a thread that nobody joins", "[threads][bad input]")
{
  const detent::result r = failure_of("unjoined", [](detent::simulation&) {
    std::thread forgotten([] {
      detent::name_task("forgotten");
      std::this_thread::sleep_for(1s);
    });
    std::this_thread::yield();
  });
  REQUIRE(r.verdict == detent::verdict::crash);
  REQUIRE_THAT(r.message, Contains("a std::thread is destroyed that was neither joined nor detached"));
  REQUIRE_THAT(r.message, Contains("task forgotten") || Contains("task main.1"));
}

TEST_CASE("an exception where nothing may be thrown", "[threads][bad input]")
{
  const detent::result r = failure_of("noexcept",
      [](detent::simulation&) { std::thread([]() noexcept { static_cast<void>(std::stoi("lost")); }).join(); });
  REQUIRE(r.verdict == detent::verdict::unhandled_exception);
  REQUIRE_THAT(r.message, // inlined code calls std::terminate before the exception is caught
      Contains("std::invalid_argument: stoi, where nothing may be thrown: std::terminate was called")
          || Contains("an exception leaves what may not throw: std::terminate was called"));
}

TEST_CASE("threads that outlive the test are named, and a failure if that is asked for", "[threads][leak]")
{
  const detent::body leaves_one = [](detent::simulation&) {
    struct state
    {
      std::mutex lock;
      std::condition_variable never;
    };
    auto all = std::make_shared<state>();
    std::thread([all] {
      detent::name_task("ghost");
      std::unique_lock hold(all->lock);
      all->never.wait(hold, [] { return false; });
    }).detach();
    std::this_thread::sleep_for(1ms);
  };
  const detent::result warned = explored("abandoned", leaves_one);
  INFO(warned.report);
  REQUIRE(warned.passed());
  REQUIRE_THAT(warned.warning, Contains("task ghost, a thread, outlives the test: it is abandoned where it waits"));
  detent::options how = named("abandoned");
  how.leaks = true;
  const detent::result leak = detent::explore(how, leaves_one);
  REQUIRE(leak.verdict == detent::verdict::leak);
  REQUIRE_THAT(leak.report, Contains("ghost") && Contains("condition 1"));

  const detent::body joins_none = [](detent::simulation&) {
    pthread_t made{};
    ::pthread_create(
        &made, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
  };
  REQUIRE_THAT(explored("unjoined handle", joins_none).warning,
      Contains("task main.1, a thread, has ended and was neither joined nor detached"));
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("a stack that overflows", "[threads][bad input]")
{
  const detent::result r = failure_of("too deep", [](detent::simulation&) {
    std::thread([] {
      detent::name_task("digger");
      dig(1'000'000);
    }).join();
  });
  REQUIRE(r.verdict == detent::verdict::crash);
  REQUIRE_THAT(r.message, Contains("the stack of a thread has overflown: task digger has 1024 KiB"));

  // A larger one on request.
  passes("deep", [](detent::simulation&) {
    pthread_attr_t large;
    ::pthread_attr_init(&large);
    ::pthread_attr_setstacksize(&large, 8 << 20);
    pthread_t made{};
    const auto deep = [](void*) -> void* {
      dig(1'500);
      return nullptr;
    };
    require(::pthread_create(&made, &large, deep, nullptr) == 0, "not created");
    ::pthread_join(made, nullptr);
    ::pthread_attr_destroy(&large);
  });
}
#endif

TEST_CASE("a call that blocks and that nobody sees", "[threads][bad input]")
{
  detent::options how = named("blocked");
  how.watchdog = 1s;
  how.schedules = 1;
  const detent::result r = detent::explore(how, [](detent::simulation&) {
    int ends[2];
    require(::pipe(ends) == 0, "no pipe");
    std::thread([&] {
      detent::name_task("reader");
      char byte = 0;
      static_cast<void>(!::read(ends[0], &byte, 1));
    }).join();
  });
  REQUIRE(r.verdict == detent::verdict::livelock);
  REQUIRE_THAT(r.message, Contains("one step did not end") && Contains("or a blocking call"));
#if defined(__SANITIZE_ADDRESS__)
  REQUIRE_THAT(r.report, Contains("in task reader, at 0 ms, step 1\n    from  ")); // whose frames hide the program's
#else
  REQUIRE_THAT(r.report, Contains("in task reader, at 0 ms, step 1\n    from  misuse_test.cpp:"));
#endif
}
