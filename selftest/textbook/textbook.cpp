// The bugs that textbooks on threads begin with, each with its fixed twin, on plain std::thread: every one has to be
// found from every seed, within a thousand schedules, and no twin may fail.
//
//     textbook SEEDS SCHEDULES-OF-A-TWIN
#include <detent/explore.hpp>
#include <detent/shared.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

void require(bool condition, const char* what)
{
  if (!condition)
    throw std::runtime_error(what);
}

// One condition variable for "not full" and "not empty": a notify_one may wake the wrong side, and all sleep.
template <bool fixed> void bounded_buffer(detent::simulation&)
{
  std::mutex lock;
  std::condition_variable changed;
  int items = 0;
  const auto wake = [&] { fixed ? changed.notify_all() : changed.notify_one(); };
  const auto put = [&](int count) {
    for (int i = 0; i < count; ++i)
    {
      std::unique_lock hold(lock);
      changed.wait(hold, [&] { return items < 1; });
      ++items;
      wake();
    }
  };
  const auto take = [&](int count) {
    for (int i = 0; i < count; ++i)
    {
      std::unique_lock hold(lock);
      changed.wait(hold, [&] { return items > 0; });
      --items;
      wake();
    }
  };
  std::vector<std::thread> all;
  all.emplace_back(put, 4);
  all.emplace_back(take, 2);
  all.emplace_back(take, 2);
  for (std::thread& t : all)
    t.join();
}

// A reader that looks at two values under two separate shared locks sees half of a write.
template <bool fixed> void readers_writers(detent::simulation&)
{
  std::shared_mutex lock;
  int first = 0;
  int second = 0;
  std::thread writer([&] {
    for (int i = 1; i <= 2; ++i)
    {
      const std::lock_guard hold(lock);
      first = second = i;
    }
  });
  const auto read = [&] {
    std::shared_lock hold(lock);
    const int seen = first;
    if (!fixed)
    {
      hold.unlock();
      hold.lock();
    }
    require(seen == second, "half of a write was read");
  };
  std::thread one(read);
  std::thread two(read);
  writer.join();
  one.join();
  two.join();
}

// Each philosopher takes the left fork first; fixed, the last one takes the right fork first.
template <bool fixed> void philosophers(detent::simulation&)
{
  constexpr std::size_t count = 4;
  std::mutex forks[count];
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < count; ++i)
    all.emplace_back([&forks, i] {
      std::mutex* first = &forks[i];
      std::mutex* second = &forks[(i + 1) % count];
      if (fixed && i + 1 == count)
        std::swap(first, second);
      const std::lock_guard left(*first);
      const std::lock_guard right(*second);
    });
  for (std::thread& t : all)
    t.join();
}

// The pointer is seen before what it points at is complete.
template <bool fixed> void double_checked(detent::simulation&)
{
  struct service
  {
    int ready = 0;
  };
  std::mutex lock;
  detent::shared<service*> instance(nullptr);
  service own;
  const auto use = [&] {
    service* seen = instance;
    if (!seen)
    {
      const std::lock_guard hold(lock);
      if (!instance.get())
      {
        if (fixed)
          own.ready = 1;
        instance = &own;
        std::this_thread::yield(); // a long way to go
        own.ready = 1;
      }
      seen = instance;
    }
    require(seen->ready == 1, "used before it was made");
  };
  std::thread one(use);
  std::thread two(use);
  one.join();
  two.join();
}

// stop() sets its flag without the lock: a worker that has looked at the flag already and not yet begun to wait sleeps
// on.
template <bool fixed> void pool_shutdown(detent::simulation&)
{
  std::mutex lock;
  std::condition_variable work;
  std::queue<int> jobs;
  detent::shared<bool> stopping(false);
  int done = 0;
  const auto worker = [&] {
    for (;;)
    {
      std::unique_lock hold(lock);
      while (jobs.empty() && !stopping)
        work.wait(hold);
      if (jobs.empty())
        return;
      jobs.pop();
      ++done;
    }
  };
  std::thread one(worker);
  std::thread two(worker);
  {
    const std::lock_guard hold(lock);
    jobs.push(1);
    jobs.push(2);
  }
  work.notify_all();
  if (fixed)
  {
    const std::lock_guard hold(lock);
    stopping = true;
  }
  else
    stopping = true;
  work.notify_all();
  one.join();
  two.join();
  require(done == 2, "a job is lost");
}

// Two accounts, each locked by itself; the transfer locks them in the order of its arguments.
template <bool fixed> void transfer(detent::simulation&)
{
  std::mutex locks[2];
  int money[2] = {10, 10};
  const auto move = [&](std::size_t from, std::size_t to) {
    if (fixed)
    {
      const std::scoped_lock both(locks[from], locks[to]);
      --money[from];
      ++money[to];
      return;
    }
    const std::lock_guard first(locks[from]);
    const std::lock_guard second(locks[to]);
    --money[from];
    ++money[to];
  };
  std::thread one(move, 0, 1);
  std::thread two(move, 1, 0);
  one.join();
  two.join();
  require(money[0] + money[1] == 20, "money is lost");
}

struct program
{
  const char* name;
  detent::body broken;
  detent::body fixed;
  detent::verdict wanted;
};

const program programs[] = {
    {"bounded buffer, one condition variable, two consumers", bounded_buffer<false>, bounded_buffer<true>,
        detent::verdict::deadlock},
    {"readers and writers", readers_writers<false>, readers_writers<true>, detent::verdict::unhandled_exception},
    {"dining philosophers", philosophers<false>, philosophers<true>, detent::verdict::deadlock},
    {"double-checked initialisation", double_checked<false>, double_checked<true>,
        detent::verdict::unhandled_exception},
    {"a pool's shutdown", pool_shutdown<false>, pool_shutdown<true>, detent::verdict::deadlock},
    {"transfer between accounts", transfer<false>, transfer<true>, detent::verdict::deadlock},
};

} // namespace

int main(int argc, char** argv)
{
  if (argc != 3)
    return 2;
  const auto seeds = static_cast<std::uint64_t>(std::atoll(argv[1]));
  int failures = 0;
  for (const program& p : programs)
  {
    std::uint64_t found = 0;
    std::uint64_t worst = 0;
    std::size_t constraints = 0;
    std::string wrong;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    {
      detent::options how;
      how.name = p.name;
      how.seed = seed;
      how.schedules = 1'000;
      how.source_lines = false;
      const detent::result r = detent::explore(how, p.broken);
      found += r.verdict == p.wanted;
      if (r.verdict != p.wanted)
        wrong = r.report;
      worst = std::max(worst, r.schedules);
      constraints = std::max(constraints, r.constraints.size());
      if (!r.passed() && detent::replay(r.token, how, p.broken).hash != r.hash)
        wrong = "its token does not replay it: " + r.token;
    }
    detent::options how;
    how.name = std::string(p.name) + ", fixed";
    how.schedules = static_cast<std::uint64_t>(std::atoll(argv[2]));
    const detent::result twin = detent::explore(how, p.fixed);
    std::printf("%-56s %llu of %llu seeds, at most %llu schedules, %zu constraints; twin %s\n", p.name,
        static_cast<unsigned long long>(found), static_cast<unsigned long long>(seeds),
        static_cast<unsigned long long>(worst), constraints, twin.passed() ? "clean" : "FAILS");
    if (found != seeds || !wrong.empty() || !twin.passed())
    {
      ++failures;
      std::printf("%s\n%s\n", wrong.c_str(), twin.report.c_str());
    }
  }
  return failures;
}
