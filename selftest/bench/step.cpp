// One side of the step benchmark: prints ns a step. Linked with Asio's own runtime, or with Detent.
//
//     step zero|random|full|trace|chain|timers TASKS STEPS
#include "real_time.hpp"
#include "yields.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(BENCH_DETENT)
#include <detent/recording.hpp>
#include <detent/simulation.hpp>
#include <detent/strategy.hpp>
#endif

namespace {

double timed(const char* what, int tasks, std::size_t steps)
{
  // Choices are only made in a context that several threads may run.
  const bool chooses = std::strcmp(what, "zero") != 0 && std::strcmp(what, "real") != 0;
  boost::asio::io_context context(chooses ? 2 : 1);
  if (std::strcmp(what, "chain") == 0)
    bench::spawn_timer_chain(context, steps);
  else if (std::strcmp(what, "timers") == 0)
    bench::spawn_timers(context, static_cast<std::size_t>(tasks), steps);
  else
    bench::spawn_yields(context, tasks, steps / static_cast<std::size_t>(tasks));
  const double start = real_ns();
  context.run();
  return (real_ns() - start) / static_cast<double>(steps);
}

} // namespace

int main(int argc, char** argv)
{
  if (argc != 4)
    return 2;
  const char* what = argv[1];
  const int tasks = std::atoi(argv[2]);
  const auto steps = static_cast<std::size_t>(std::atoll(argv[3]));
#if defined(BENCH_DETENT)
  const bool full = std::strcmp(what, "full") == 0;
  const bool trace = std::strcmp(what, "trace") == 0;
  detent::recording recording(trace ? detent::recording::level::report
          : full                    ? detent::recording::level::full
                                    : detent::recording::level::search);
  detent::machine machine;
  const auto strategy = detent::make_strategy("random");
  const detent::machine::scope scope(machine);
  detent::machine_settings settings;
  settings.max_steps = settings.max_steps_per_instant = ~0ull;
  settings.order = detent::order::any;
  settings.call_sites = settings.for_token = false; // as in a search
  const auto begin = [&] {
    machine.begin(settings, full || trace || std::strcmp(what, "random") == 0 ? strategy.get() : nullptr, &recording);
    strategy->begin(1, 0);
  };
#else
  const auto begin = [] {};
#endif
  // Schedules of a usual length, one after the other, as an exploration runs them; the first warms up. The long
  // ones run once.
  const int schedules = steps > 100'000 ? 1 : 100;
  begin();
  timed(what, tasks, steps);
  double total = 0;
  for (int i = 0; i < schedules; ++i)
  {
    begin();
    total += timed(what, tasks, steps);
  }
  std::printf("%f\n", total / schedules);
}
