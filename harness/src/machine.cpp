#include <detent/machine.hpp>

#include "environment.hpp"

#include <detent/error.hpp>
#include <detent/random.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>

namespace detent {
namespace {

constexpr std::uint32_t reads_before_creep = 64;
constexpr std::int64_t creep_limit = 1'000;          // ns a read
constexpr std::uint32_t reads_before_stuck = 1 << 22; // far more than a step that does anything else makes

constexpr std::size_t implicit_task_capacity = 4096;

} // namespace

constinit thread_local machine* machine::current_ = nullptr;

struct machine::object_numbers
{
  std::map<std::string, std::unordered_map<const void*, std::uint32_t>, std::less<>> by_kind;
};

machine::machine() = default;

machine::~machine()
{
  if (current_ == this)
    current_ = nullptr;
}

machine& machine::implicit()
{
  // Never destroyed, since a static io_context may outlive whatever could own it; kept in a list, so that it
  // does not count as leaked once its thread is gone.
  struct all_implicit
  {
    std::mutex lock;
    std::vector<std::unique_ptr<machine>> machines;
  };
  static auto& all = *new all_implicit;
  thread_local machine* own = nullptr;
  if (!own)
  {
    const std::lock_guard hold(all.lock);
    own = all.machines.emplace_back(std::make_unique<machine>()).get();
    machine_settings settings;
    settings.implicit = true;
    if (const auto seed = seed_from_environment())
    {
      own->implicit_strategy_ = make_strategy("random");
      own->implicit_strategy_->begin(*seed);
      settings.seed = *seed;
    }
    own->begin(settings, own->implicit_strategy_.get(), nullptr);
    if (!current_)
      current_ = own;
  }
  return *own;
}

machine::scope::scope(machine& m) noexcept : before_(current_) { current_ = &m; }
machine::scope::~scope() { current_ = before_; }

void machine::begin(const machine_settings& settings, strategy* answers, recording* into)
{
  static std::atomic<std::uint64_t> schedules_begun{0};
  epoch_ = ++schedules_begun;
  next_owner_ = no_task;
  last_spawned_ = main_task;
  settings_ = settings;
  strategy_ = answers;
  record_ = into;
  rng_ = generator(mix(settings.seed, 1));
  entropy_ = generator(mix(settings.seed, 2));
  last_task_ = main_task;
  now_ = 0;
  earliest_ = timer_source::never;
  hash_ = 0;
  steps_ = 0;
  task_ = main_task;
  depth_ = 0;
  open_count_ = 0;
  join_next_ = failed_ = clock_stopped_ = false;
  choice_count_ = 0;
  out_of_order_ = 0;
  longest_lag_ = 0;
  idle_reads_ = 0;
  creep_step_ = 0;
  lanes_opened_ = 0;
  task_stack_.clear();
  fired_.clear();
  if (objects_)
    objects_->by_kind.clear();
  if (into)
  {
    into->clear();
    tasks_ = std::make_unique<task_table>(into->task_storage());
    choices_ = into->choice_storage().data();
    full_ = into->full();
    heartbeat_ = &into->header().heartbeat;
  }
  else
  {
    own_tasks_.resize(implicit_task_capacity);
    tasks_ = std::make_unique<task_table>(own_tasks_);
    choices_ = nullptr;
    full_ = false;
    heartbeat_ = nullptr;
  }
}

// --- clock ---------------------------------------------------------------------------------------------------

void machine::creep() noexcept
{
  creep_step_ = std::clamp<std::int64_t>(creep_step_ * 2, 1, creep_limit);
  now_ += creep_step_;
}

std::int64_t machine::read_clock() noexcept
{
  ++idle_reads_;
  if (settings_.implicit)
  {
    if (idle_reads_ > reads_before_creep)
      creep();
  }
  else if (idle_reads_ > reads_before_stuck)
  {
    fail(verdict::livelock, "one step reads the clock without end: virtual time stands still while a step "
                            "runs, so a loop that waits for it to pass must suspend (co_await a timer)");
    flush();
    std::fprintf(stderr, "detent: %s\n", record_ ? record_->header().message : "livelock");
    std::abort(); // nothing can unwind a clock read
  }
  return now_;
}

void machine::idle_poll() noexcept
{
  static_cast<void>(read_clock());
}

void machine::elapse(std::int64_t nanoseconds)
{
  if (nanoseconds <= 0)
    return;
  now_ += nanoseconds;
  idle_reads_ = 0;
  creep_step_ = 0;
}

void machine::add(timer_source& source) { sources_.push_back(&source); }

void machine::remove(timer_source& source) noexcept { std::erase(sources_, &source); }

std::int64_t machine::earliest_deadline() noexcept
{
  earliest_ = timer_source::never;
  for (timer_source* source : sources_)
    earliest_ = std::min(earliest_, source->next_deadline());
  return earliest_;
}

void machine::advance_to(std::int64_t time)
{
  // A real timer is always late by a little, and code outside explorations may rely on it.
  now_ = std::max(now_, time + (settings_.implicit ? 1 : 0));
  idle_reads_ = 0;
  creep_step_ = 0;
  expire_due();
}

void machine::expire_due()
{
  for (;;)
  {
    const std::int64_t due = earliest_deadline();
    if (due > now_)
      return;
    for (timer_source* source : sources_)
      if (source->next_deadline() <= due)
        source->expire(due, *this);
    if (fired_.empty())
      return; // a foreign clock that says "now" and has nothing: asked again at the next step
    push_fired();
  }
}

void machine::push_fired()
{
  // Timers of one deadline in a lane that one thread runs: their order is a choice, here. In any other
  // lane it is chosen with the steps.
  while (!fired_.empty())
  {
    lane* to = fired_.front().to;
    std::vector<std::vector<fired>> timers;
    std::vector<fired> others;
    for (const fired& f : fired_)
    {
      if (f.to != to)
        others.push_back(f);
      else if (f.step.follows && !timers.empty())
        timers.back().push_back(f);
      else
        timers.push_back({f});
    }
    fired_ = std::move(others);
    while (!timers.empty())
    {
      std::uint32_t chosen = 0;
      if (to->order() == order::fifo && timers.size() > 1)
      {
        chosen = choose(choice_kind::tie, static_cast<std::uint32_t>(timers.size()));
        if (choices_ && choice_count_)
          choices_[choice_count_ - 1].task = *timers[chosen].front().step.task;
      }
      for (const fired& f : timers[chosen])
        to->ready.push(f.step);
      timers.erase(timers.begin() + chosen);
    }
  }
}

inline std::uint32_t machine::answer(const choice_point& point)
{
  const std::uint32_t index = strategy_ ? strategy_->choose(point) : 0;
  if (index >= point.alternatives) [[unlikely]]
    throw usage_error("a strategy answered " + std::to_string(index) + " to a choice among "
        + std::to_string(point.alternatives), "return an index below choice_point::alternatives");
  return index;
}

inline void machine::record_choice(const choice_point& point, std::uint32_t index, task_id task)
{
  if (!choices_)
    return;
  if (choice_count_ == recording::choice_capacity) [[unlikely]]
  {
    fail(verdict::livelock, "more than " + std::to_string(recording::choice_capacity) + " choices in one schedule");
    return;
  }
  std::uint8_t occurrence = 0;
  if (full_ && point.from)
    for (std::uint32_t i = 0; i < index; ++i)
      occurrence = static_cast<std::uint8_t>(occurrence + (point[i].task == task));
  choices_[choice_count_++] = choice{point.kind, occurrence, 0, point.alternatives, index, task};
  if (full_) [[unlikely]]
    flush(); // a crash after this choice must find it recorded
}

// --- ready steps ---------------------------------------------------------------------------------------------

void machine::open(lane& l)
{
  l.order_ = l.one_thread() ? order::fifo : settings_.order;
  l.number_ = ++lanes_opened_;
  lanes_.push_back(&l);
}

void machine::close(lane& l) noexcept { std::erase(lanes_, &l); }

bool machine::may_lag_to(std::int64_t deadline) const noexcept
{
  return deadline != timer_source::never && deadline > now_;
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
      advance_to(deadline);
      continue;
    }
    if (steps_ >= settings_.max_steps && !settings_.implicit)
    {
      fail(verdict::livelock, "more than max_steps = " + std::to_string(settings_.max_steps)
          + " steps: a loop that does not end, or a long test that needs options::max_steps");
      return nullptr;
    }

