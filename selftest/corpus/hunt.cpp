// Every bug of the corpus is found from each of many seeds by the default strategy, shrinks to the known number of
// constraints, and replays in a fresh process from what was printed; its fixed twin survives.
//
//     hunt [SEEDS [SCHEDULES]]     SCHEDULES of each fixed twin
//     hunt canaries                hunts with something broken, which have to fail
//     hunt failures SEEDS          all failures, as "NAME VERDICT HASH TOKEN", to compare builds
//     hunt replay-failures         the same lines from stdin, replayed
//     hunt replay NAME             what the children do, with DETENT_REPLAY in the environment
#include "../replaying.hpp"
#include "corpus.hpp"

#include <detent/asio.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using replaying::in_fresh_process;
using replaying::outcome;
using replaying::printed_token;

namespace {

constexpr std::uint64_t most_schedules = 2'000;
constexpr std::uint64_t most_replays = 60;
constexpr std::size_t longest_token = 120;

const std::vector<corpus::program> programs = corpus::all();

enum class sabotage
{
  none,
  strategy,
  shrinker,
  oracle
};

detent::options options_for(const corpus::program& p)
{
  detent::options how;
  how.name = p.name;
  how.schedules = std::max<std::uint64_t>(most_schedules, static_cast<std::uint64_t>(p.hard));
  how.source_lines = false; // thousands of reports
  return how;
}

detent::body body_of(const corpus::program& p, corpus::variant which)
{
  return detent::as_body([&p, which](detent::simulation& sim) { return p.run(sim.executor(), which); });
}

bool hunt(const char* self, const corpus::program& p, std::uint64_t seeds, std::uint64_t schedules_of_the_fixed,
    sabotage broken = sabotage::none)
{
  std::uint64_t found = 0;
  std::uint64_t replayed = 0;
  std::uint64_t pinned = 0;
  std::uint64_t worst = 0;
  std::uint64_t replays = 0;
  std::size_t constraints = 0;
  std::size_t sum = 0;
  std::size_t token = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
  {
    detent::options how = options_for(p);
    how.seed = seed;
    if (broken == sabotage::strategy)
      how.schedules = 1;
    how.shrink = broken != sabotage::shrinker;
    const corpus::variant which = broken == sabotage::oracle ? corpus::variant::fixed : corpus::variant::broken;
    const detent::result r = detent::explore(how, body_of(p, which));
    if (r.passed() || r.verdict == detent::verdict::nondeterministic
        || (r.verdict == detent::verdict::deadlock) != p.deadlocks)
      continue;
    ++found;
    worst = std::max(worst, r.schedules);
    replays = std::max(replays, r.replays);
    sum += r.constraints.size();
    constraints = std::max(constraints, r.shrunk ? r.constraints.size() : 999);
    token = std::max(token, r.token.size());
    replayed += in_fresh_process(self, printed_token(r.report), p.name) == outcome(r);
    pinned += in_fresh_process(self, r.pin, p.name) == outcome(r);
  }
  const detent::result dullest = detent::simulate(options_for(p), body_of(p, corpus::variant::broken));
  detent::options longer = options_for(p);
  longer.schedules = schedules_of_the_fixed;
  const detent::result fixed = detent::explore(longer, body_of(p, corpus::variant::fixed));
  const bool holds = found == seeds && replayed == seeds && pinned == seeds && dullest.passed() && fixed.passed()
      && replays <= most_replays && constraints <= static_cast<std::size_t>(p.constraints) + 1
      && (token <= longest_token || p.constraints > 4);
  std::printf("%-18s found %llu of %llu, worst %llu schedules; %zu constraints, %.1f on average (known: %d) after %llu "
              "replays; replayed %llu, "
              "pinned %llu; token up to %zu; dullest %s; fixed twin %s: %s\n",
      p.name.c_str(), static_cast<unsigned long long>(found), static_cast<unsigned long long>(seeds),
      static_cast<unsigned long long>(worst), constraints, static_cast<double>(sum) / static_cast<double>(seeds),
      p.constraints, static_cast<unsigned long long>(replays), static_cast<unsigned long long>(replayed),
      static_cast<unsigned long long>(pinned), token, dullest.passed() ? "passes" : "FAILS",
      fixed.passed() ? "passes" : "FAILS", holds ? "ok" : "NOT OK");
  std::fflush(stdout);
  return holds;
}

// Hunts with something broken have to fail: a strategy that never leaves the dullest schedule, a shrinker that does
// nothing, an oracle that never says no.
bool canaries(const char* self)
{
  const corpus::program& dining = *std::ranges::find(programs, "dining4", &corpus::program::name);
  bool caught = true;
  for (const sabotage what : {sabotage::strategy, sabotage::shrinker, sabotage::oracle})
    caught = !hunt(self, dining, 3, 100, what) && caught;
  return caught && hunt(self, dining, 3, 100);
}

// NAME VERDICT HASH TOKEN for each failure; from the same lines on stdin, with --replay, what their tokens lead to.
void print_failures(std::uint64_t seeds)
{
  for (const corpus::program& p : programs)
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    {
      detent::options how = options_for(p);
      how.seed = seed;
      const detent::result r = detent::explore(how, body_of(p, corpus::variant::broken));
      std::printf("%s %s %s\n", p.name.c_str(), outcome(r).c_str(), r.token.c_str());
    }
}

void replay_failures()
{
  char name[64];
  char verdict[64];
  char hash[32];
  char token[4096];
  while (std::scanf("%63s %63s", name, verdict) == 2)
  {
    if (std::scanf("%31s %4095s", hash, token) != 2)
      return;
    const corpus::program p = *std::ranges::find(programs, name, &corpus::program::name);
    const detent::result r = detent::replay(token, options_for(p), body_of(p, corpus::variant::broken));
    std::printf("%s %s %s\n", name, outcome(r).c_str(), token);
  }
}

} // namespace

int main(int argc, char** argv)
{
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "canaries")
    return canaries(argv[0]) ? 0 : 1;
  if (mode == "failures")
  {
    print_failures(std::strtoull(argv[2], nullptr, 10));
    return 0;
  }
  if (mode == "replay-failures")
  {
    replay_failures();
    return 0;
  }
  bool held = true;
  for (const corpus::program& p : programs)
  {
    if (mode == "replay")
    {
      if (p.name == argv[2])
        std::printf("%s\n", outcome(detent::explore(options_for(p), body_of(p, corpus::variant::broken))).c_str());
      continue;
    }
    const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100;
    const std::uint64_t schedules = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
    held = hunt(argv[0], p, seeds, schedules) && held;
  }
  return held ? 0 : 1;
}
