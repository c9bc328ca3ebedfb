#include "shrink.hpp"

#include "../strategy/constrained.hpp"
#include "../strategy/scripted.hpp"
#include "search.hpp"

#include <detent/clock.hpp>
#include <detent/recording.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

namespace detent {
namespace {

constexpr std::uint64_t most_replays = 1'000;
constexpr std::size_t most_for_pairs = 7;
constexpr std::uint64_t enough_replays = 48; // for what only makes a minimal schedule read better

// A failure, as far as two of them are the same.
struct failure
{
  verdict kind;
  std::string where; // the first line of the message, without its numbers

  explicit failure(const recording& run) : kind(run.header().outcome)
  {
    for (const char c : run.message())
    {
      if (c == '\n')
        break;
      if (c < '0' || c > '9')
        where += c;
    }
  }

  bool operator==(const failure& other) const noexcept { return kind == other.kind && where == other.where; }
};

class namer
{
public:
  explicit namer(const recording& run)
  {
    for (task_id id = 0; id < run.tasks().size(); ++id)
      paths_.emplace(run.tasks()[id].label, task_path(run.tasks(), id));
  }

  std::string operator()(std::uint64_t label) const
  {
    const auto found = paths_.find(label);
    return found == paths_.end() ? "clock" : found->second;
  }

private:
  std::unordered_map<std::uint64_t, std::string> paths_;
};

// The constraints and answers that make up a recorded schedule.
pinned_schedule constraints_of(const recording& run, const schedule_spec& failing)
{
  const namer name(run);
  pinned_schedule made;
  made.order = failing.level.order;
  made.max_lag = failing.level.max_lag;
  made.has_seed = run.header().rng_used;
  made.seed = failing.seed;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::size_t> of_passed; // the last that passed a step
  for (const overtaking_record& o : run.overtakings())
  {
    const constraint c{{name(o.chosen), o.chosen, o.chosen_number}, {name(o.passed), o.passed, o.passed_number}};
    const auto [known, is_new] = of_passed.try_emplace({o.passed, o.passed_number}, made.constraints.size());
    if (is_new)
      made.constraints.push_back(c);
    else
      made.constraints[known->second] = c;
  }
  for (const choice& c : run.choices())
    if (c.kind != choice_kind::step)
    {
      const std::uint64_t label = run.tasks()[c.task].label;
      made.answers.push_back({c.kind, name(label), label, c.index});
    }
  return made;
}

bool is_clock(const constraint& c) { return c.first.label == clock_task; }

class shrinker
{
public:
  shrinker(const options& how, const body& test, const schedule_spec& failing, bool isolated, const recording& found)
    : how_(how), test_(test), failing_(failing), isolated_(isolated), wanted_(found),
      limit_(wall_clock::now() + how.shrink_time), run_(level_for(how, recording::level::full))
  {
  }

  bool fails(const pinned_schedule& candidate)
  {
    schedule_spec spec = failing_;
    spec.level = {candidate.order, candidate.max_lag};
    spec.seed = candidate.seed;
    constrained answers(candidate);
    return fails(answers, spec);
  }

  void reduce(pinned_schedule& schedule)
  {
    without_answers(schedule);
    const std::vector<constraint> all = schedule.constraints;
    at_once(schedule);
    one_kind(schedule, true);
    one_kind(schedule, false);
    alone(schedule, all);
    pairs(schedule);
    shorten(schedule);
    one_waits(schedule, all);
    weaker_level(schedule);
    while (!schedule.answers.empty() && schedule.answers.back().index == 0)
      schedule.answers.pop_back();
  }

  bool fails(const std::vector<std::uint32_t>& choices)
  {
    scripted answers(choices);
    return fails(answers, failing_);
  }

  void reduce(std::vector<std::uint32_t>& choices)
  {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < choices.size(); ++i)
      if (choices[i] != 0)
        places.push_back(i);
    for (std::size_t chunk = places.size(); chunk > 0; chunk /= 2)
      for (std::size_t at = 0; at < places.size();)
      {
        const auto first = places.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = places.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, places.size()));
        std::vector<std::uint32_t> candidate = choices;
        std::for_each(first, last, [&](std::size_t place) { candidate[place] = 0; });
        if (fails(candidate))
        {
          choices = std::move(candidate);
          places.erase(first, last);
        }
        else
          at += chunk;
      }
  }

  std::uint64_t replays() const noexcept { return replays_; }

