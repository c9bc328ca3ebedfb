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
  last_task_ = running_.task;
  into.at = running_;
  if (running_.depth > 1) [[unlikely]]
    into.outer.swap(task_stack_); // which leaves none, as the other one's has been taken up
  running_ = {.last_spawned = running_.last_spawned};
}

[[gnu::always_inline]] inline void machine::take_up(thread_state& state) noexcept
{
  running_ = state.at;
  if (running_.depth > 1) [[unlikely]]
    task_stack_.swap(state.outer);
}

[[gnu::always_inline]] inline void machine::swap_states(thread_state& from, thread_state& to) noexcept
{
  from.at = running_;
  running_ = to.at;
  if ((from.at.depth | to.at.depth) > 1) [[unlikely]]
  {
    from.outer.swap(task_stack_); // empty until then
    task_stack_.swap(to.outer);
  }
}

[[gnu::always_inline]] inline std::uint32_t machine::answer(const choice_point& point)
{
  const std::uint32_t index = strategy_ ? strategy_->choose(point) : 0;
  if (index >= point.alternatives) [[unlikely]]
    refuse_answer(index, point.alternatives);
  return index;
}

[[gnu::always_inline]] inline void machine::record_choice(
    choice_kind kind, std::uint32_t alternatives, std::uint32_t index, task_id task, const lane* from)
{
  if (!choices_)
    return;
  const std::uint32_t made = *choices_made_; // counted where a crash leaves it
  if (traced_ || made == recording::choice_capacity) [[unlikely]]
  {
    record_choice_fully({kind, alternatives, this, from}, index, task);
    return;
  }
  choices_[made] = choice{kind, 0, 0, alternatives, index, task};
  *choices_made_ = made + 1;
}

// The running hash is made of tasks, choices and virtual time, in the order of the steps.
[[gnu::always_inline]] inline void machine::count_step(
    task_id task, std::uint32_t alternatives, std::uint32_t index) noexcept
{
  out_of_order_ += index != 0;
  const std::uint64_t fact = tasks_->begin_step(task) + static_cast<std::uint64_t>(now_)
      + (static_cast<std::uint64_t>(alternatives) << 32) + index;
  hash_ = (((hash_ << 23) | (hash_ >> 41)) ^ fact) * 0x9e3779b97f4a7c15u;
  if (heartbeat_)
    *heartbeat_ = heartbeat_base_ + steps_;
  ++steps_;
}

// What next() looks at besides.
[[gnu::always_inline]] inline bool machine::only_choices() const noexcept
{
  return steps_ < plain_until_ && now_ < earliest_ && earliest_ - now_ > settings_.max_lag;
}

[[gnu::always_inline]] inline void* machine::rotate(lane& at, void* work, task_id& task)
{
  settle_all();
  last_task_ = running_.task;
  idle_reads_ = 0;
  at.ready.push({work, &task, now_, ++arrivals_, trace_events_});
  const auto enabled = static_cast<std::uint32_t>(at.enabled());
  const std::uint32_t index = enabled == 1 || !strategy_ ? 0 : ask(at, enabled);
  if (index >= enabled) [[unlikely]]
    return nullptr; // the strategy has discarded the schedule
  const ready_step& chosen = at.ready.remove_at(index);
  const task_id its_task = *chosen.task;
  if (enabled != 1)
    record_choice(choice_kind::step, enabled, index, its_task, &at);
  count_step(its_task, enabled, index);
  return chosen.work;
}

inline void machine::adopt(task_id& task)
{
  if (running_.next_owner != no_task)
  {
    task = running_.next_owner;
    running_.next_owner = no_task;
    return;
  }
  if (running_.depth == 0)
  {
    // Outside any step the body itself runs on: all that it starts are new tasks.
    if (!join_next_)
      running_.last_spawned = spawn();
    join_next_ = false;
    task = running_.last_spawned;
    return;
  }
  if (open_count_ != 0 && !join_next_)
    demote();
  join_next_ = false;
  task = running_.task;
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
