// How much each task of a schedule has left to do, with all that it has not spawned yet.
#pragma once

#include <detent/strategy.hpp>
#include <detent/task.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace detent {

class weights
{
public:
  void begin() noexcept
  {
    total_.clear();
    clock_ = 0;
  }

  // `total(label)` is what the task does in all; `done` what it has done itself.
  template <class Total>
  std::uint32_t of(
      const task_table& tasks, const alternative& a, const Total& total, std::uint32_t done, std::uint32_t least = 1)
  {
    if (a.task == clock_task)
    {
      if (clock_ == 0)
        clock_ = total(clock_task);
      return clock_ > done ? clock_ - done : least;
    }
    if (a.task >= total_.size())
      know(tasks, a.task, total);
    const std::uint32_t all = total_[a.task];
    return all > done ? std::max(all - done, least) : least;
  }

private:
  // A task that has been spawned is no longer its parent's to do.
  template <class Total> void know(const task_table& tasks, task_id up_to, const Total& total)
  {
    for (task_id t = static_cast<task_id>(total_.size()); t <= up_to; ++t)
    {
      total_.push_back(total(tasks.label(t)));
      if (t == main_task)
        continue;
      std::uint32_t& parent = total_[tasks[t].parent];
      parent -= std::min(parent, total_[t]);
    }
  }

  std::vector<std::uint32_t> total_;
  std::uint32_t clock_ = 0;
};

} // namespace detent