private:
  bool fails(strategy& answers, const schedule_spec& spec)
  {
    if (replays_ == most_replays || wall_clock::now() > limit_)
      return false;
    ++replays_;
    run_recorded(run_, how_, isolated_, [&] {
      machine world;
      run_schedule(world, run_, spec, &answers, how_, test_);
    });
    return !run_.header().discarded && failure(run_) == wanted_ && run_.header().steps <= most_steps_;
  }

  bool keep_if_failing(pinned_schedule& schedule, pinned_schedule&& candidate)
  {
    if (!fails(candidate))
      return false;
    schedule = std::move(candidate);
    return true;
  }

  void without_answers(pinned_schedule& schedule)
  {
    const auto not_dull = [](const fixed_answer& a) { return a.index != 0; };
    if (std::ranges::none_of(schedule.answers, not_dull))
      return;
    pinned_schedule none = schedule;
    for (fixed_answer& a : none.answers)
      a.index = 0;
    if (keep_if_failing(schedule, std::move(none)))
      return;
    for (std::size_t i = 0; i < schedule.answers.size(); ++i)
    {
      // As if all above some value failed; where that is not so, the value is smaller than it was, and not the
      // smallest.
      std::uint32_t low = 0;
      for (std::uint32_t attempt = 0; low < schedule.answers[i].index;)
      {
        pinned_schedule candidate = schedule;
        candidate.answers[i].index = attempt;
        if (!keep_if_failing(schedule, std::move(candidate)))
          low = attempt + 1;
        attempt = low + (schedule.answers[i].index - low) / 2;
      }
    }
  }

  // Often what counts is that the failing step came before something; the rest then goes in one attempt.
  void at_once(pinned_schedule& schedule)
  {
    const auto last_first = schedule.constraints.empty() ? step_name() : schedule.constraints.back().first;
    const auto only = [&](auto wanted) {
      pinned_schedule candidate = schedule;
      std::erase_if(candidate.constraints, [&](const constraint& c) { return !wanted(c); });
      return candidate.constraints.size() < schedule.constraints.size()
          && keep_if_failing(schedule, std::move(candidate));
    };
    if (schedule.constraints.size() < 2)
      return;
    if (only([&](const constraint& c) { return c.first == last_first; }))
      return;
    only([&](const constraint& c) { return c.first.label == last_first.label; });
  }

  void one_kind(pinned_schedule& schedule, bool clocks)
  {
    const auto of_kind = [&] {
      std::vector<std::size_t> found;
      for (std::size_t i = 0; i < schedule.constraints.size(); ++i)
        if (is_clock(schedule.constraints[i]) == clocks)
          found.push_back(i);
      return found;
    };
    for (std::size_t chunk = of_kind().size(); chunk > 0;)
    {
      bool removed = false;
      for (std::size_t at = 0; at < of_kind().size();)
      {
        const std::vector<std::size_t> places = of_kind();
        pinned_schedule candidate = schedule;
        for (std::size_t i = std::min(at + chunk, places.size()); i-- > at;)
          candidate.constraints.erase(candidate.constraints.begin() + static_cast<std::ptrdiff_t>(places[i]));
        if (keep_if_failing(schedule, std::move(candidate)))
          removed = true;
        else
          at += chunk;
      }
      if (chunk == 1 && !removed)
        return;
      chunk = chunk == 1 ? 1 : (chunk + 1) / 2;
    }
  }

  // Minimal is not the least: one constraint alone may do, also one that went early.
  void alone(pinned_schedule& schedule, const std::vector<constraint>& all)
  {
    constexpr std::size_t few = 24;
    if (schedule.constraints.size() < 3 || schedule.constraints.size() > most_for_pairs)
      return;
    for (std::size_t i = all.size() - std::min(all.size(), few); i < all.size(); ++i)
    {
      pinned_schedule candidate = schedule;
      candidate.constraints = {all[i]};
      if (keep_if_failing(schedule, std::move(candidate)))
        return;
    }
  }

  // Or two may be needed only because of each other.
  void pairs(pinned_schedule& schedule)
  {
    for (std::size_t i = 0; schedule.constraints.size() <= most_for_pairs && i < schedule.constraints.size(); ++i)
      for (std::size_t j = i + 1; j < schedule.constraints.size(); ++j)
      {
        pinned_schedule candidate = schedule;
        candidate.constraints.erase(candidate.constraints.begin() + static_cast<std::ptrdiff_t>(j));
        candidate.constraints.erase(candidate.constraints.begin() + static_cast<std::ptrdiff_t>(i));
        if (!keep_if_failing(schedule, std::move(candidate)))
          continue;
        one_kind(schedule, true);
        one_kind(schedule, false);
        pairs(schedule);
        return;
      }
  }

  // Or one step that waits as long as it can: for the failing step, which may never come without the others.
  void one_waits(pinned_schedule& schedule, const std::vector<constraint>& all)
  {
    most_steps_ = ~std::uint64_t{0};
    if (schedule.constraints.size() < 3 || schedule.constraints.size() > most_for_pairs || !fails(schedule)
        || run_.trace().empty() || run_.trace().back().task == clock_task)
      return;
    const namer name(run_);
    std::vector<step_name> could_wait;
    for (const constraint& c : all)
      could_wait.push_back(c.second);
    for (const trace_event& e : run_.trace())
      if (e.task != clock_task)
        could_wait.push_back({name(e.actor), e.actor, e.number});
    const step_name failing = could_wait.back();
    for (const step_name& step : could_wait)
    {
      if (replays_ >= enough_replays)
        return;
      if (step == failing)
        continue;
      pinned_schedule candidate = schedule;
      candidate.constraints = {{failing, step}};
      if (keep_if_failing(schedule, std::move(candidate)))
        return;
    }
  }

  // Fewer steps for no more constraints: a step that did not lead to the failure may come after it.
  void shorten(pinned_schedule& schedule)
  {
    constexpr int most_tries = 8;
    if (schedule.constraints.empty() || !fails(schedule))
      return;
    most_steps_ = run_.header().steps;
    const std::vector<step_name> idle = without_effect();
    int tries = 0;
    for (const step_name& step : idle)
    {
      if (++tries > most_tries)
        return;
      pinned_schedule candidate = schedule;
      for (constraint& c : candidate.constraints) // what waited for that step waits for the last one
        if (c.first == step)
          c.first = last_;
      std::erase_if(candidate.constraints, [](const constraint& c) { return c.first == c.second; });
      candidate.constraints.push_back({last_, step});
      const std::uint64_t before = most_steps_--;
      if (fails(candidate))
      {
        most_steps_ = run_.header().steps;
        wait_for_the_last(candidate);
        one_kind(candidate, true);
        one_kind(candidate, false);
        if (candidate.constraints.size() <= schedule.constraints.size())
        {
          schedule = std::move(candidate);
          continue;
        }
      }
      most_steps_ = before;
    }
  }

  // Where all that waits can wait for the failing step itself, more of it turns out not to be needed.
  void wait_for_the_last(pinned_schedule& schedule)
  {
    const trace_event last = run_.trace().back();
    pinned_schedule candidate = schedule;
    for (constraint& c : candidate.constraints)
      if (!is_clock(c))
        c.first = {namer(run_)(last.actor), last.actor, last.number};
    std::erase_if(candidate.constraints, [](const constraint& c) { return c.first == c.second; });
    keep_if_failing(schedule, std::move(candidate));
  }

  // The steps of the last run that are no cause of its last one, which is kept as last_.
  std::vector<step_name> without_effect()
  {
    const auto trace = run_.trace();
    std::vector<step_name> found;
    if (trace.empty() || trace.back().task == clock_task)
      return found;
    const namer name(run_);
    const auto named = [&](const trace_event& e) { return step_name{name(e.actor), e.actor, e.number}; };
    last_ = named(trace.back());
    std::vector<bool> causes(trace.size());
    for (std::size_t at = trace.size() - 1;; at = trace[at].waker - 1)
    {
      causes[at] = true;
      if (trace[at].waker == 0)
        break;
    }
    for (std::size_t i = 0; i < trace.size(); ++i)
      if (!causes[i] && trace[i].task != clock_task)
        found.push_back(named(trace[i]));
    return found;
  }

  void weaker_level(pinned_schedule& schedule)
  {
    if (schedule.max_lag != 0 && std::ranges::none_of(schedule.constraints, is_clock))
    {
      pinned_schedule exact_time = schedule;
      exact_time.max_lag = 0;
      keep_if_failing(schedule, std::move(exact_time));
    }
    if (schedule.order == order::any && std::ranges::all_of(schedule.constraints, is_clock))
    {
      pinned_schedule one_thread = schedule;
      one_thread.order = order::fifo;
      keep_if_failing(schedule, std::move(one_thread));
    }
  }

  const options& how_;
  const body& test_;
  const schedule_spec& failing_;
  bool isolated_;
  failure wanted_;
  wall_clock::time_point limit_;
  recording run_;
  step_name last_;
  std::uint64_t most_steps_ = ~std::uint64_t{0};
  std::uint64_t replays_ = 0;
};

} // namespace

shrunk_schedule shrink(const options& how, const body& test, const schedule_spec& failing, strategy& answers,
    bool isolated, recording& run)
{
  run_recorded(run, how, isolated, [&] {
    machine world;
    observer watched(answers, run);
    run_schedule(world, run, failing, &watched, how, test);
  });
  shrunk_schedule out;
  const verdict kind = run.header().outcome;
  if (kind == verdict::pass || run.header().discarded)
    return out;
  out.schedule = constraints_of(run, failing);
  out.before = out.schedule.constraints.size();
  for (const fixed_answer& a : out.schedule.answers)
    out.before += a.index != 0;
  shrinker smaller(how, test, failing, isolated, run);
  out.done = smaller.fails(out.schedule);
  out.choices = choices_of(run);
  if (out.done && how.shrink)
    smaller.reduce(out.schedule);
  else if (how.shrink && smaller.fails(out.choices))
    smaller.reduce(out.choices);
  out.replays = smaller.replays();
  return out;
}

} // namespace detent
