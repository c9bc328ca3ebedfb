// Threads of the operating system in the part of virtual ones: the same tests (the whole of [threads] is run with
// DETENT_THREADS=os too), the same traces; and what fibers cannot have.
#include "exploring.hpp"

#include <detent/asio.hpp>
#include <detent/catch2.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

void counts(detent::simulation&)
{
  std::mutex lock;
  std::condition_variable changed;
  int turn = 0;
  const auto work = [&](int own) {
    for (int i = 0; i < 3; ++i)
    {
      std::unique_lock hold(lock);
      changed.wait(hold, [&] { return turn % 2 == own; });
      ++turn;
      changed.notify_all();
    }
  };
  std::thread even(work, 0);
  std::thread odd(work, 1);
  even.join();
  odd.join();
  require(turn == 6, "turns are missing");
}

void pools(detent::simulation&)
{
  boost::asio::thread_pool pool(2);
  boost::asio::io_context context;
  boost::asio::steady_timer timer(context, 5ms);
  std::string order;
  std::mutex lock;
  const auto note = [&](char c) {
    const std::lock_guard hold(lock);
    order += c;
  };
  timer.async_wait([&](boost::system::error_code) { note('t'); });
  boost::asio::post(pool, [&] { note('a'); });
  boost::asio::post(pool, [&] { note('b'); });
  std::thread runs([&] { context.run(); });
  pool.join();
  runs.join();
  require(order != "bat" && order != "bta", "b comes before a");
}

void loses_an_update(detent::simulation&)
{
  int value = 0;
  const auto add = [&] {
    const int read = value;
    std::this_thread::yield();
    value = read + 1;
  };
  std::thread a(add);
  std::thread b(add);
  a.join();
  b.join();
  require(value == 2, "an update is lost");
}

detent::options as(const char* name, detent::threading how_threads)
{
  detent::options how = named(name);
  how.threads = how_threads;
  return how;
}

thread_local std::string own_name = "nobody";

} // namespace

TEST_CASE("both kinds of threads give the same schedules", "[threads][os]")
{
  const std::pair<const char*, void (*)(detent::simulation&)> bodies[] = {
      {"counts", counts}, {"pools", pools}, {"loses an update", loses_an_update}};
  for (const auto& [name, body] : bodies)
  {
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
    {
      detent::options fibers = as(name, detent::threading::fibers);
      fibers.seed = seed;
      fibers.order = detent::ordering::any;
      detent::options os = fibers;
      os.threads = detent::threading::os;
      const detent::result a = detent::simulate(fibers, body);
      const detent::result b = detent::simulate(os, body);
      INFO(name << ", seed " << seed << '\n' << b.report);
      REQUIRE(a.hash == b.hash);
      REQUIRE(a.steps == b.steps);
      REQUIRE(a.message == b.message);
    }
    const detent::result a = detent::explore(as(name, detent::threading::fibers), body);
    const detent::result b = detent::explore(as(name, detent::threading::os), body);
    REQUIRE(a.report == b.report);
    REQUIRE(a.token == b.token);
    if (!a.passed())
      REQUIRE(detent::replay(a.token, as(name, detent::threading::os), body).hash == a.hash);
  }
}

TEST_CASE("threads of the operating system have thread_local variables of their own", "[threads][os]")
{
  static int destroyed;
  struct counted
  {
    ~counted() { ++destroyed; }
  };
  const detent::result r = detent::explore(as("thread_local", detent::threading::os), [](detent::simulation&) {
    destroyed = 0;
    own_name = "first";
    const auto work = [](const char* name) {
      thread_local const counted at_end;
      static_cast<void>(at_end);
      require(own_name == "nobody", "not its own");
      own_name = name;
      std::this_thread::yield();
      require(own_name == name, "another thread's");
    };
    std::thread a(work, "a");
    std::thread b(work, "b");
    a.join();
    b.join();
    require(destroyed == 2, "joined before its variables were destroyed");
    require(own_name == "first", "lost its own");
    own_name = "nobody";
  });
  INFO(r.report);
  REQUIRE(r.passed());
}

