#include <detent/outcomes.hpp>

#include "../environment.hpp"
#include "../strategy/constrained.hpp"
#include "../strategy/scripted.hpp"
#include "plan.hpp"
#include "search.hpp"
#include "shrink.hpp"

#include <detent/error.hpp>
#include <detent/token.hpp>

#include <algorithm>
#include <map>

namespace detent {
namespace {

struct sighting
{
  std::uint64_t count = 0;
  schedule_spec spec;
  std::vector<std::uint32_t> choices;
};

// A schedule that ends in the outcome, as simple as it can be made.
void represent(outcome& out, const options& how, const valued_body& test, const sighting& seen)
{
  const body fails_with_it = [&](simulation& sim) {
    if (test(sim) == out.value)
      throw std::runtime_error("the outcome that is looked for");
  };
  scripted answers(seen.choices);
  recording run(level_for(how, recording::level::full));
  const shrunk_schedule small = shrink(how, fails_with_it, seen.spec, answers, false, run);
  schedule_spec spec = seen.spec;
  constrained simplest(small.schedule);
  if (small.done)
    spec.level = {small.schedule.order, small.schedule.max_lag};
  machine world;
  run_schedule(world, run, spec, small.done ? static_cast<strategy*>(&simplest) : &answers, how,
      [&](simulation& sim) { static_cast<void>(test(sim)); });
  out.token = encode_token(run, how.name, spec.level.order, spec.level.max_lag);
  if (small.done)
    out.pin = render_pin(small.schedule);
}

} // namespace

outcome_list outcomes(const options& given, const valued_body& test)
{
  const options how = with_environment(given);
  check_options(how);
  plan schedules(how, seed_of(how));
  const std::unique_ptr<strategy> answers = make_strategy(how.strategy);
  if (answers->systematic())
    throw usage_error("outcomes() cannot go through schedules systematically yet",
        "use a sampling strategy, \"portfolio\" say, with as many schedules as you have time for");
  std::map<std::string, sighting> seen;
  recording run(level_for(how, recording::level::full));
  machine world;
  outcome_list out;
  for (; out.schedules < budget_of(how); ++out.schedules)
  {
    const schedule_spec spec = schedules[out.schedules];
    std::string value;
    run_schedule(world, run, spec, answers.get(), how, [&](simulation& sim) { value = test(sim); });
    if (out.schedules == 0)
      schedules.keep(plan::seen_in(run.header()));
    if (out.schedules < answers->learns_from())
      answers->learn(run);
    if (run.header().discarded)
      continue;
    if (run.header().outcome != verdict::pass)
      value = "failed: " + std::string(run.message());
    sighting& s = seen[value];
    if (s.count++ == 0)
    {
      s.spec = spec;
      s.spec.dullest = false;
      s.choices = choices_of(run);
    }
    if (schedules.single())
      break;
  }
  for (const auto& [value, s] : seen)
  {
    out.all.push_back({value, s.count, {}, {}});
    represent(out.all.back(), how, test, s);
  }
  std::ranges::stable_sort(out.all, std::greater(), &outcome::count);
  out.report = "detent: \"" + how.name + "\": " + std::to_string(seen.size()) + " outcomes in "
      + std::to_string(out.schedules) + " schedules\n";
  for (const outcome& o : out.all)
    out.report += "  " + std::to_string(o.count) + " times  " + o.value + "  DETENT_REPLAY=" + o.token + "\n";
  return out;
}

} // namespace detent
