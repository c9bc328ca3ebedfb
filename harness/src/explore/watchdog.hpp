// The watchdog of schedules that run in the calling process, where no parent watches: it ends the process, with
// a message, when one step takes too long.
//
// It ticks by SIGALRM. Ticks that pass while a debugger holds the process count as one, so stopping in a step
// is no hang.
#pragma once

#include <detent/explore.hpp>
#include <detent/recording.hpp>

#include <csignal>

#include <sys/time.h>

namespace detent {

class watchdog
{
public:
  watchdog(const recording& watched, const options& how);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

private:
  struct sigaction before_
  {
  };
  itimerval timer_before_{};
};

} // namespace detent
