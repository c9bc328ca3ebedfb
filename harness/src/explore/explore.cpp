#include <detent/explore.hpp>

#include "../environment.hpp"
#include "../strategy/constrained.hpp"
#include "../strategy/replay.hpp"
#include "../strategy/scripted.hpp"
#include "../plural.hpp"
#include "failure_corpus.hpp"
#include "plan.hpp"
#include "report_files.hpp"
#include "search.hpp"
#include "shrink.hpp"

#include <detent/error.hpp>
#include <detent/report.hpp>
#include <detent/token.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace detent {
namespace {

void take_outcome(result& out, const recording& run)
{
  const recording_header& header = run.header();
  out.verdict = header.outcome;
  out.message = header.message;
  out.task = task_name(run.tasks(), header.failed_task);
  out.needs.threads = header.out_of_order != 0;
  out.needs.lag = std::chrono::nanoseconds(header.longest_lag);
  out.steps = header.steps;
  out.hash = header.hash;
}

void refuse_nesting(const char* call)
{
  if (const machine* outer = machine::current(); outer && !outer->settings().implicit)
    throw usage_error(std::string(call) + " is called inside the body of another exploration",
        "explore one body at a time; a body makes choices of its own with simulation::choose");
}

// The command that runs this program as it was run.
std::string own_command()
{
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string raw((std::istreambuf_iterator<char>(file)), {});
  std::string command;
  for (std::size_t at = 0; at < raw.size();)
  {
    const std::string argument = raw.c_str() + at;
    at += argument.size() + 1;
    const bool plain =
        argument.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%")
        == std::string::npos;
    if (!command.empty())
      command += ' ';
    command += plain && !argument.empty() ? argument : "'" + argument + "'";
  }
  return command;
}

std::string command_of(const options& how) { return how.command.empty() ? own_command() : how.command; }

// A failure under strong assumptions may also happen under weaker ones: each weaker level is searched for as
// long as the failure took to find, but not for ever.
void weaken(search_outcome& found, schedule_spec& failing, const plan& all, const options& how, const body& test)
{
  const std::uint64_t budget = std::min<std::uint64_t>(200 + *found.failing, 1'000);
  std::uint64_t salt = 0;
  for (const assumption_level& level : all.levels())
  {
    if (level.order == failing.level.order && level.max_lag == failing.level.max_lag)
      return;
    if (level.order == order::any && failing.level.order == order::fifo)
      continue; // not weaker, only other
    plan weaker(level, mix(seed_of(how), ++salt));
    const search_outcome tried = search(weaker, budget, how, test);
    if (!tried.failing)
      continue;
    failing = tried.spec;
    found.message = tried.message;
    found.choices = tried.choices;
    return;
  }
}

void add_last_words(result& out, const std::string& worker_stderr)
{
  if (out.verdict == verdict::crash && !worker_stderr.empty())
    out.report += "\n  the last words on its stderr:\n" + worker_stderr + (worker_stderr.ends_with('\n') ? "" : "\n");
}

// The schedule without the last constraint: by minimality it passes.
std::string nearest_passing(
    const options& how, const body& test, const schedule_spec& failing, pinned_schedule schedule, bool isolated)
{
  if (schedule.constraints.empty())
    return {};
  schedule.constraints.pop_back();
  recording run(level_for(how, recording::level::full));
  run_recorded(run, how, isolated, [&] {
    machine world;
    constrained answers(schedule);
    run_schedule(world, run, failing, &answers, how, test);
  });
  if (run.header().outcome != verdict::pass || run.header().discarded)
    return {};
  return encode_token(run, how.name, failing.level.order, failing.level.max_lag);
}

result replayed_outcome(const options& how, const recording& run, std::uint64_t seed, const std::string& output)
{
  result out;
  take_outcome(out, run);
  out.seed = seed;
  out.schedules = out.distinct = 1;
  out.token = how.replay;
  out.report = render_report({.run = run, .outcome = out, .how = how, .command = command_of(how), .replayed = true});
  add_last_words(out, output);
  if (!out.passed())
    write_report_files(how, out, run);
  return out;
}

result replay_pin(const options& how, const body& test, bool isolated)
{
  const pinned_schedule pinned = parse_pin(how.replay);
  recording run(recording::level::report);
  schedule_spec spec;
  spec.for_report = true;
  spec.seed = pinned.seed;
  spec.level = {pinned.order, pinned.max_lag};
  const std::string output = run_recorded(run, how, isolated, [&] {
    machine world;
    constrained answers(pinned);
    run_schedule(world, run, spec, &answers, how, test);
    if (const step_name* step = answers.missing(world); step && !world.failed())
      world.overrule(verdict::diverged,
          "diverged: the pinned schedule names step " + std::to_string(step->number) + " of " + step->task
              + ", which never came; the test or the code under test has changed, so explore again");
  });
  return replayed_outcome(how, run, spec.seed, output);
}

result replay_token(const options& how, const body& test, bool isolated)
{
  if (is_pin(how.replay))
    return replay_pin(how, test, isolated);
  const token recorded = decode_token(how.replay);
  check_token(recorded, how.name);
  recording run(recording::level::report);
  schedule_spec spec;
  spec.for_report = true;
  spec.seed = recorded.has_seed ? recorded.seed : 0;
  spec.level = {recorded.order, recorded.max_lag};
  const std::string output = run_recorded(run, how, isolated, [&] {
    machine world;
    replayer answers(recorded, world);
    run_schedule(world, run, spec, &answers, how, test);
    answers.check_end();
  });
  return replayed_outcome(how, run, spec.seed, output);
}

std::string number(std::uint64_t n) { return std::to_string(n); }

std::string words_for(coverage c, const search_outcome& found, const options& how)
{
  switch (c)
  {
  case coverage::complete:
    return found.single ? "complete: there is nothing to choose, one interleaving exists" : "complete";
  case coverage::modulo_declared:
    return "complete modulo declared objects";
  case coverage::bounded:
    return "bounded by " + how.strategy;
  case coverage::sampled:
    break;
  }
  if (found.fraction <= 0)
    return "sampled";
  char text[80];
  std::snprintf(text, sizeof text, "not complete: about %.2g schedules in all, %.2g %% of them run",
      static_cast<double>(found.executions) / found.fraction, 100 * found.fraction);
  return text;
}

coverage coverage_of(const search_outcome& found)
{
  if (!found.complete)
    return coverage::sampled;
  if (found.bounded)
    return coverage::bounded;
  return found.reduced ? coverage::modulo_declared : coverage::complete;
}

result passed(const search_outcome& found, const options& how, std::uint64_t seed)
{
  result out;
  out.seed = seed;
  out.schedules = found.schedules;
  out.distinct = found.distinct;
  out.discarded = found.discarded;
  out.pairs = found.pairs;
  out.pairs_both = found.pairs_both;
  out.executions = found.executions;
  out.partial_orders = found.partial_orders;
  out.coverage = coverage_of(found);
  out.steps = found.steps;
  out.hash = found.hash;
  char seed_text[32];
  std::snprintf(seed_text, sizeof seed_text, "0x%llx", static_cast<unsigned long long>(seed));
  out.report = "detent: \"" + how.name + "\" passed: " + number(out.schedules) + " schedules, " + number(out.distinct)
      + " distinct" + (out.discarded ? ", " + number(out.discarded) + " discarded" : "") + ", "
      + words_for(out.coverage, found, how)
      + (out.pairs ? ", " + number(out.pairs_both) + " of " + number(out.pairs) + " conflicting pairs in both orders"
                   : "")
      + ", seed " + seed_text + "\n";
  out.warning = found.warning;
  if (out.coverage == coverage::modulo_declared && out.executions == 1)
    out.warning += std::string(out.warning.empty() ? "" : "\n")
        + "no two steps touch one declared object, so one order stands for all: declare what tasks share "
          "(<detent/touch.hpp>), or take strategy depth_first";
  out.report += warning_lines(out.warning);
  return out;
}

// The names given to sometimes() that were reached, and were the case in no schedule.
result judge_sometimes(result&& passed, const search_outcome& found, const options& how)
{
  std::string never;
  std::size_t count = 0;
  for (const auto& [name, held] : found.sometimes)
    if (!held)
    {
      never += (never.empty() ? "\"" : ", \"") + name + "\"";
      ++count;
    }
  if (never.empty())
    return std::move(passed);
  passed.verdict = verdict::vacuous;
  passed.message = "sometimes " + never + ": reached, and the case in none of " + plural(found.schedules, "schedule");
  char seed_text[32];
  std::snprintf(seed_text, sizeof seed_text, "0x%llx", static_cast<unsigned long long>(passed.seed));
  passed.report = "detent: \"" + how.name + "\" failed: vacuous\n  " + passed.message
      + "\n  The test passes without what it is there to test. Either the condition cannot be true (a dead branch, a "
        "limit "
        "that\n  is never reached), or it takes more: options::schedules, a longer max_lag, other inputs.\n  explored "
      + plural(found.schedules, "schedule") + ", " + number(found.distinct) + " distinct, "
      + words_for(passed.coverage, found, how) + ", DETENT_SEED=" + seed_text + "\n";
  return std::move(passed);
}

// A failure, as simple as it can be made, with its report.
result search_and_report(const options& how, const body& test)
{
  const std::uint64_t seed = seed_of(how);
  plan schedules(how, seed);
  search_outcome found = search(schedules, budget_of(how), how, test);
  if (!found.failing && found.discarded == found.schedules && found.schedules != 0)
    throw usage_error("all " + number(found.schedules) + " schedules were discarded, so nothing was tested",
        "make simulation::discard() rarer: draw inputs that make sense, instead of discarding the others");
  if (!found.failing)
    return judge_sometimes(passed(found, how, seed), found, how);

  schedule_spec failing = found.spec;
  weaken(found, failing, schedules, how, test);
  scripted as_found(found.choices);
  recording run(recording::level::report);
  const shrunk_schedule small = shrink(how, test, failing, as_found, found.isolated, run);

  failing.for_report = true;
  constrained simplest(small.schedule);
  scripted reduced(small.choices.empty() ? found.choices : small.choices);
  strategy* answers = &reduced;
  if (small.done)
  {
    answers = &simplest;
    failing.level = {small.schedule.order, small.schedule.max_lag};
  }
  const std::string output = run_recorded(run, how, found.isolated, [&] {
    machine world;
    run_schedule(world, run, failing, answers, how, test);
  });
  if (run.header().outcome == verdict::pass)
  {
    run.header().outcome = verdict::nondeterministic;
    std::snprintf(run.header().message, sizeof run.header().message,
        "schedule %llu failed (%.200s) and passed when run again: the test depends on something that is not "
        "simulated (a static, an address, real time)",
        static_cast<unsigned long long>(failing.index + 1), found.message.c_str());
  }
  result out;
  take_outcome(out, run);
  out.seed = seed;
  out.schedules = *found.failing + 1;
  out.distinct = found.distinct;
  out.discarded = found.discarded;
  out.warning = found.warning;
  out.token = encode_token(run, how.name, failing.level.order, failing.level.max_lag);
  out.shrunk = small.done && how.shrink;
  if (out.shrunk)
  {
    out.constraints = small.schedule.constraints;
    out.pin = render_pin(small.schedule);
    out.nearest_passing = nearest_passing(how, test, failing, small.schedule, found.isolated);
  }
  out.replays = small.replays;
  out.report = render_report({.run = run,
      .outcome = out,
      .how = how,
      .command = command_of(how),
      .failing_schedule = *found.failing + 1,
      .budget = budget_of(how),
      .constraints_before = small.before});
  add_last_words(out, output);
  write_report_files(how, out, run);
  return out;
}

// Nothing if the program is no longer the token's, and that is no failure.
std::optional<result> replay_or_go_on(const options& how, const body& test)
{
  result replayed = replay_token(how, test, can_isolate(how));
  if (replayed.verdict != verdict::diverged || how.on_divergence == divergence::fail)
    return replayed;
  std::fprintf(stderr, "detent: \"%s\": %s\n  Exploring instead.\n", how.name.c_str(), replayed.message.c_str());
  return std::nullopt;
}

// The schedules that failed the last time.
std::optional<result> try_kept(const failure_corpus& kept, const options& how, const body& test)
{
  for (const std::string& token : kept.tokens())
  {
    options again = how;
    again.replay = token;
    result r = replay_token(again, test, can_isolate(how));
    if (!r.passed() && r.verdict != verdict::diverged)
    {
      r.report += "  found   in " + kept.file() + ", where it was kept when it failed before\n  replay  DETENT_REPLAY="
          + token + " \\\n          " + command_of(how) + "\n";
      return r;
    }
    kept.forget(token); // repaired, or of another program
  }
  return std::nullopt;
}

} // namespace

result explore(const options& given, const body& test)
{
  refuse_nesting("explore");
  const options how = with_environment(given);
  check_options(how);
  if (!how.replay.empty())
    if (std::optional<result> replayed = replay_or_go_on(how, test))
      return *std::move(replayed);
  if (how.corpus.empty())
    return search_and_report(how, test);

  const failure_corpus kept(how.corpus, how.name);
  if (std::optional<result> known = try_kept(kept, how, test))
    return *std::move(known);
  result found = search_and_report(how, test);
  if (!found.token.empty())
    kept.keep(found.token);
  return found;
}

result replay(std::string_view token_or_pin, const options& given, const body& test)
{
  refuse_nesting("replay");
  options how = given;
  how.replay = token_or_pin;
  if (const char* other = std::getenv("DETENT_REPLAY"); other && *other)
    how.replay = other;
  check_options(how);
  if (std::optional<result> replayed = replay_or_go_on(how, test))
    return *std::move(replayed);
  return search_and_report(how, test);
}

result simulate(const options& given, const body& test)
{
  refuse_nesting("simulate");
  options how = given;
  how.trace = true; // it is recorded for the report anyway
  check_options(how);
  if (!how.replay.empty())
    return replay_token(how, test, false);
  schedule_spec spec;
  spec.for_report = true;
  spec.seed = seed_of(how);
  spec.index = mix(spec.seed) >> 32; // a portfolio's turn
  spec.dullest = !how.seed;
  spec.level = {how.order == ordering::any ? order::any : order::fifo, how.seed ? how.max_lag.count() : 0};
  recording run(recording::level::report);
  run_recorded(run, how, false, [&] {
    machine world;
    const auto answers = make_strategy(how.strategy);
    run_schedule(world, run, spec, answers.get(), how, test);
  });
  result out;
  take_outcome(out, run);
  out.seed = spec.seed;
  out.schedules = out.distinct = 1;
  if (!out.passed())
    out.token = encode_token(run, how.name, spec.level.order, spec.level.max_lag);
  out.report = out.passed()
      ? passed({.schedules = 1, .distinct = 1}, how, spec.seed).report
      : render_report({.run = run, .outcome = out, .how = how, .command = command_of(how), .failing_schedule = 1});
  return out;
}

} // namespace detent
