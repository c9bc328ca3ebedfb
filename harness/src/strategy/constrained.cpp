#include "constrained.hpp"

#include <detent/machine.hpp>
#include <detent/random.hpp>
#include <detent/recording.hpp>

#include <algorithm>

namespace detent {

void step_namer::begin()
{
  arrivals_.clear();
  come_.clear();
}

std::uint32_t step_namer::number_of(const choice_point& at, std::uint32_t index) const
{
  const alternative a = at[index];
  if (a.task == clock_task)
    return a.number;
  std::uint32_t number = 1;
  for (std::uint32_t older = 0; older < index; ++older)
    number += at[older].task == a.task;
  if (const auto run = arrivals_.find(a.task); run != arrivals_.end())
    number += static_cast<std::uint32_t>(
        std::ranges::count_if(run->second, [&](std::uint32_t arrival) { return arrival < a.arrival; }));
  return number;
}

void step_namer::note(const choice_point& at, std::uint32_t index)
{
  const alternative a = at[index];
  if (a.task == clock_task)
    return;
  come_.insert(mix(a.label, number_of(at, index)));
  arrivals_[a.task].push_back(a.arrival);
}

bool step_namer::has_come(const machine& world, std::uint64_t label, std::uint32_t number) const
{
  return label == clock_task ? world.clock_moves() >= number : come_.contains(mix(label, number));
}

constrained::constrained(const pinned_schedule& schedule) : schedule_(schedule)
{
  for (const constraint& c : schedule.constraints)
    by_second_.emplace(mix(c.second.label, c.second.number), &c);
  for (const fixed_answer& a : schedule.answers)
    answers_[{a.kind, a.label}].push_back(a.index);
}

void constrained::begin(std::uint64_t, std::uint64_t)
{
  names_.begin();
  asked_.clear();
}

bool constrained::waits(const choice_point& at, std::uint32_t index) const
{
  const auto [begin, end] = by_second_.equal_range(mix(at[index].label, names_.number_of(at, index)));
  return std::any_of(begin, end,
      [&](const auto& c) { return !names_.has_come(*at.world, c.second->first.label, c.second->first.number); });
}

std::uint32_t constrained::choose_step(const choice_point& at) const
{
  const auto steps = static_cast<std::uint32_t>(at.from->enabled());
  for (std::uint32_t i = 0; i < steps; ++i)
    if (!waits(at, i))
      return i;
  return at.alternatives > steps ? steps : 0;
}

std::uint32_t constrained::answer(const choice_point& at)
{
  const std::pair<choice_kind, std::uint64_t> who{at.kind, at.world->tasks().label(at.world->current_task())};
  const std::size_t n = asked_[who]++;
  const auto found = answers_.find(who);
  return found != answers_.end() && n < found->second.size() && found->second[n] < at.alternatives ? found->second[n]
                                                                                                   : 0;
}

std::uint32_t constrained::choose(const choice_point& at)
{
  if (at.kind != choice_kind::step)
    return answer(at);
  const std::uint32_t index = choose_step(at);
  names_.note(at, index);
  return index;
}

const step_name* constrained::missing(const machine& world) const
{
  for (const constraint& c : schedule_.constraints)
    if (!names_.has_come(world, c.first.label, c.first.number))
      return &c.first;
  return nullptr;
}

void observer::begin(std::uint64_t seed, std::uint64_t index)
{
  names_.begin();
  answers_.begin(seed, index);
}

std::uint32_t observer::choose(const choice_point& at)
{
  const std::uint32_t index = at.alternatives > 1 ? answers_.choose(at) : 0;
  if (at.kind != choice_kind::step || index >= at.alternatives)
    return index;
  const std::uint32_t number = names_.number_of(at, index);
  for (std::uint32_t i = 0; i < index; ++i)
    told_.add(overtaking_record{at[i].label, at[index].label, names_.number_of(at, i), number});
  names_.note(at, index);
  return index;
}

} // namespace detent