    bool clock_may_move = false;
    std::int64_t deadline = timer_source::never;
    if (settings_.max_lag > 0 && !clock_stopped_ && earliest_ != timer_source::never)
    {
      deadline = earliest_deadline();
      clock_may_move = may_lag_to(deadline) && deadline <= limit
          && deadline - from.ready.front().since <= settings_.max_lag;
    }

    const std::uint32_t alternatives = enabled + (clock_may_move ? 1 : 0);
    if (alternatives == 1)
      return begin_step(from, from.ready.slot(0), 1, 0);
    const choice_point point{choice_kind::step, alternatives, this, &from};
    const std::uint32_t index = answer(point);
    if (index == enabled)
    {
      record_choice(point, index, clock_task);
      longest_lag_ = std::max(longest_lag_, deadline - from.ready.front().since);
      if (full_)
        record_->mark_clock_moved();
      advance_to(deadline);
      continue;
    }
    const std::size_t slot = from.ready.slot(index);
    record_choice(point, index, *from.ready.at(slot).task);
    return begin_step(from, slot, enabled, index);
  }
}

void* machine::begin_step(lane& from, std::size_t slot, std::uint32_t alternatives, std::uint32_t index)
{
  const ready_step chosen = from.ready.take(slot);
  if (depth_++ != 0)
    task_stack_.push_back(task_);
  task_ = *chosen.task;
  open_count_ = 0;
  join_next_ = false;
  if (!settings_.implicit)
    idle_reads_ = 0;
  out_of_order_ += index != 0;
  const std::uint64_t fact = tasks_->label(task_) + static_cast<std::uint64_t>(now_)
      + (static_cast<std::uint64_t>(alternatives) << 32) + index;
  hash_ = (((hash_ << 23) | (hash_ >> 41)) ^ fact) * 0x9e3779b97f4a7c15u;
  if (heartbeat_)
    *heartbeat_ = (epoch_ << 32) + steps_;
  if (full_)
  {
    record_->header().steps = steps_;
    record_->add(step_record{.time = now_, .ready_since = chosen.since, .task = task_,
      .alternatives = alternatives, .index = index, .first_event = 0, .context = from.number(),
      .clock_was_moved = false});
  }
  ++steps_;
  if (full_)
    flush(); // a crash in this step must find it recorded
  return chosen.work;
}

