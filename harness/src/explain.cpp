#include "explain.hpp"

#include "plural.hpp"

#include <detent/constraint.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace detent {
namespace {

// "step 5 (main.2)", by the numbers of the table; a step that never came by its place in its task.
class step_finder
{
public:
  explicit step_finder(const recording& run) : run_(run)
  {
    // Of several steps of one task that are ready at once, an older one counts as coming first.
    std::map<std::uint64_t, std::vector<std::pair<std::uint32_t, std::size_t>>> by_arrival;
    std::size_t step = 0;
    for (const trace_event& e : run.trace())
    {
      if (e.task == clock_task)
        moves_.push_back(e.time);
      else
        by_arrival[e.actor].emplace_back(e.arrival, ++step);
    }
    for (auto& [actor, steps] : by_arrival)
    {
      std::ranges::sort(steps);
      for (const auto& [arrival, number] : steps)
        steps_[actor].push_back(number);
    }
  }

  // Its number in the table; 0 for one that never came.
  std::size_t number_of(const step_name& s) const
  {
    const auto known = steps_.find(s.label);
    return known != steps_.end() && s.number <= known->second.size() ? known->second[s.number - 1] : 0;
  }

  std::string task_of(const step_name& s) const
  {
    for (task_id id = 0; id < run_.tasks().size(); ++id)
      if (run_.tasks()[id].label == s.label)
        return task_name(run_.tasks(), id);
    return s.task;
  }

  std::string describe(const step_name& s) const
  {
    if (s.label == clock_task)
      return s.number <= moves_.size() ? "the clock's move to " + render_time(moves_[s.number - 1])
                                       : "move " + std::to_string(s.number) + " of the clock";
    std::string who = s.task;
    for (task_id id = 0; id < run_.tasks().size(); ++id)
      if (run_.tasks()[id].label == s.label)
        who = task_name(run_.tasks(), id);
    const auto known = steps_.find(s.label);
    if (known != steps_.end() && s.number <= known->second.size())
      return "step " + std::to_string(known->second[s.number - 1]) + " (" + who + ")";
    return "the next step of " + who;
  }

  std::string relation(const constraint& c) const
  {
    // What it waits for may never come: then it waits for nothing but its turn.
    if (number_of(c.second) != 0 && c.first.label != clock_task && number_of(c.first) == 0)
      return describe(c.second) + " waits for as long as it can";
    return describe(c.first) + " comes before " + describe(c.second);
  }

private:
  const recording& run_;
  std::map<std::uint64_t, std::vector<std::size_t>> steps_;
  std::vector<std::int64_t> moves_;
};

std::string window_text(const recording& run, const result& r, const step_finder& find)
{
  const step_range range = failing_window(run, r);
  if (range.first == 0)
    return {};
  const auto steps = run.steps();
  std::string who;
  for (std::size_t i = range.first; i <= range.last; ++i)
  {
    const std::string name = task_name(run.tasks(), steps[i - 1].task);
    if (who.find(name) == std::string::npos)
      who += (who.empty() ? "" : ", ") + name;
  }
  const std::string which = range.first == range.last
      ? "step " + std::to_string(range.last)
      : "steps " + std::to_string(range.first) + " to " + std::to_string(range.last);
  return "  window  " + find.task_of(r.constraints.front().second) + " is ready or suspended while " + who
      + (who.find(',') == std::string::npos ? " runs " : " run ") + which + "\n";
}

} // namespace

// From the step after which the one that has to wait was ready, to the one it waits for.
step_range failing_window(const recording& run, const result& r)
{
  if (!r.shrunk || r.constraints.size() != 1)
    return {};
  const step_finder find(run);
  const constraint& c = r.constraints.front();
  const std::size_t until = find.number_of(c.first);
  const std::size_t after = find.number_of(c.second);
  const auto steps = run.steps();
  if (until == 0)
    return {};
  const bool came = after != 0 && after <= steps.size();
  std::size_t from = came ? after - 1 : steps.size();
  const std::int64_t since = came ? steps[after - 1].ready_since : 0;
  const task_id waits = came ? steps[after - 1].task : no_task;
  while (from > 0 && steps[from - 1].task != waits && steps[from - 1].time >= since)
    --from;
  if (waits != no_task)
    from = std::max<std::size_t>(from, run.tasks()[waits].spawned_at);
  return from + 1 > until ? step_range{} : step_range{from + 1, until};
}

std::string explain(const report_input& in)
{
  const result& r = in.outcome;
  if (!r.shrunk)
    return {};
  const step_finder find(in.run);
  std::string out;
  for (const constraint& c : r.constraints)
    out += (out.empty() ? "  because " : "      and ") + find.relation(c) + "\n";
  if (r.constraints.empty())
    out += std::string("  because ")
        + (in.run.header().choices != 0 ? "of the ties and values chosen" : "it always does")
        + ": no step has to overtake another\n";
  else if (r.constraints.size() == 1)
    out += "          the other way round, it passes\n" + window_text(in.run, r, find);
  else
    out += "          with any one of these the other way round, it passes\n";
  if (in.constraints_before > r.constraints.size())
    out += "  shrunk  from " + plural(in.constraints_before, "constraint") + " to "
        + std::to_string(r.constraints.size()) + " in " + plural(r.replays, "replay") + "\n";
  return out;
}

} // namespace detent
