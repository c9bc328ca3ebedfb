// The machine's events: what each step did, in words that are put together when somebody reads them.
#include <detent/machine.hpp>

#include "vocabulary.hpp"

namespace detent {

event_record machine::event_here(event_kind kind, task_id task) const noexcept
{
  event_record made;
  made.time = now_;
  made.step = static_cast<std::uint32_t>(steps_);
  made.task = made.owner = task;
  made.kind = kind;
  return made;
}

void machine::event(event_kind kind, task_id task, std::string_view text)
{
  if (!reports_)
    return;
  event_record made = event_here(kind, task);
  made.text = record_->store(text);
  record_->add(made);
}

std::uint64_t machine::started(const task_id& owner, const operation_words& what, std::string_view where)
{
  event_record made = event_here(event_kind::starts, owner);
  made.verb = words_->word(what.verb, *record_);
  made.object = words_->object(what, *record_);
  made.text = where.empty() ? 0 : record_->store(where);
  const std::uint32_t number = record_->add(made);
  if (open_count_ <= 1)
    open_events_.clear();
  if (open_count_ != 0 && open_[open_count_ - 1] == &owner)
    open_events_.push_back({&owner, number});
  return number == 0 ? 0 : (epoch_ << 32 | number);
}

void machine::acted(const operation_words& what, std::int64_t until, std::string_view where)
{
  event_record made = event_here(event_kind::acts, running_.task);
  made.verb = words_->word(what.verb, *record_);
  made.object = words_->object(what, *record_);
  made.until = until;
  made.text = where.empty() ? 0 : record_->store(where);
  record_->add(made);
}

// Null for one of another schedule.
event_record* machine::event_of(std::uint64_t operation) noexcept
{
  const auto number = static_cast<std::uint32_t>(operation);
  return reports_ && number != 0 && operation >> 32 == (epoch_ & 0xffffffff) ? &record_->event(number) : nullptr;
}

void machine::waits_until(std::uint64_t operation, std::int64_t deadline) noexcept
{
  if (event_record* const e = event_of(operation))
    e->until = deadline;
}

void machine::over(std::uint64_t operation, bool completed) noexcept
{
  if (event_record* const e = event_of(operation))
    e->ended = completed ? static_cast<std::uint32_t>(steps_) : event_record::dropped;
}

// What the step has started turns out to be another task's.
void machine::hand_over_events(task_id to) noexcept
{
  for (const open_event& e : open_events_)
    for (std::uint32_t i = 0; i < open_count_; ++i)
      if (open_[i] == e.owner && e.number != 0)
        record_->event(e.number).owner = to;
  open_events_.clear();
}

} // namespace detent
