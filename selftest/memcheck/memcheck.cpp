// Threads of many kinds, for valgrind to look at: memcheck clean|canary. It has nothing to say of the first; in the
// second it has to find the read of memory that was given back.
#include <detent/asio.hpp>
#include <detent/explore.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

int failures = 0;

detent::result explored(const char* name, detent::isolation isolation, const detent::body& body)
{
  detent::options how;
  how.name = name;
  how.schedules = 30;
  how.jobs = 1;
  how.source_lines = false;
  how.isolation = isolation;
  return detent::explore(how, body);
}

// In worker processes, and in this one, where stacks and all else are used again from schedule to schedule.
void passes(const char* name, const detent::body& body)
{
  for (const auto isolation : {detent::isolation::process, detent::isolation::none})
    if (const detent::result r = explored(name, isolation, body); !r.passed())
    {
      std::fprintf(stderr, "%s\n", r.report.c_str());
      ++failures;
    }
}

void producers_and_consumer(detent::simulation&)
{
  std::mutex lock;
  std::condition_variable filled;
  std::deque<std::string> queue;
  const auto produce = [&] {
    for (int i = 0; i < 3; ++i)
    {
      const std::lock_guard hold(lock);
      queue.push_back("a string that is too long for its own buffer");
      filled.notify_one();
    }
  };
  std::thread a(produce);
  std::jthread b(produce);
  std::size_t length = 0;
  for (int i = 0; i < 6; ++i)
  {
    std::unique_lock hold(lock);
    filled.wait(hold, [&] { return !queue.empty(); });
    length += queue.front().size();
    queue.pop_front();
  }
  a.join();
  if (length != 6 * 44)
    throw std::runtime_error("something is lost");
}

void exceptions_cross_futures(detent::simulation&)
{
  auto failing = std::async(std::launch::async, [] {
    try
    {
      throw std::runtime_error("first");
    }
    catch (const std::exception&)
    {
      std::this_thread::yield(); // while it is being handled
      throw;
    }
  });
  try
  {
    failing.get();
    throw std::logic_error("it came through");
  }
  catch (const std::runtime_error&)
  {
  }
}

void timers_on_threads(detent::simulation&)
{
  asio::thread_pool pool(2);
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(
        pool,
        [](int which) -> asio::awaitable<void> {
          asio::steady_timer timer(co_await asio::this_coro::executor, which * 1ms);
          co_await timer.async_wait(asio::use_awaitable);
        }(i),
        asio::detached);
  pool.join();
}

// Its stack is never unwound, and used for another thread in the next schedule.
void left_behind(detent::simulation&)
{
  std::thread([] {
    char frame[4096];
    std::memset(frame, 1, sizeof frame);
    std::promise<void> never;
    never.get_future().wait();
  }).detach();
  std::this_thread::yield();
}

// A stack of a size of its own is given back.
void a_large_stack(detent::simulation&)
{
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, 3 << 20);
  for (int i = 0; i < 3; ++i)
  {
    pthread_t thread{};
    ::pthread_create(
        &thread, &attributes,
        [](void*) -> void* {
          char frame[2 << 20];
          std::memset(frame, 1, sizeof frame);
          return nullptr;
        },
        nullptr);
    ::pthread_join(thread, nullptr);
  }
  ::pthread_attr_destroy(&attributes);
}

void read_after_delete(detent::simulation&)
{
  std::thread([] {
    const volatile int* volatile gone = nullptr; // volatile itself: the compiler must not see it either
    {
      const std::vector<int> values(100);
      gone = values.data();
    }
    std::printf("canary %d\n", *gone);
  }).join();
}

} // namespace

int main(int, char** argv)
{
  if (std::strcmp(argv[1], "canary") == 0)
  {
    static_cast<void>(explored("canary", detent::isolation::none, read_after_delete));
    return 0;
  }
  passes("producers and a consumer", producers_and_consumer);
  passes("exceptions cross futures", exceptions_cross_futures);
  passes("timers on threads", timers_on_threads);
  passes("left behind", left_behind);
  passes("a large stack", a_large_stack);
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
