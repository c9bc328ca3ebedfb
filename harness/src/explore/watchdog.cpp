#include "watchdog.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace detent {
namespace {

constexpr std::int64_t ticks_until_hung = 10;

// A signal handler sees nothing else.
struct
{
  const recording_header* header;
  std::uint64_t heartbeat;
  volatile int idle_ticks;
} watched;

void tick(int)
{
  const recording_header& header = *watched.header;
  if (header.heartbeat != watched.heartbeat)
  {
    watched.heartbeat = header.heartbeat;
    watched.idle_ticks = 0;
    return;
  }
  watched.idle_ticks = watched.idle_ticks + 1;
  if (watched.idle_ticks < ticks_until_hung)
    return;
  char text[400];
  const int size = std::snprintf(text, sizeof text,
      "detent: one step did not end within the watchdog's time (options::watchdog): a loop without end, or a blocking "
      "call\n  schedule %llu, step %llu of it. Next: run with isolation::process for a report, or attach a debugger\n",
      static_cast<unsigned long long>(header.schedule + 1),
      static_cast<unsigned long long>(header.heartbeat & 0xffffffff));
  static_cast<void>(!::write(STDERR_FILENO, text, static_cast<std::size_t>(size)));
  std::abort();
}

} // namespace

watchdog::watchdog(const recording& run, const options& how)
{
  watched.header = &run.header();
  watched.heartbeat = ~std::uint64_t{0};
  watched.idle_ticks = 0;
  struct sigaction action
  {
  };
  action.sa_handler = tick;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, &before_);
  const auto interval = std::chrono::duration_cast<std::chrono::microseconds>(how.watchdog) / ticks_until_hung;
  const std::int64_t microseconds = std::max<std::int64_t>(interval.count(), 1'000);
  itimerval timer{};
  timer.it_interval.tv_sec = timer.it_value.tv_sec = microseconds / 1'000'000;
  timer.it_interval.tv_usec = timer.it_value.tv_usec = microseconds % 1'000'000;
  ::setitimer(ITIMER_REAL, &timer, &timer_before_);
}

watchdog::~watchdog()
{
  ::setitimer(ITIMER_REAL, &timer_before_, nullptr);
  ::sigaction(SIGALRM, &before_, nullptr);
}

} // namespace detent
