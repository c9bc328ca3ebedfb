// What a strategy costs: ns a step of TASKS coroutines that yield YIELDS times each, over COUNT schedules.
//
//     strategies STRATEGY TASKS YIELDS COUNT [WORKERS]     with WORKERS, schedules a second
#include "real_time.hpp"
#include "yields.hpp"

#include <detent/asio.hpp>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv)
{
  if (argc < 5)
    return 2;
  const int tasks = std::atoi(argv[2]);
  const int yields = std::atoi(argv[3]);
  detent::options how;
  how.name = "yields";
  how.strategy = argv[1];
  how.schedules = static_cast<std::uint64_t>(std::atoll(argv[4]));
  how.order = detent::ordering::any;
  how.max_lag = std::chrono::nanoseconds(0);
  how.max_steps = how.max_steps_per_instant = ~std::uint64_t{0};
  how.jobs = argc > 5 ? static_cast<unsigned>(std::atoi(argv[5])) : 1;
  const double start = real_seconds();
  const detent::result r = detent::explore(how, [&](detent::simulation& sim) {
    bench::spawn_yields(sim.context(), tasks, static_cast<std::size_t>(yields));
    sim.context().run();
  });
  const double seconds = real_seconds() - start;
  const auto schedules = static_cast<double>(r.schedules);
  std::printf("%f\n", argc > 5 ? schedules / seconds : seconds * 1e9 / (schedules * tasks * (yields + 1)));
  return r.passed() ? 0 : 1;
}
