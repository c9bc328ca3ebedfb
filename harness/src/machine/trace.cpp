// The machine's trace: which events there were, what made each possible and what it touched.
#include <detent/machine.hpp>

#include "objects.hpp"

#include <algorithm>

namespace detent {

void touch(const void* object, access how) noexcept
{
  if (machine* world = machine::current())
    world->touch(object, how);
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

[[gnu::cold]] void machine::record_access(const void* object, access how)
{
  std::uint64_t& id = touched_->id_of(object);
  if (id == 0)
    id = tasks_->name_object(task_);
  record_access_to(id, how);
}

[[gnu::cold]] void machine::record_access_to(std::uint64_t object, access how)
{
  if (!record_->add(access_record{object, how}))
    fail(verdict::livelock, "more than " + std::to_string(recording::access_capacity) + " declared accesses");
}

// A fifo queue shows in which order its steps came.
[[gnu::cold]] void machine::touch_queue(const lane& to)
{
  if (to.order() == order::fifo)
    record_access(&to, access::write);
}

[[gnu::cold]] void machine::record_trace(const ready_step* chosen, const lane* from)
{
  trace_event event{};
  event.time = now_;
  event.task = chosen ? task_ : clock_task;
  event.actor = chosen ? tasks_->label(task_) : clock_task;
  event.number = chosen ? (*tasks_)[task_].steps : clock_moves_;
  event.arrival = chosen ? chosen->arrival : 0;
  event.waker = chosen ? chosen->waker : 0;
  event.context = from ? from->number() : 0;
  if (record_->add(event))
    ++trace_events_;
  else
    fail(verdict::livelock, "more than " + std::to_string(recording::trace_capacity) + " steps");
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
