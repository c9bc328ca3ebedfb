// The real clock, where the program's own is virtual.
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

inline double real_ns()
{
  timespec t{};
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

inline double real_seconds() { return real_ns() * 1e-9; }
