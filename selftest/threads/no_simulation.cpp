// Outside any simulation threads, and all that they wait by, are real, as without Detent. The main thread of a program
// with the port is in a simulation of its own from the start; so this goes on on another one.
#include <detent/machine.hpp>
#include <detent/real_threads.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <latch>
#include <mutex>
#include <queue>
#include <semaphore>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>

#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

int failures = 0;

void check(bool condition, const char* what)
{
  if (condition)
    return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  ++failures;
}

long kernel_id() { return ::syscall(SYS_gettid); }

void threads_are_real()
{
  std::mutex lock;
  std::set<long> ids{kernel_id()};
  std::latch all(4);
  {
    std::vector<std::jthread> many;
    for (int i = 0; i < 4; ++i)
      many.emplace_back([&] {
        all.arrive_and_wait(); // none ends before the others have begun
        const std::lock_guard hold(lock);
        ids.insert(kernel_id());
      });
  }
  check(ids.size() == 5, "each thread is one of the kernel's");
  check(std::async(std::launch::async, kernel_id).get() != kernel_id(), "async is");
  std::thread named([] { ::pthread_setname_np(::pthread_self(), "worker"); });
  named.join();
  check(!detent::machine::current(), "no simulation has begun");
}

// What loggers do.
void a_background_logger_works()
{
  std::mutex lock;
  std::condition_variable changed;
  std::queue<std::string> lines;
  bool done = false;
  std::size_t written = 0;
  std::thread logger([&] {
    std::unique_lock hold(lock);
    while (!done || !lines.empty())
    {
      changed.wait(hold, [&] { return done || !lines.empty(); });
      for (; !lines.empty(); lines.pop())
        ++written;
    }
  });
  for (int i = 0; i < 1'000; ++i)
  {
    const std::lock_guard hold(lock);
    lines.push("line");
    changed.notify_one();
  }
  {
    const std::lock_guard hold(lock);
    done = true;
  }
  changed.notify_one();
  logger.join();
  check(written == 1'000, "the logger writes each line");
}

void waits_take_real_time()
{
  const auto begin = std::chrono::steady_clock::now();
  std::mutex lock;
  std::condition_variable never;
  std::unique_lock hold(lock);
  check(!never.wait_for(hold, 20ms, [] { return false; }), "a condition times out");
  check(std::promise<int>().get_future().wait_for(0ms) == std::future_status::timeout, "a future does");
  std::timed_mutex held;
  held.lock();
  std::thread([&] { check(!held.try_lock_for(20ms), "a mutex does"); }).join();
  held.unlock();
  std::counting_semaphore<2> none(0);
  check(!none.try_acquire_for(20ms), "a semaphore does");
  std::this_thread::sleep_for(20ms);
  check(std::chrono::steady_clock::now() - begin >= 80ms, "together they take their time");
}

void everything_else_wakes()
{
  std::barrier both(2);
  std::shared_mutex shared;
  std::atomic<int> value{0};
  std::once_flag once;
  std::atomic<int> calls{0};
  sem_t posted;
  ::sem_init(&posted, 0, 0);
  std::thread other([&] {
    both.arrive_and_wait();
    std::call_once(once, [&] { ++calls; });
    {
      const std::unique_lock hold(shared);
      value = 1;
    }
    value.notify_all();
    ::sem_post(&posted);
  });
  both.arrive_and_wait();
  std::call_once(once, [&] { ++calls; });
  value.wait(0);
  {
    const std::shared_lock hold(shared);
    check(value == 1, "an atomic wakes");
  }
  ::sem_wait(&posted);
  other.join();
  ::sem_destroy(&posted);
  check(calls == 1, "call_once calls once");
}

} // namespace

int main()
{
  const detent::real_threads outside;
  std::thread([] {
    threads_are_real();
    a_background_logger_works();
    waits_take_real_time();
    everything_else_wakes();
  }).join();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
