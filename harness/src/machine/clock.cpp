// The machine's clock: what programs read, when it moves, and what becomes due.
#include <detent/machine.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

namespace detent {
namespace {

constexpr std::uint32_t reads_before_creep = 64;
constexpr std::int64_t creep_limit = 1'000;           // ns a read
constexpr std::uint32_t reads_before_stuck = 1 << 22; // far more than a step that does anything else makes

} // namespace

void machine::creep() noexcept
{
  creep_step_ = std::clamp<std::int64_t>(creep_step_ * 2, 1, creep_limit);
  now_ += creep_step_;
}

std::int64_t machine::read_clock() noexcept
{
  ++idle_reads_;
  touch_clock(access::read);
  if (settings_.implicit)
  {
    if (idle_reads_ > reads_before_creep)
      creep();
  }
  else if (idle_reads_ > reads_before_stuck)
  {
    fail(verdict::livelock,
        "one step reads the clock without end: virtual time stands still while a step "
        "runs, so a loop that waits for it to pass must suspend (co_await a timer)");
    flush();
    std::fprintf(stderr, "detent: %s\n", record_ ? record_->header().message : "livelock");
    std::abort(); // nothing can unwind a clock read
  }
  return now_;
}

void machine::idle_poll() noexcept { static_cast<void>(read_clock()); }

void machine::elapse(std::int64_t nanoseconds)
{
  if (nanoseconds <= 0)
    return;
  touch_clock(access::write);
  now_ += nanoseconds;
  watches_ = watches_ || !settings_.implicit; // steps are late from now on
  see_whether_plain();
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
  if (!settings_.implicit)
  {
    step_limit_ = std::min(settings_.max_steps, steps_ + settings_.max_steps_per_instant);
    see_whether_plain();
  }
  if (!properties_.empty())
    miss_deadlines();
  idle_reads_ = 0;
  creep_step_ = 0;
  ++clock_moves_;
  if (traced_)
  {
    record_trace(nullptr, nullptr);
    touch_clock(access::write);
  }
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

void machine::push_fired(const fired& f)
{
  ready_step step = f.step;
  step.arrival = ++arrivals_;
  step.waker = trace_events_;
  f.to->ready.push(step, f.follows);
}

void machine::push_fired()
{
  // Timers of one deadline in a lane that one thread runs: their order is a choice, here. In any other lane it
  // is chosen with the steps, and a single timer leaves nothing to choose.
  const auto first_of_fifo_timer = [](const fired& f) { return f.to->order() == order::fifo && !f.follows; };
  if (std::ranges::count_if(fired_, first_of_fifo_timer) <= 1)
  {
    for (const fired& f : fired_)
      push_fired(f);
    fired_.clear();
    return;
  }
  while (!fired_.empty())
  {
    lane* to = fired_.front().to;
    std::deque<std::vector<fired>> timers; // the dullest answer takes from the front
    std::vector<fired> others;
    for (const fired& f : fired_)
    {
      if (f.to != to)
        others.push_back(f);
      else if (f.follows && !timers.empty())
        timers.back().push_back(f);
      else
        timers.push_back({f});
    }
    fired_ = std::move(others);
    while (!timers.empty())
    {
      std::uint32_t chosen = 0;
      if (to->order() == order::fifo)
        chosen = choose(choice_kind::tie, static_cast<std::uint32_t>(timers.size()));
      for (const fired& f : timers[chosen])
        push_fired(f);
      timers.erase(timers.begin() + chosen);
    }
  }
}

} // namespace detent
