// Schedules a second: 3 tasks x 10 yields. Prints the number; for Detent also the share of distinct ones.
//
//     schedules COUNT
#include "real_time.hpp"
#include "yields.hpp"

#include <cstdio>
#include <cstdlib>

#if defined(BENCH_DETENT)
#include <detent/asio.hpp>
#endif

int main(int, char** argv)
{
  const auto count = static_cast<std::uint64_t>(std::atoll(argv[1]));
  const double start = real_seconds();
#if defined(BENCH_DETENT)
  detent::options how;
  how.name = "3 x 10 yields";
  how.schedules = count;
  how.strategy = "random";
  how.order = detent::ordering::any;
  how.max_lag = std::chrono::nanoseconds(0);
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    bench::spawn_yields(sim.context(), 3, 10);
    sim.context().run();
  });
  const double share = 100.0 * static_cast<double>(r.distinct) / static_cast<double>(r.schedules);
  std::fprintf(
      stderr, "bench schedules-distinct-hashes %.2f %% ratio %.4f baseline all-schedules 100\n", share, share / 100);
#else
  for (std::uint64_t i = 0; i < count; ++i)
  {
    boost::asio::io_context context;
    bench::spawn_yields(context, 3, 10);
    context.run();
  }
#endif
  std::printf("%f\n", static_cast<double>(count) / (real_seconds() - start));
}
