#include "event_words.hpp"

#include "plural.hpp"

#include <detent/call_site.hpp>
#include <detent/machine.hpp>
#include <detent/report.hpp>

namespace detent {

std::string words_of(const recording& run, const event_record& e)
{
  const std::string text = resolve_call_sites(run.text(e.text));
  switch (e.kind)
  {
  case event_kind::spawns:
    return "spawns " + task_name(run.tasks(), e.task) + text;
  case event_kind::resumes:
    return "runs on";
  case event_kind::notes:
    return '"' + text + '"';
  case event_kind::starts:
  case event_kind::acts:
    break;
  case event_kind::runs: // steps and moves are kept in the trace, not among the events
  case event_kind::moves:
    return {};
  }
  std::string words(run.text(e.verb));
  if (e.object != 0)
    words += " " + std::string(run.text(e.object));
  words += text;
  if (e.until == machine::forever)
    words += ", for ever";
  else if (e.until != event_record::no_deadline)
    words += ", until " + render_time(e.until);
  return words;
}

std::string reason_of(const recording& run, std::size_t i)
{
  const auto steps = run.steps();
  if (i >= steps.size())
    return {};
  const step_record& s = steps[i];
  std::string reason;
  if (s.clock_was_moved)
    reason = "the clock moved early";
  else if (i > 0 && s.time > steps[i - 1].time)
    reason = "its time has come";
  if (s.index > 0)
    reason += (reason.empty() ? "" : ", ") + ("overtakes " + plural(s.index, "older step"));
  if (s.time > s.ready_since)
    reason += (reason.empty() ? "" : ", ") + ("late by " + render_time(s.time - s.ready_since));
  if (reason.empty() && i > 0 && s.task != steps[i - 1].task)
    reason = s.alternatives > 1 ? "its turn" : "alone ready";
  return reason;
}

} // namespace detent
