// What of a machine is inline and not short. Included by <detent/machine.hpp>.
#pragma once

#include <detent/machine.hpp>

namespace detent {

inline machine::peek::peek(machine& m, std::int64_t time) noexcept : machine_(m), now_(m.now_), reads_(m.idle_reads_)
{
  m.now_ = time;
  m.idle_reads_ = 0;
}

inline machine::peek::~peek()
{
  machine_.now_ = now_;
  machine_.idle_reads_ = reads_;
}

[[gnu::always_inline]] inline void machine::put_aside(thread_state& into)
{
  if (watches_) [[unlikely]]
    look_after_step();
  settle_all();
  into.task = last_task_ = task_;
  into.depth = depth_;
  into.next_owner = next_owner_;
  into.last_spawned = last_spawned_;
  if (!task_stack_.empty()) [[unlikely]]
    into.outer.swap(task_stack_); // which leaves none, as the other one's has been taken up
  task_ = main_task;
  depth_ = 0;
  next_owner_ = no_task;
}

[[gnu::always_inline]] inline void machine::take_up(thread_state& state) noexcept
{
  task_ = state.task;
  depth_ = state.depth;
  next_owner_ = state.next_owner;
  last_spawned_ = state.last_spawned;
  if (!state.outer.empty()) [[unlikely]]
    task_stack_.swap(state.outer);
}

inline void machine::adopt(task_id& task)
{
  if (next_owner_ != no_task)
  {
    task = next_owner_;
    next_owner_ = no_task;
    return;
  }
  if (depth_ == 0)
  {
    // Outside any step the body itself runs on: all that it starts are new tasks.
    if (!join_next_)
      last_spawned_ = spawn();
    join_next_ = false;
    task = last_spawned_;
    return;
  }
  if (open_count_ != 0 && !join_next_)
    demote();
  join_next_ = false;
  task = task_;
  if (open_count_ < open_limit)
    open_[open_count_++] = &task;
}

inline void machine::settle(task_id& task) noexcept
{
  for (std::uint32_t i = 0; i < open_count_; ++i)
    if (open_[i] == &task)
      open_[i--] = open_[--open_count_];
}

} // namespace detent
