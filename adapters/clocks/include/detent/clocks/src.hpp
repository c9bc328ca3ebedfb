// The program's clocks and its entropy, taken at link time.
//
// These definitions of libc's and libstdc++'s functions stand before the libraries' own, because they are
// compiled into the executable. In a simulation they answer from the simulated machine, on any other thread
// from the kernel: past libc, so that they also work before and under a sanitizer's runtime.
//
//   clock_gettime, gettimeofday, time           virtual time; CPU-time clocks stay real
//   nanosleep, clock_nanosleep, usleep, sleep,
//   select without descriptors                  the running step takes that long
//   getrandom, getentropy, std::random_device   from the schedule's seed
//
// A call that is not a simulation's must behave as libc's: same results, same errors.
#pragma once

#include <detent/clock.hpp>
#include <detent/machine.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <random>

#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace detent::clocks {

inline constexpr std::int64_t second = 1'000'000'000;

inline timespec to_timespec(std::int64_t ns)
{
  timespec t{};
  t.tv_sec = ns / second;
  t.tv_nsec = ns % second;
  return t;
}

// Whether a clock stands for the machine's time; if so, its reading at virtual time `now`.
inline bool virtual_reading(clockid_t clock, std::int64_t now, std::int64_t& reading)
{
  switch (clock)
  {
  case CLOCK_REALTIME:
  case CLOCK_REALTIME_COARSE:
  case CLOCK_TAI:
    reading = now + system_start;
    return true;
  case CLOCK_MONOTONIC:
  case CLOCK_MONOTONIC_COARSE:
  case CLOCK_MONOTONIC_RAW:
  case CLOCK_BOOTTIME:
    reading = now + steady_start;
    return true;
  default:
    return false;
  }
}

// The bytes come from the schedule's own generator, so they are equal in a replay.
inline void fill(machine& world, void* buffer, std::size_t length)
{
  auto* to = static_cast<unsigned char*>(buffer);
  while (length > 0)
  {
    const std::uint64_t word = world.entropy()();
    const std::size_t part = length < sizeof word ? length : sizeof word;
    std::memcpy(to, &word, part);
    to += part;
    length -= part;
  }
}

// The main thread is simulated from the start: a test computes deadlines before its first io_context.
inline const bool main_thread_simulated = (machine::implicit(), true);

} // namespace detent::clocks

extern "C" {

int clock_gettime(clockid_t clock, timespec* to) noexcept
{
  if (detent::machine* world = detent::machine::current())
  {
    std::int64_t reading = 0;
    if (detent::clocks::virtual_reading(clock, 0, reading))
    {
      *to = detent::clocks::to_timespec(reading + world->read_clock());
      return 0;
    }
  }
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, to));
}

int gettimeofday(timeval* __restrict to, void* __restrict zone) noexcept
{
  timespec t{};
  const int failed = ::clock_gettime(CLOCK_REALTIME, &t);
  to->tv_sec = t.tv_sec;
  to->tv_usec = t.tv_nsec / 1'000;
  if (zone)
    std::memset(zone, 0, sizeof(struct timezone));
  return failed;
}

time_t time(time_t* to) noexcept
{
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  if (to)
    *to = t.tv_sec;
  return t.tv_sec;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* request, timespec* remaining)
{
  if (detent::machine* world = detent::machine::current())
  {
    std::int64_t reading = 0;
    if (detent::clocks::virtual_reading(clock, world->now(), reading))
    {
      if (request->tv_nsec < 0 || request->tv_nsec >= detent::clocks::second || request->tv_sec < 0)
        return EINVAL;
      const std::int64_t time = request->tv_sec * detent::clocks::second + request->tv_nsec;
      world->block((flags & TIMER_ABSTIME) ? time - reading : time);
      return 0;
    }
  }
  return ::syscall(SYS_clock_nanosleep, clock, flags, request, remaining) == 0 ? 0 : errno;
}

int nanosleep(const timespec* request, timespec* remaining)
{
  const int error = ::clock_nanosleep(CLOCK_MONOTONIC, 0, request, remaining);
  if (error == 0)
    return 0;
  errno = error;
  return -1;
}

int usleep(useconds_t microseconds)
{
  timespec request{};
  request.tv_sec = microseconds / 1'000'000;
  request.tv_nsec = static_cast<long>(microseconds % 1'000'000) * 1'000;
  return ::nanosleep(&request, nullptr);
}

unsigned int sleep(unsigned int seconds)
{
  timespec request{};
  request.tv_sec = seconds;
  timespec remaining{};
  return ::nanosleep(&request, &remaining) == 0 ? 0 : static_cast<unsigned int>(remaining.tv_sec);
}

// Without descriptors select is a sleep; Asio's timer.wait() is made of it. Asio rounds the time down to
// microseconds and asks again, so a time of zero passes one nanosecond.
int select(int count, fd_set* __restrict reads, fd_set* __restrict writes, fd_set* __restrict exceptions,
    timeval* __restrict timeout)
{
  if (detent::machine* world = detent::machine::current(); world && count == 0 && timeout)
  {
    const std::int64_t ns = timeout->tv_sec * detent::clocks::second + timeout->tv_usec * 1'000;
    world->block(ns > 0 ? ns : 1);
    return 0;
  }
  timespec limit{};
  if (timeout)
  {
    limit.tv_sec = timeout->tv_sec + timeout->tv_usec / 1'000'000;
    limit.tv_nsec = (timeout->tv_usec % 1'000'000) * 1'000;
  }
  return static_cast<int>(
      ::syscall(SYS_pselect6, count, reads, writes, exceptions, timeout ? &limit : nullptr, nullptr));
}

ssize_t getrandom(void* buffer, size_t length, unsigned int flags)
{
  if (detent::machine* world = detent::machine::current())
  {
    detent::clocks::fill(*world, buffer, length);
    return static_cast<ssize_t>(length);
  }
  return ::syscall(SYS_getrandom, buffer, length, flags);
}

int getentropy(void* buffer, size_t length)
{
  if (length > 256)
  {
    errno = EIO;
    return -1;
  }
  return ::getrandom(buffer, length, 0) == static_cast<ssize_t>(length) ? 0 : -1;
}

} // extern "C"

// libstdc++ takes entropy from the processor where it can; here it comes from getrandom above.
namespace std {
inline namespace _V2 {
}

void random_device::_M_init(const std::string&) {}
void random_device::_M_init(const char*, size_t) {} // in the static library only
void random_device::_M_init_pretr1(const std::string&) {}
void random_device::_M_fini() {}
double random_device::_M_getentropy() const noexcept { return 32.0; }

random_device::result_type random_device::_M_getval()
{
  result_type value = 0;
  static_cast<void>(::getrandom(&value, sizeof value, 0));
  return value;
}

random_device::result_type random_device::_M_getval_pretr1() { return _M_getval(); }
} // namespace std