void machine::end_step() noexcept
{
  last_task_ = task_;
  task_ = main_task;
  if (--depth_ != 0)
  {
    task_ = task_stack_.back();
    task_stack_.pop_back();
  }
  open_count_ = 0;
  join_next_ = false;
}

// --- choices -------------------------------------------------------------------------------------------------

std::uint32_t machine::choose(choice_kind kind, std::uint32_t alternatives)
{
  if (alternatives <= 1)
    return 0;
  const choice_point point{kind, alternatives, this, nullptr};
  const std::uint32_t index = answer(point);
  hash_ = (hash_ ^ (index + 1) ^ (static_cast<std::uint64_t>(kind) << 40)) * 0x9e3779b97f4a7c15u;
  record_choice(point, index, task_);
  return index;
}

alternative choice_point::operator[](std::uint32_t index) const noexcept
{
  if (!from)
    return {.task = world->current_task(), .label = world->tasks().label(world->current_task()), .since = world->now()};
  if (index >= from->enabled())
    return {.task = clock_task, .label = clock_task, .since = world->now()};
  const ready_step& step = from->ready.at(from->ready.slot(index));
  return {.task = *step.task, .label = world->tasks().label(*step.task), .since = step.since};
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

// --- tasks ---------------------------------------------------------------------------------------------------

task_id machine::spawn()
{
  const task_id made = tasks_->child(task_, static_cast<std::uint32_t>(steps_));
  if (full_)
    event(event_kind::spawns, made, {});
  return made;
}

void machine::demote()
{
  const task_id child = spawn();
  for (std::uint32_t i = 0; i < open_count_; ++i)
    *open_[i] = child;
  open_count_ = 0;
}

// --- verdict -------------------------------------------------------------------------------------------------

void machine::fail(verdict what, std::string_view message)
{
  if (!record_ || failed_)
    return; // what fails while a failed schedule unwinds is a consequence
  recording_header& h = record_->header();
  failed_ = true;
  h.outcome = what;
  h.failed_task = depth_ ? task_ : last_task_;
  const std::size_t length = std::min(message.size(), sizeof h.message - 1);
  std::memcpy(h.message, message.data(), length);
  h.message[length] = '\0';
}

void machine::overrule(verdict what, std::string_view message)
{
  failed_ = false;
  fail(what, message);
}

void machine::event(event_kind kind, std::string_view text) { event(kind, task_, text); }

void machine::event(event_kind kind, task_id task, std::string_view text)
{
  if (full_)
    record_->add(kind, static_cast<std::uint32_t>(steps_), task, text);
}

void machine::extend_event(std::string_view more)
{
  if (full_)
    record_->extend(more);
}

void machine::waits(task_id task, std::uint32_t step, std::int64_t since, std::string_view text)
{
  if (full_)
    record_->add_waiting(task, step, since, text);
}

std::uint32_t machine::number_object(const void* object, std::string_view kind)
{
  if (!objects_)
    objects_ = std::make_unique<object_numbers>();
  auto found = objects_->by_kind.find(kind);
  if (found == objects_->by_kind.end())
    found = objects_->by_kind.try_emplace(std::string(kind)).first;
  auto& numbers = found->second;
  return numbers.try_emplace(object, static_cast<std::uint32_t>(numbers.size() + 1)).first->second;
}

void machine::finish() noexcept
{
  flush();
  clock_stopped_ = true;
  full_ = false;
}

void machine::flush() noexcept
{
  if (!record_)
    return;
  recording_header& h = record_->header();
  h.steps = steps_;
  h.hash = hash_;
  h.now = now_;
  h.choices = choice_count_;
  h.tasks = tasks_->size();
  h.out_of_order = out_of_order_;
  h.longest_lag = longest_lag_;
}

} // namespace detent
