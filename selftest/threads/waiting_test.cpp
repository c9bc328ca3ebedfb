// What virtual threads wait for, and what wakes them.
#include "exploring.hpp"

#include <detent/asio.hpp>
#include <detent/catch2.hpp>
#include <detent/shared.hpp>

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

TEST_CASE("condition variables wake those who wait, once each", "[threads]")
{
  passes("condition", [](detent::simulation& sim) {
    std::mutex lock;
    std::condition_variable filled;
    std::queue<int> items;
    int sum = 0;
    std::thread consumer([&] {
      for (int i = 0; i < 3; ++i)
      {
        std::unique_lock hold(lock);
        filled.wait(hold, [&] { return !items.empty(); });
        sum += items.front();
        items.pop();
      }
    });
    for (int i = 1; i <= 3; ++i)
    {
      std::this_thread::sleep_for(1ms);
      {
        const std::lock_guard hold(lock);
        items.push(i);
      }
      filled.notify_one();
    }
    consumer.join();
    require(sum == 6, "an item is lost");
    require(sim.elapsed() >= 3ms, "the clock has not moved");
  });
}

TEST_CASE("timed waits end in virtual time", "[threads]")
{
  detent::options how = named("timed");
  how.max_lag = 0ms;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    std::timed_mutex lock;
    lock.lock();
    std::thread other([&] {
      require(!lock.try_lock_for(5ms), "it was held");
      require(sim.elapsed() == 5ms, "the mutex waited too long");
      std::mutex own;
      std::condition_variable never;
      std::unique_lock hold(own);
      require(!never.wait_for(hold, 1h, [] { return false; }), "nobody notified");
      require(sim.elapsed() == 1h + 5ms, "the condition waited too long");
      std::promise<int> unkept;
      require(unkept.get_future().wait_for(1s) == std::future_status::timeout, "nobody kept it");
      require(sim.elapsed() == 1h + 1s + 5ms, "the future waited too long");
      std::counting_semaphore<3> none(0);
      require(!none.try_acquire_for(1s), "there was none");
    });
    other.join();
    lock.unlock();
    require(sim.elapsed() >= 1h + 2s + 5ms, "time is missing");
  });
  INFO(r.report);
  REQUIRE(r.passed());
}

TEST_CASE("futures, packaged tasks and async", "[threads]")
{
  passes("futures", [](detent::simulation&) {
    std::promise<int> promise;
    std::thread keeper([&] { promise.set_value(3); });
    require(promise.get_future().get() == 3, "the promise");
    keeper.join();

    std::packaged_task<int()> task([]() -> int { throw std::logic_error("no"); });
    std::future<int> failed = task.get_future();
    std::thread runner(std::move(task));
    bool thrown = false;
    try
    {
      failed.get();
    }
    catch (const std::logic_error&)
    {
      thrown = true;
    }
    require(thrown, "the exception went elsewhere");
    runner.join();

    auto one = std::async(std::launch::async, [] { return 1; });
    auto two = std::async(std::launch::async, [] { return 2; });
    require(one.get() + two.get() == 3, "async");
  });
}

TEST_CASE("atomics, latches, barriers, semaphores and call_once wait too", "[threads]")
{
  passes("others", [](detent::simulation&) {
    std::atomic<int> value{0};
    std::latch ready(2);
    std::barrier meeting(2);
    std::counting_semaphore<2> permits(1);
    std::once_flag once;
    int calls = 0;
    int inside = 0;
    const auto work = [&] {
      ready.count_down();
      value.wait(0);
      meeting.arrive_and_wait();
      std::call_once(once, [&] {
        std::this_thread::yield();
        ++calls;
      });
      require(calls == 1, "called before it was done");
      permits.acquire();
      require(++inside == 1, "two permits");
      std::this_thread::yield();
      --inside;
      permits.release();
    };
    std::thread a(work);
    std::thread b(work);
    ready.wait();
    value = 1;
    value.notify_all();
    a.join();
    b.join();
  });
}

TEST_CASE("shared mutexes, recursive ones, POSIX semaphores", "[threads]")
{
  passes("shared", [](detent::simulation&) {
    std::shared_mutex lock;
    std::recursive_mutex twice;
    sem_t signal;
    ::sem_init(&signal, 0, 0);
    int readers = 0;
    bool writing = false;
    const auto read = [&] {
      const std::shared_lock hold(lock);
      ++readers;
      require(!writing, "read while written");
      std::this_thread::yield();
      --readers;
    };
    std::thread a(read);
    std::thread b([&] {
      const std::lock_guard hold(lock);
      writing = true;
      std::this_thread::yield();
      require(readers == 0, "written while read");
      writing = false;
    });
    std::thread c([&] {
      const std::lock_guard outer(twice);
      const std::lock_guard inner(twice);
      ::sem_post(&signal);
    });
    read();
    ::sem_wait(&signal);
    {
      const std::lock_guard hold(twice);
    }
    a.join();
    b.join();
    c.join();
    ::sem_destroy(&signal);
  });
}

TEST_CASE("a jthread stops, and condition_variable_any hears of it", "[threads]")
{
  passes("jthread", [](detent::simulation&) {
    std::mutex lock;
    std::condition_variable_any wake;
    bool stopped = false;
    {
      std::jthread worker([&](std::stop_token stop) {
        std::unique_lock hold(lock);
        wake.wait(hold, stop, [] { return false; });
        stopped = stop.stop_requested();
      });
      std::this_thread::sleep_for(1ms);
    }
    require(stopped, "it did not stop");
  });
}
