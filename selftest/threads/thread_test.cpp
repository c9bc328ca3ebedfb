// Virtual threads: in which order they run, what is their own, and what is said when none can go on.
#include "exploring.hpp"

#include <detent/asio.hpp>
#include <detent/catch2.hpp>
#include <detent/shared.hpp>
#include <detent/outcomes.hpp>

#include <atomic>
#include <barrier>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <optional>
#include <queue>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <semaphore.h>

using Catch::Contains;
using namespace std::chrono_literals;

TEST_CASE("a mutex keeps threads out of each other's way, in every order", "[threads]")
{
  passes("mutex", [](detent::simulation&) {
    std::mutex lock;
    int inside = 0;
    int done = 0;
    const auto work = [&] {
      for (int i = 0; i < 3; ++i)
      {
        const std::lock_guard hold(lock);
        require(++inside == 1, "two inside");
        std::this_thread::yield();
        ++done;
        --inside;
      }
    };
    std::thread a(work);
    std::thread b(work);
    a.join();
    b.join();
    require(done == 6, "work is missing");
  });
}

TEST_CASE("every order of threads can be had", "[threads]")
{
  detent::options how = named("orders");
  how.schedules = 2'000;
  const auto seen = detent::outcomes(how, detent::valued_body([](detent::simulation&) {
    std::string order;
    std::vector<std::thread> all;
    for (const char name : {'a', 'b', 'c'})
      all.emplace_back([&order, name] { order += name; });
    for (std::thread& t : all)
      t.join();
    return order;
  }));
  INFO(seen.report);
  REQUIRE(seen.all.size() == 6);
}

