#include <detent/trace.hpp>

#include "event_words.hpp"

#include <detent/report.hpp>

#include <algorithm>

namespace detent {
namespace {

class reader
{
public:
  explicit reader(const recording& run) : run_(run) {}

  std::vector<event> read()
  {
    if (!run_.reports())
      return {};
    add_events(0);
    std::uint32_t step = 0;
    for (const trace_event& e : run_.trace())
    {
      event made;
      made.time = std::chrono::nanoseconds(e.time);
      made.kind = e.task == clock_task ? event_kind::moves : event_kind::runs;
      made.words = e.task == clock_task ? "the clock moves to " + render_time(e.time) : "runs";
      if (e.task != clock_task)
        made.task = task_name(run_.tasks(), e.task);
      made.step = e.task == clock_task ? step : ++step;
      events_.push_back(std::move(made));
      if (e.task != clock_task)
        add_events(step);
    }
    return std::move(events_);
  }

private:
  void add_events(std::uint32_t step)
  {
    for (const event_record& e : run_.events_of(step))
    {
      event made;
      made.kind = e.kind;
      made.time = std::chrono::nanoseconds(e.time);
      made.step = e.step;
      made.task = task_name(run_.tasks(), e.kind == event_kind::starts ? e.owner : e.task);
      made.object = run_.text(e.object);
      made.words = e.kind == event_kind::notes ? std::string(run_.text(e.text)) : words_of(run_, e);
      if (e.kind == event_kind::starts && e.ended != event_record::pending && e.ended != event_record::dropped)
      {
        made.ended_in = e.ended;
        made.ended_at = std::chrono::nanoseconds(run_.steps()[e.ended - 1].time);
      }
      events_.push_back(std::move(made));
    }
  }

  const recording& run_;
  std::vector<event> events_;
};

} // namespace

trace trace_of(const recording& run) { return trace(reader(run).read()); }

std::vector<wait> waits_of(const trace& events)
{
  std::vector<wait> out;
  for (const event& e : events)
    if (e.kind == event_kind::starts)
      out.push_back({e.task, e.object, e.words, e.time, e.ended_at});
  return out;
}

std::size_t most_at_once(const trace& events, std::string_view begin, std::string_view end)
{
  std::size_t now = 0;
  std::size_t most = 0;
  for (const event& e : events)
    if (e.kind == event_kind::notes && e.words == begin)
      most = std::max(most, ++now);
    else if (e.kind == event_kind::notes && e.words == end && now != 0)
      --now;
  return most;
}

std::optional<event> first_without_cause(const trace& events, std::string_view effect, std::string_view cause)
{
  std::size_t causes = 0;
  for (const event& e : events)
    if (e.kind == event_kind::notes && e.words == cause)
      ++causes;
    else if (e.kind == event_kind::notes && e.words == effect && causes-- == 0)
      return e;
  return std::nullopt;
}

std::string to_string(const event& e)
{
  return render_time(e.time.count()) + "  step " + std::to_string(e.step) + "  " + e.task + (e.task.empty() ? "" : "  ")
      + (e.kind == event_kind::notes ? '"' + e.words + '"' : e.words);
}

} // namespace detent
