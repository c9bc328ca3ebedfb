// Virtual threads: prints a figure.
//
//     threads switch COUNT       ns a switch between two virtual threads, which run one function
//     threads apart COUNT        ns a switch between two that run two functions: a return that the processor guesses wrong
//     threads bare COUNT         ns a switch between two bare fibers of Boost.Context
//     threads called COUNT       ns a switch between two of those, each made in a function that is called for it
//     threads create COUNT       ns to create, run and join one
//     threads schedules COUNT    schedules a second: 3 threads x 10 yields, strategy random
//     threads many COUNT         MiB for so many at once
#include "real_time.hpp"

#include <detent/asio.hpp>
#include <detent/explore.hpp>

#include <boost/context/fiber.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

double resident_mib()
{
  std::ifstream status("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  status >> all >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

namespace context = boost::context;

inline void go_inlined(context::fiber& other) { other = std::move(other).resume(); }
[[gnu::noinline]] void go_called(context::fiber& other) { other = std::move(other).resume(); }

template <void (*Go)(context::fiber&)> double bare_switch(std::size_t count)
{
  context::fiber other([](context::fiber&& back) {
    for (;;)
      Go(back);
    return std::move(back);
  });
  const double start = real_ns();
  for (std::size_t i = 0; i < count / 2; ++i)
    Go(other);
  return (real_ns() - start) / static_cast<double>(count);
}

// In schedules as explorations have them: of so many steps at most, in which any thread may be next, all choices
// recorded. The strategy is the dullest, so that each yield is a switch.
class dull_schedules
{
public:
  void run(void (*body)(std::size_t), std::size_t steps)
  {
    detent::machine_settings settings;
    settings.order = detent::order::any;
    machine_.begin(settings, nullptr, &recording_);
    body(steps);
    if (machine_.failed())
      std::exit(1);
    machine_.threads()->schedule_ended();
    machine_.finish();
  }

private:
  detent::recording recording_{detent::recording::level::search};
  detent::machine machine_;
  detent::machine::scope scope_{machine_};
};

double simulated(std::size_t count, void (*body)(std::size_t))
{
  constexpr std::size_t most = 10'000;
  dull_schedules all;
  all.run(body, most);
  const double start = real_ns();
  for (std::size_t done = 0; done < count; done += most)
    all.run(body, std::min(most, count - done));
  return (real_ns() - start) / static_cast<double>(count);
}

void switch_in_one_function(std::size_t count)
{
  const auto yields = [count] {
    for (std::size_t i = 0; i < count / 2; ++i)
      std::this_thread::yield();
  };
  std::thread a(yields);
  std::thread b(yields);
  a.join();
  b.join();
}

void switch_in_two_functions(std::size_t count)
{
  std::thread a([count] {
    for (std::size_t i = 0; i < count / 2; ++i)
      std::this_thread::yield();
  });
  std::thread b([count] {
    for (std::size_t i = count / 2; i != 0; --i)
      std::this_thread::yield();
  });
  a.join();
  b.join();
}

void create(std::size_t count)
{
  for (std::size_t i = 0; i < count; ++i)
    std::thread([] {}).join();
}

void many(std::size_t count)
{
  std::mutex lock;
  lock.lock();
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < count; ++i)
    all.emplace_back([&] { const std::lock_guard hold(lock); });
  std::this_thread::yield();
  std::printf("%f\n", resident_mib());
  lock.unlock();
  for (std::thread& t : all)
    t.join();
}

double schedules(std::uint64_t count)
{
  detent::options how;
  how.name = "3 threads x 10 yields";
  how.schedules = count;
  how.strategy = "random";
  how.order = detent::ordering::any;
  how.max_lag = std::chrono::nanoseconds(0);
  how.jobs = 1;
  const double start = real_ns();
  const detent::result r = detent::explore(how, [](detent::simulation&) {
    const auto yields = [] {
      for (int i = 0; i < 10; ++i)
        std::this_thread::yield();
    };
    std::thread a(yields);
    std::thread b(yields);
    std::thread c(yields);
    a.join();
    b.join();
    c.join();
  });
  if (!r.passed())
    std::exit(1);
  return static_cast<double>(count) / ((real_ns() - start) / 1e9);
}

} // namespace

int main(int argc, char** argv)
{
  if (argc != 3)
    return 2;
  const std::string what = argv[1];
  const auto count = static_cast<std::size_t>(std::atoll(argv[2]));
  if (what == "many")
    dull_schedules().run(many, count);
  else
    std::printf("%f\n",
        what == "bare"         ? bare_switch<go_inlined>(count)
            : what == "called" ? bare_switch<go_called>(count)
            : what == "switch" ? simulated(count, switch_in_one_function)
            : what == "apart"  ? simulated(count, switch_in_two_functions)
            : what == "create" ? simulated(count, create)
                               : schedules(count));
}
