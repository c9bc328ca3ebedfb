// The ready steps of a lane by priority: the highest is found in O(log n), whatever their number.
//
// Entries are steps, by arrival number. Those that have run meanwhile are dropped when they come to the top.
#pragma once

#include "newcomers.hpp"

#include <detent/lane.hpp>
#include <detent/machine.hpp>
#include <detent/strategy.hpp>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace detent {

class priorities
{
public:
  struct entry
  {
    std::uint64_t priority;
    std::uint32_t arrival;
    task_id task;
    std::uint32_t index; // among the alternatives; of best() only

    bool operator<(const entry& other) const noexcept
    {
      return priority != other.priority ? priority < other.priority : arrival > other.arrival;
    }
  };

  void begin() noexcept
  {
    forget_all();
    newcomers_.begin();
  }

  // Takes in the steps that became ready since the last call, asking priority_of(alternative) for each.
  template <class F> void admit(const choice_point& at, F priority_of)
  {
    newcomers_.admit(
        at, [&] { forget_all(); }, [&](const alternative& a) { push(priority_of(a), a.arrival, a.task); });
  }

  void push(std::uint64_t priority, std::uint32_t arrival, task_id task)
  {
    heap_.push_back({priority, arrival, task, 0});
    std::push_heap(heap_.begin(), heap_.end());
  }

  // Another priority for a step that is ready.
  void replace(std::uint64_t priority, std::uint32_t arrival, task_id task)
  {
    replaced_[arrival] = priority;
    push(priority, arrival, task);
  }

  // The ready step of the highest priority; it stays until drop(). There is one.
  entry best(const choice_point& at)
  {
    while (!heap_.empty())
    {
      entry top = heap_.front();
      const std::size_t rank = is_current(top) ? at.from->ready.rank_of(top.arrival) : ready_queue::absent;
      if (rank != ready_queue::absent)
      {
        top.index = static_cast<std::uint32_t>(rank);
        return top;
      }
      drop();
    }
    return {0, at[0].arrival, at[0].task, 0};
  }

  void drop()
  {
    if (heap_.empty())
      return;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }

private:
  void forget_all() noexcept
  {
    heap_.clear();
    replaced_.clear();
  }

  bool is_current(const entry& e) const
  {
    if (replaced_.empty())
      return true;
    const auto found = replaced_.find(e.arrival);
    return found == replaced_.end() || found->second == e.priority;
  }

  std::vector<entry> heap_;
  std::unordered_map<std::uint32_t, std::uint64_t> replaced_;
  newcomers newcomers_;
};

} // namespace detent
