#include <detent/clock.hpp>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace detent {

wall_clock::time_point wall_clock::now() noexcept
{
  // Past libc, whose clock_gettime is virtual in a simulated program.
  timespec t{};
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
  return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

} // namespace detent
