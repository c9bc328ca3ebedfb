// Virtual threads: prints a figure.
//
//     threads switch COUNT       ns a switch between two virtual threads
//     threads bare COUNT         ns a switch between two bare fibers of Boost.Context
//     threads create COUNT       ns to create, run and join one
//     threads schedules COUNT    schedules a second: 3 threads x 10 yields, strategy random
//     threads many COUNT         MiB for so many at once
#include "real_time.hpp"

#include <detent/asio.hpp>
#include <detent/explore.hpp>

#include <boost/context/fiber.hpp>

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

double bare_switch(std::size_t count)
{
  namespace context = boost::context;
  context::fiber other([](context::fiber&& back) {
    for (;;)
      back = std::move(back).resume();
    return std::move(back);
  });
  const double start = real_ns();
  for (std::size_t i = 0; i < count / 2; ++i)
    other = std::move(other).resume();
  return (real_ns() - start) / static_cast<double>(count);
}

// In one schedule, with the strategy that explorations use least: the dullest.
double simulated(std::size_t count, void (*run)(std::size_t), bool warms_up = true)
{
  detent::recording recording(detent::recording::level::search);
  detent::machine machine;
  const detent::machine::scope scope(machine);
  detent::machine_settings settings;
  settings.max_steps = settings.max_steps_per_instant = ~0ull;
  machine.begin(settings, nullptr, &recording);
  if (warms_up)
    run(count / 10);
  const double start = real_ns();
  run(count);
  return (real_ns() - start) / static_cast<double>(count);
}

void switch_between_two(std::size_t count)
{
  const auto yields = [count] {
    for (std::size_t i = 0; i < count / 2; ++i)
      std::this_thread::yield();
  };
  std::thread other(yields);
  yields();
  other.join();
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
    simulated(count, many, false);
  else
    std::printf("%f\n",
        what == "bare"         ? bare_switch(count)
            : what == "switch" ? simulated(count, switch_between_two)
            : what == "create" ? simulated(count, create)
                               : schedules(count));
}
