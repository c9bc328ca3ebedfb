// The machine's trace: which events there were, what made each possible and what it touched.
#include <detent/machine.hpp>

#include "objects.hpp"

#include <algorithm>

namespace detent {

void touch(const void* object, access how) noexcept
{
  machine* const world = machine::current();
  if (!world)
    return;
  if (world->threads())
    world->threads()->preempt();
  world->touch(object, how);
}

void declare(const void* object) noexcept
{
  if (machine* world = machine::current())
    world->declare(object);
}

void forget(const void* object) noexcept
{
  if (machine* world = machine::current())
    world->forget(object);
}

void machine::forget(const void* object) noexcept
{
  if (traced_)
    touched_->erase(object);
}

void machine::declare(const void* object)
{
  if (traced_)
    touched_->id_of(object) = tasks_->name_object(running_.task);
}

[[gnu::cold]] void machine::record_access(const void* object, access how)
{
  std::uint64_t& id = touched_->id_of(object);
  if (id == 0)
    id = name_by_access(trace_events_ == 0 ? 0 : record_->trace().back().name, accesses_in_event());
  record_access_to(id, how);
}

std::uint32_t machine::accesses_in_event() const noexcept
{
  const auto trace = record_->trace();
  return trace.empty() ? 0 : record_->header().accesses - trace.back().first_access;
}

[[gnu::cold]] void machine::record_access_to(std::uint64_t object, access how)
{
  if (!record_->add(access_record{object, how}))
    fail(verdict::livelock,
        "more than " + std::to_string(recording::access_capacity)
            + " declared accesses, all that is kept of a schedule: let it do less");
}

// A fifo queue shows in which order its steps came, and the time at which a step became ready says how far the clock
// may move before it has run.
[[gnu::cold]] void machine::touch_queue(const lane& to)
{
  if (settings_.max_lag > 0)
    record_access_to(clock_object, access::read);
  if (to.order() == order::fifo)
    record_access(&to, access::write);
}

[[gnu::cold]] void machine::record_trace(const ready_step* chosen, const lane* from)
{
  trace_event event{};
  event.time = now_;
  event.task = chosen ? running_.task : clock_task;
  event.actor = chosen ? tasks_->label(running_.task) : clock_task;
  event.number = chosen ? (*tasks_)[running_.task].steps : clock_moves_;
  event.arrival = chosen ? chosen->arrival : 0;
  event.arrivals = arrivals_;
  event.waker = chosen ? chosen->waker : 0;
  event.name = name_of(event);
  event.context = from ? from->number() : 0;
  if (record_->add(event))
    ++trace_events_;
  else
    fail(verdict::livelock, "more than " + std::to_string(recording::trace_capacity) + " steps");
}

// The clock and a follower are named by what they come after, a step by its place among those that its waker made
// ready.
std::uint64_t machine::name_of(const trace_event& event) const noexcept
{
  if (event.task == clock_task)
    return mix(event.actor, event.number);
  if (event.waker == 0)
    return mix(event.actor, event.arrival);
  const trace_event& waker = record_->trace()[event.waker - 1];
  const std::uint32_t place = event.arrival > waker.arrivals ? event.arrival - waker.arrivals : 0;
  return mix(mix(event.actor, waker.name), place);
}

[[gnu::cold]] void machine::note_possible(const lane& from, std::int64_t limit)
{
  recording_header& h = record_->header();
  h.could_reorder = h.could_reorder || (!from.one_thread() && from.ready.size() - from.ready.held() > 1);
  if (h.could_lag || settings_.noted_lag == 0 || clock_stopped_)
    return;
  const std::int64_t deadline = earliest_deadline();
  h.could_lag = deadline != timer_source::never && deadline > now_ && deadline <= limit
      && deadline - from.ready.front().since <= settings_.noted_lag;
}

} // namespace detent
