// What a machine asks of the adapter that runs several threads in one simulation. For adapters.
#pragma once

#include <detent/task.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace detent {

// What a machine keeps for the running step.
struct step_position
{
  task_id task = main_task;
  std::uint32_t depth = 0; // how many steps are nested
  task_id next_owner = no_task;
  task_id last_spawned = main_task;
};

// And while another thread runs, for one that does not.
struct thread_state
{
  step_position at{};
  std::vector<task_id> outer{}; // the tasks of all but the innermost step
};

class thread_control
{
public:
  // The running thread sleeps; others run meanwhile.
  virtual void sleep(std::int64_t nanoseconds) = 0;

  // Another thread may run here.
  virtual void preempt() = 0;

  // The body has returned: what is ready runs to its end.
  virtual void body_ended() = 0;

  // What std::terminate was called for, if it was for a thread; else empty.
  virtual std::string why_terminated() = 0;

  // However it ended: nothing of it is waited for any more.
  virtual void schedule_ended() noexcept = 0;

  // How many threads of the operating system wait for their turn in a simulation of this process: a fork is safe.
  static inline std::atomic<std::uint32_t> waiting_os_threads{0};
  static inline std::atomic<bool> had_os_threads{false};

protected:
  ~thread_control() = default;
};

} // namespace detent
