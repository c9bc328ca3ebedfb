// The machine's steps and choices: the way of every step, so what is rare is kept out of line.
#include <detent/machine.hpp>

#include <detent/error.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace detent {
namespace {

// The real one: the program's clocks are simulated. A step may begin on one thread and end on another; only one runs.
[[gnu::cold]] std::int64_t thread_time(bool os_threads) noexcept
{
  timespec t{};
  ::syscall(SYS_clock_gettime, os_threads ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

} // namespace

void machine::refuse_steps()
{
  const bool in_all = steps_ >= settings_.max_steps;
  fail(verdict::livelock,
      in_all ? "more than max_steps = " + std::to_string(settings_.max_steps)
              + " steps: a loop that does not end, or a long test that needs options::max_steps"
             : "more than max_steps_per_instant = " + std::to_string(settings_.max_steps_per_instant)
              + " steps while the clock stood still: tasks that wake each other without end, or a test that needs "
                "options::max_steps_per_instant");
}

void machine::look_before_step(task_id task, std::int64_t waited) noexcept
{
  longest_wait_ = std::max(longest_wait_, waited);
  tasks_->waited(task, waited);
  if (settings_.max_step_time > 0 || settings_.warns)
    step_began_ = thread_time(settings_.os_threads);
}

void machine::check_step_time() noexcept
{
  const std::int64_t took = thread_time(settings_.os_threads) - step_began_;
  constexpr std::int64_t long_enough = 100'000'000; // to be worth a warning
  if (took > long_enough)
    note_hog(took, "took");
  if (settings_.max_step_time > 0 && took > settings_.max_step_time)
    fail(verdict::hog,
        "a step took " + std::to_string(took / 1'000'000) + " ms of its thread's time, max_step_time is "
            + std::to_string(settings_.max_step_time / 1'000'000)
            + " ms: nothing else can run on the thread meanwhile");
}

void machine::warn(std::string_view line) noexcept
{
  if (!settings_.warns)
    return;
  recording_header& h = record_->header();
  const std::size_t used = std::strlen(h.warnings);
  std::snprintf(h.warnings + used, sizeof h.warnings - used, "%s%.*s", used ? "\n" : "", static_cast<int>(line.size()),
      line.data());
}

void machine::note_hog(std::int64_t took, const char* how) noexcept
{
  if (!settings_.warns || took <= record_->header().longest_hog)
    return;
  recording_header& h = record_->header();
  h.longest_hog = took;
  std::snprintf(h.hog, sizeof h.hog,
      "step %llu (%s) %s %lld ms%s: nothing else can run on it meanwhile (options::max_step_time makes it a failure)",
      static_cast<unsigned long long>(steps_), task_name(tasks_->records(), running_.task).substr(0, 60).c_str(), how,
      static_cast<long long>(took / 1'000'000), *how == 't' ? " of its thread's time" : ", which blocks its thread");
}

// What is no index: the strategy's wish to end the schedule, or a mistake.
void machine::refuse_answer(std::uint32_t index, std::uint32_t alternatives)
{
  if (index != strategy::discards)
    throw usage_error(
        "a strategy answered " + std::to_string(index) + " to a choice among " + std::to_string(alternatives),
        "return an index below choice_point::alternatives");
  discard();
}

std::uint32_t machine::ask(lane& from, std::uint32_t enabled)
{
  return answer({choice_kind::step, enabled, this, &from});
}

void machine::open(lane& l)
{
  l.order_ = l.one_thread() ? order::fifo : settings_.order;
  l.number_ = ++lanes_opened_;
}

[[gnu::cold]] void machine::record_step(
    const lane& from, const ready_step& chosen, std::uint32_t alternatives, std::uint32_t index)
{
  record_trace(&chosen, &from);
  if (!reports_)
    return;
  record_->header().steps = steps_ - 1;
  record_->add(step_record{.time = now_,
      .ready_since = chosen.since,
      .task = running_.task,
      .alternatives = alternatives,
      .index = index,
      .first_event = 0,
      .context = from.number(),
      .clock_was_moved = false});
  flush(); // a crash in this step must find it recorded
}

[[gnu::always_inline]] inline void* machine::begin_step(
    lane& from, ready_queue::place place, std::uint32_t alternatives, std::uint32_t index)
{
  const ready_step& chosen = from.ready.at(place); // read piece by piece: it may have been written just now
  void* const work = chosen.work;
  const task_id next = *chosen.task;
  if (watches_) [[unlikely]]
    look_before_step(next, now_ - chosen.since);
  if (traced_) [[unlikely]]
    chosen_ = chosen;
  from.ready.remove(place, trace_events_ + 1);
  if (running_.depth++ != 0) [[unlikely]]
    leave_outer_step();
  running_.task = next;
  if (!settings_.implicit)
    idle_reads_ = 0;
  count_step(next, alternatives, index);
  if (traced_) [[unlikely]]
    record_step(from, chosen_, alternatives, index);
  return work;
}

void* machine::next(lane& from, std::int64_t limit)
{
  for (;;)
  {
    if (failed_)
      return nullptr;
    if (earliest_ <= now_)
      expire_due();
    const auto enabled = static_cast<std::uint32_t>(from.enabled());
    if (enabled == 0)
    {
      const std::int64_t deadline = earliest_deadline();
      if (clock_stopped_ || (deadline <= now_ && deadline != timer_source::never))
        return nullptr;
      if (deadline > limit)
      {
        now_ = std::max(now_, limit);
        return nullptr;
      }
      if (deadline == timer_source::never)
        return nullptr;
      if (asks_always_)
        static_cast<void>(answer({choice_kind::step, 1, this, &from}));
      if (failed_)
        return nullptr;
      advance_to(deadline);
      continue;
    }
    if (steps_ >= step_limit_) [[unlikely]]
    {
      refuse_steps();
      return nullptr;
    }

    bool clock_may_move = false;
    std::int64_t deadline = timer_source::never;
    if (settings_.max_lag > 0 && !clock_stopped_ && earliest_ != timer_source::never)
    {
      deadline = earliest_deadline();
      clock_may_move = deadline != timer_source::never && deadline > now_ && deadline <= limit
          && deadline - from.ready.front().since <= settings_.max_lag;
    }

    const std::uint32_t alternatives = enabled + (clock_may_move ? 1 : 0);
    if (traced_) [[unlikely]]
      note_possible(from, limit);
    if (alternatives == 1)
    {
      if (asks_always_) [[unlikely]]
        static_cast<void>(answer({choice_kind::step, 1, this, &from}));
      return failed_ ? nullptr : begin_step(from, from.ready.find(0), 1, 0);
    }
    const choice_point point{choice_kind::step, alternatives, this, &from};
    const std::uint32_t index = answer(point);
    if (index >= enabled)
    {
      if (failed_) [[unlikely]]
        return nullptr; // the strategy has discarded the schedule
      record_choice(choice_kind::step, alternatives, index, clock_task, &from);
      longest_lag_ = std::max(longest_lag_, deadline - from.ready.front().since);
      watches_ = true; // steps are late from now on
      see_whether_plain();
      if (reports_)
        record_->mark_clock_moved();
      advance_to(deadline);
      continue;
    }
    const ready_queue::place place = from.ready.find(index);
    record_choice(choice_kind::step, alternatives, index, *from.ready.at(place).task, &from);
    return begin_step(from, place, enabled, index);
  }
}

void machine::leave_outer_step()
{
  task_stack_.push_back(running_.task);
  settle_all();
}

void machine::return_to_outer_step() noexcept
{
  running_.task = task_stack_.back();
  task_stack_.pop_back();
}

void machine::record_choice_fully(const choice_point& point, std::uint32_t index, task_id task)
{
  if (*choices_made_ == recording::choice_capacity)
  {
    fail(verdict::livelock, "more than " + std::to_string(recording::choice_capacity) + " choices in one schedule");
    return;
  }
  std::uint8_t occurrence = 0;
  if (point.from && settings_.for_token)
    for (std::uint32_t i = 0; i < index; ++i)
      occurrence = static_cast<std::uint8_t>(occurrence + (point[i].task == task));
  choices_[(*choices_made_)++] = choice{point.kind, occurrence, 0, point.alternatives, index, task};
  if (!reports_ || !point.from)
    flush(); // a crash after this choice must find it recorded; with reports the step sees to it
}

bool machine::choose_mishap(detent::mishap what)
{
  const bool happens = choose(choice_kind::value, 2, true) != 0;
  mishaps_left_[static_cast<std::size_t>(what)] -= happens;
  return happens;
}

std::uint32_t machine::choose(choice_kind kind, std::uint32_t alternatives, bool rare)
{
  if (alternatives <= 1)
    return 0;
  const choice_point point{kind, alternatives, this, nullptr, rare};
  const std::uint32_t index = answer(point);
  if (index >= alternatives) [[unlikely]]
    return 0; // the strategy has discarded the schedule
  hash_ = (hash_ ^ (index + 1) ^ (static_cast<std::uint64_t>(kind) << 40)) * 0x9e3779b97f4a7c15u;
  record_choice(kind, alternatives, index, running_.task);
  return index;
}

alternative choice_point::operator[](std::uint32_t index) const noexcept
{
  if (!from)
    return {.task = world->current_task(), .label = world->tasks().label(world->current_task()), .since = world->now()};
  if (index >= from->enabled())
    return {.task = clock_task, .label = clock_task, .since = world->now(), .number = world->clock_moves() + 1};
  const ready_step& step = from->ready.at(from->ready.find(index));
  const task_record& task = world->tasks()[*step.task];
  return {
      .task = *step.task, .label = task.label, .since = step.since, .number = task.steps + 1, .arrival = step.arrival};
}

generator& machine::rng() noexcept
{
  if (record_)
    record_->header().rng_used = true;
  return rng_;
}

generator& machine::entropy() noexcept
{
  if (record_)
    record_->header().rng_used = true;
  return entropy_;
}

} // namespace detent
