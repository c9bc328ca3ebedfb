// What a machine asks of the adapter that runs several threads in one simulation. For adapters.
#pragma once

#include <cstdint>

namespace detent {

class thread_control
{
public:
  // The running thread sleeps; others run meanwhile.
  virtual void sleep(std::int64_t nanoseconds) = 0;

  // Another thread may run here.
  virtual void preempt() = 0;

  // The body has returned: what is ready runs to its end.
  virtual void body_ended() = 0;

  // However it ended: nothing of it is waited for any more.
  virtual void schedule_ended() noexcept = 0;

protected:
  ~thread_control() = default;
};

} // namespace detent