TEST_CASE("fibers that share a thread_local variable are warned of", "[threads][os]")
{
  const detent::body names_itself = [](detent::simulation&) {
    const auto work = [](const char* name) {
      own_name = name;
      std::this_thread::yield();
    };
    std::thread a(work, "a");
    std::thread b(work, "b");
    a.join();
    b.join();
    own_name = "nobody";
  };
  const auto warning_of = [&](detent::threading kind) {
    return detent::explore(as("shared thread_local", kind), names_itself).warning;
  };
  if (!std::getenv("DETENT_THREADS")) // which goes before what is asked for here
    REQUIRE_THAT(warning_of(detent::threading::fibers),
        Catch::Contains("own_name is thread_local, and written by tasks main.1 and main.2")
            || Catch::Contains("own_name is thread_local, and written by tasks main, main.1 and main.2"));
  REQUIRE(warning_of(detent::threading::os).empty());
}

// Under AddressSanitizer fibers share what is kept for a key.
TEST_CASE("threads have values of their own for a key, whose destructors run before a join returns", "[threads][os]")
{
#if defined(__SANITIZE_ADDRESS__)
  const auto kind = detent::threading::os;
#else
  const auto kind = GENERATE(detent::threading::fibers, detent::threading::os);
#endif
  static int destroyed;
  const detent::result r = detent::explore(as("keys", kind), [](detent::simulation&) {
    destroyed = 0;
    pthread_key_t key{};
    require(::pthread_key_create(&key, [](void*) { ++destroyed; }) == 0, "no key");
    ::pthread_setspecific(key, &key);
    const auto uses = [&](int value) {
      require(::pthread_getspecific(key) == nullptr, "another thread's value");
      ::pthread_setspecific(key, &value);
      std::this_thread::yield();
      require(::pthread_getspecific(key) == &value, "another thread's value");
    };
    std::thread a(uses, 1);
    std::thread b(uses, 2);
    a.join();
    b.join();
    require(destroyed == 2, "not destroyed yet");
    require(::pthread_getspecific(key) == &key, "another thread's value");
    ::pthread_setspecific(key, nullptr);
    ::pthread_key_delete(key);
  });
  INFO(r.report);
  REQUIRE(r.passed());
}

TEST_CASE("pthread_exit is for threads of the operating system", "[threads][os][bad input]")
{
  const detent::body leaves = [](detent::simulation&) {
    pthread_t made{};
    static int value;
    ::pthread_create(
        &made, nullptr, [](void*) -> void* { ::pthread_exit(&value); }, nullptr);
    void* result = nullptr;
    ::pthread_join(made, &result);
    require(result == &value, "another result");
  };
  const detent::result by_os = detent::simulate(as("exit", detent::threading::os), leaves);
  INFO(by_os.report);
  REQUIRE(by_os.passed());
  const detent::result by_fiber = detent::simulate(as("exit", detent::threading::fibers), leaves);
  REQUIRE(by_fiber.verdict == detent::verdict::assertion);
  REQUIRE_THAT(by_fiber.message, Catch::Contains("pthread_exit is called, which threads that are fibers do not have"));
}

TEST_CASE("threads of the operating system that are abandoned do not keep workers away", "[threads][os]")
{
  detent::options how = as("abandoned", detent::threading::os);
  static_cast<void>(detent::simulate(how, [](detent::simulation&) {
    static std::mutex held;
    held.lock();
    std::thread([] { held.lock(); }).detach();
    std::this_thread::yield();
  }));
  const pid_t caller = ::getpid();
  how.name = "workers";
  const detent::result r =
      detent::explore(how, [=](detent::simulation&) { require(::getpid() != caller, "not in a worker"); });
  INFO(r.report);
  REQUIRE(r.passed());
}