TEST_CASE("a lost update between two threads needs no lock to be found", "[threads]")
{
  const detent::result r = explored("lost update", [](detent::simulation&) {
    detent::shared<int> balance(100);
    const auto withdraw = [&](int amount) {
      const int seen = balance;
      balance = seen - amount;
    };
    std::thread a(withdraw, 10);
    std::thread b(withdraw, 20);
    a.join();
    b.join();
    require(balance == 70, "an update is lost");
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE(r.message == "std::runtime_error: an update is lost");
  REQUIRE(
      detent::replay(r.token, named("lost update"), [](detent::simulation&) {}).verdict == detent::verdict::diverged);
}

TEST_CASE("each thread has its own exceptions, its own id and its own name", "[threads]")
{
  passes("own things", [](detent::simulation&) {
    std::set<std::thread::id> ids{std::this_thread::get_id()};
    const auto work = [&](const char* name) {
      ids.insert(std::this_thread::get_id());
      ::pthread_setname_np(::pthread_self(), name);
      try
      {
        throw std::runtime_error(name);
      }
      catch (const std::runtime_error& e)
      {
        std::this_thread::yield(); // another one throws meanwhile
        require(std::current_exception() != nullptr, "its exception is gone");
        require(e.what() == std::string(name), "another's exception");
        try
        {
          throw;
        }
        catch (const std::runtime_error& again)
        {
          require(again.what() == std::string(name), "another's exception is thrown again");
        }
      }
      require(!std::current_exception(), "an exception stays");
      char own[16];
      ::pthread_getname_np(::pthread_self(), own, sizeof own);
      require(own == std::string(name), "another's name");
    };
    std::thread a(work, "a");
    std::thread b(work, "b");
    require(!std::current_exception(), "another's exception is seen");
    require(a.get_id() != b.get_id() && a.joinable(), "ids");
    a.join();
    b.join();
    require(ids.size() == 3, "threads share an id");
  });
}

TEST_CASE("what leaves a thread ends the schedule", "[threads]")
{
  const detent::result r =
      explored("leaves", [](detent::simulation&) { std::thread([] { throw std::runtime_error("out"); }).join(); });
  REQUIRE(r.verdict == detent::verdict::unhandled_exception);
  REQUIRE(r.message == "std::runtime_error: out, out of a thread");
}

TEST_CASE("threads in a deadlock are shown with what they hold and wait for", "[threads][deadlock]")
{
  const detent::result r = explored("abba", [](detent::simulation&) {
    std::mutex a;
    std::mutex b;
    const auto both = [](std::mutex& first, std::mutex& second) {
      const std::lock_guard hold(first);
      const std::lock_guard more(second);
    };
    std::thread one(both, std::ref(a), std::ref(b));
    std::thread two(both, std::ref(b), std::ref(a));
    one.join();
    two.join();
  });
  REQUIRE(r.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(r.report, Contains("main.1 waits for mutex 2") && Contains("main.2 waits for mutex 1"));
  REQUIRE_THAT(r.report, Contains("cycle: main.1 -> mutex 2 -> main.2 -> mutex 1 -> main.1"));
  REQUIRE_THAT(r.report, Contains("needs   3 threads"));
  REQUIRE(r.constraints.size() == 1);
}

TEST_CASE("a mutex that is locked twice by one thread", "[threads][deadlock]")
{
  const detent::result r = explored("self", [](detent::simulation&) {
    std::mutex lock;
    std::thread([&] {
      lock.lock();
      lock.lock();
    }).join();
  });
  REQUIRE(r.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(r.report, Contains("main.1 waits for its own mutex 1"));
}

TEST_CASE("a wake-up that comes before its wait is lost", "[threads][deadlock]")
{
  const auto body = [](bool checks) {
    return [checks](detent::simulation&) {
      std::mutex lock;
      std::condition_variable done;
      bool is_done = false;
      std::thread worker([&] {
        const std::lock_guard hold(lock);
        is_done = true;
        done.notify_one();
      });
      {
        std::unique_lock hold(lock);
        if (!checks || !is_done)
          done.wait(hold);
      }
      worker.join();
    };
  };
  const detent::result r = explored("lost wake-up", body(false));
  REQUIRE(r.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(r.report, Contains("main waits for condition 1"));
  REQUIRE(explored("lost wake-up, fixed", body(true)).passed());
}

TEST_CASE("a detached thread that waits for ever is left behind", "[threads]")
{
  passes("detached", [](detent::simulation&) {
    struct state
    {
      std::mutex lock;
      std::condition_variable never;
    };
    auto all = std::make_shared<state>();
    std::thread([all] {
      std::unique_lock hold(all->lock);
      all->never.wait(hold, [] { return false; });
    }).detach();
    std::this_thread::sleep_for(1ms);
  });
}

TEST_CASE("threads of a replay do the same again", "[threads]")
{
  const auto body = [](detent::simulation&) {
    std::mutex lock;
    std::string order;
    const auto work = [&](char name) {
      for (int i = 0; i < 2; ++i)
      {
        const std::lock_guard hold(lock);
        order += name;
      }
    };
    std::thread a(work, 'a');
    std::thread b(work, 'b');
    a.join();
    b.join();
    require(order != "abba", "abba");
  };
  const detent::result found = explored("replayed", body);
  REQUIRE(!found.passed());
  const detent::result again = detent::replay(found.token, named("replayed"), body);
  REQUIRE(again.hash == found.hash);
  REQUIRE(again.message == found.message);
  REQUIRE(detent::replay(found.pin, named("replayed"), body).message == found.message);
  detent::options twice = named("twice");
  twice.twice = true;
  REQUIRE(detent::explore(twice, [](detent::simulation&) {
    std::atomic<int> n{0};
    std::jthread a([&] { ++n; });
    std::jthread b([&] { ++n; });
  }).passed());
}

TEST_CASE("outside an exploration threads are virtual as well", "[threads][implicit]")
{
  const auto start = std::chrono::steady_clock::now();
  std::mutex lock;
  std::condition_variable done;
  bool is_done = false;
  std::thread other([&] {
    std::this_thread::sleep_for(24h);
    const std::lock_guard hold(lock);
    is_done = true;
    done.notify_one();
  });
  {
    std::unique_lock hold(lock);
    done.wait(hold, [&] { return is_done; });
  }
  other.join();
  REQUIRE(std::chrono::steady_clock::now() - start >= 24h);
}

TEST_CASE("an exploration while threads of the test itself wait", "[threads][implicit]")
{
  std::mutex lock;
  lock.lock();
  bool done = false;
  std::thread other([&] {
    const std::lock_guard hold(lock);
    done = true;
  });
  std::this_thread::yield(); // it waits for the mutex now
  for (const auto isolated : {detent::isolation::process, detent::isolation::none})
  {
    detent::options how = named("inside");
    how.isolation = isolated;
    const detent::result r = detent::explore(how, [](detent::simulation&) {
      int n = 0;
      std::thread([&] { ++n; }).join();
      require(n == 1, "it did not run");
    });
    INFO(r.report);
    REQUIRE(r.passed());
  }
  REQUIRE(!done);
  lock.unlock();
  other.join();
  REQUIRE(done);
}

TEST_CASE("a schedule that fails with threads waiting leaves nothing to the next", "[threads]")
{
  detent::options how = named("leaves nothing");
  how.isolation = detent::isolation::none;
  how.shrink = false;
  const detent::result r = detent::explore(how, [](detent::simulation&) {
    std::thread([] { std::this_thread::sleep_for(1h); }).detach();
    std::this_thread::sleep_for(1ms);
    throw std::runtime_error("early");
  });
  REQUIRE(r.message == "std::runtime_error: early");
  const detent::result next = detent::simulate(how, [](detent::simulation& sim) {
    std::thread([] { std::this_thread::sleep_for(2h); }).join();
    require(sim.elapsed() == 2h, "another's time");
  });
  INFO(next.report);
  REQUIRE(next.passed());
}
