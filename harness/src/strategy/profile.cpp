#include "profile.hpp"

#include <algorithm>

namespace detent {

void profile::learn(const recording& run)
{
  learn_tasks(run);
  learn_accesses(run);
  choices_ = std::max(choices_, static_cast<std::uint32_t>(run.trace().size()));
}

// Counts differ from schedule to schedule; the highest counts, so that no task is thought to be done too early.
void profile::learn_tasks(const recording& run)
{
  const auto tasks = run.tasks();
  for (const task_record& t : tasks)
  {
    const auto [known, is_new] = tasks_.try_emplace(t.label);
    if (is_new)
    {
      known->second.parent = t.parent == no_task ? 0 : tasks[t.parent].label;
      order_.push_back(t.label);
    }
    known->second.own_steps = std::max(known->second.own_steps, t.steps);
  }
  for (auto& [label, facts] : tasks_)
    facts.all_steps = facts.own_steps;
  for (std::size_t i = order_.size(); i-- > 0;)
  {
    const task_facts& child = tasks_[order_[i]];
    if (const auto parent = tasks_.find(child.parent); parent != tasks_.end())
      parent->second.all_steps += child.all_steps;
  }
  std::uint32_t moves = 0;
  for (const trace_event& e : run.trace())
    moves += e.task == clock_task;
  task_facts& clock = tasks_[clock_task];
  clock.all_steps = clock.own_steps = std::max(clock.own_steps, moves);
}

void profile::learn_accesses(const recording& run)
{
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, std::uint32_t>> seen;
  const auto trace = run.trace();
  for (std::size_t i = 0; i < trace.size(); ++i)
  {
    const auto accesses = run.accesses_of(i);
    if (accesses.empty())
      continue;
    footprints_[mix(trace[i].actor, trace[i].number)].assign(accesses.begin(), accesses.end());
    if (trace[i].task == clock_task)
      continue;
    std::uint64_t last = 0;
    for (const access_record& a : accesses)
    {
      if (a.object == clock_object || a.object == last)
        continue;
      last = a.object;
      const auto [known, is_new] = objects_.try_emplace(a.object);
      object_facts& o = known->second;
      if (is_new)
      {
        o.first_task = trace[i].actor;
        object_order_.push_back(a.object);
      }
      o.shared = o.shared || o.first_task != trace[i].actor;
      o.written = o.written || a.how == access::write;
      ++seen[a.object][trace[i].actor];
    }
  }
  for (const auto& [object, by_task] : seen)
    for (const auto& [task, count] : by_task)
    {
      std::uint32_t& most = objects_[object].own_steps[task];
      most = std::max(most, count);
    }
  interesting_ = 0;
  for (auto& [id, o] : objects_)
  {
    o.accesses = 0;
    o.all_steps.clear();
    for (const auto& [task, count] : o.own_steps)
    {
      o.accesses += count;
      for (std::uint64_t at = task; at != 0;)
      {
        o.all_steps[at] += count;
        const auto facts = tasks_.find(at);
        at = facts == tasks_.end() ? 0 : facts->second.parent;
      }
    }
    if (o.shared && o.written)
      interesting_ += o.accesses;
  }
}

std::uint32_t profile::steps(std::uint64_t task) const noexcept
{
  const auto known = tasks_.find(task);
  return known == tasks_.end() ? 1 : std::max<std::uint32_t>(1, known->second.all_steps);
}

std::span<const access_record> profile::footprint(std::uint64_t task, std::uint32_t number) const noexcept
{
  const auto known = footprints_.find(mix(task, number));
  return known == footprints_.end() ? std::span<const access_record>() : known->second;
}

std::uint64_t profile::draw_object(generator& random) const noexcept
{
  std::uint64_t at = random.below(interesting_);
  for (const std::uint64_t id : object_order_)
  {
    const object_facts& o = objects_.find(id)->second;
    if (!o.shared || !o.written)
      continue;
    if (at < o.accesses)
      return id;
    at -= o.accesses;
  }
  return 0;
}

std::uint32_t profile::steps_on(std::uint64_t object, std::uint64_t task) const noexcept
{
  const auto known = objects_.find(object);
  if (known == objects_.end())
    return 0;
  const auto count = known->second.all_steps.find(task);
  return count == known->second.all_steps.end() ? 0 : count->second;
}

} // namespace detent
