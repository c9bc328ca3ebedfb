// Every example's bug is found from each of many seeds, and its printed token replays it in a fresh process.
//
//     hunt SEEDS           all of it
//     hunt replay NAME     what the children do, with DETENT_REPLAY in the environment
#include "replaying.hpp"

#include "catalogue.hpp"

#include <detent/asio.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace asio = boost::asio;

using replaying::in_fresh_process;
using replaying::outcome;
using replaying::printed_token;

namespace {

constexpr std::uint64_t most_schedules = 1'000;
constexpr std::uint64_t schedules_of_the_fixed = 50; // for each seed

detent::options options_for(const catalogue::example& e)
{
  detent::options how;
  how.name = e.name;
  how.source_lines = false; // thousands of reports
  how.schedules = most_schedules;
  if (e.exact_time)
    how.max_lag = std::chrono::nanoseconds(0);
  return how;
}

detent::body body_of(const catalogue::scenario& code)
{
  return detent::as_body([&code](detent::simulation& sim) { return code(sim.executor()); });
}

bool hunt(const char* self, const catalogue::example& e, std::uint64_t seeds)
{
  std::uint64_t found = 0;
  std::uint64_t replayed = 0;
  std::uint64_t total = 0;
  std::uint64_t worst = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
  {
    detent::options how = options_for(e);
    how.seed = seed;
    const detent::result r = detent::explore(how, body_of(e.broken));
    if (r.verdict != (e.deadlocks ? detent::verdict::deadlock : detent::verdict::assertion))
      continue;
    ++found;
    total += r.schedules;
    worst = std::max(worst, r.schedules);
    replayed += in_fresh_process(self, printed_token(r.report), e.name) == outcome(r);
  }
  const detent::result dullest = detent::simulate(options_for(e), body_of(e.broken));
  detent::options longer = options_for(e);
  longer.schedules = schedules_of_the_fixed * seeds;
  const detent::result fixed = detent::explore(longer, body_of(e.fixed));
  std::printf(
      "%-16s found from %llu of %llu seeds, mean %.1f schedules, worst %llu; replayed %llu; the dullest schedule "
      "%s; fixed twin: %s",
      e.name.c_str(), static_cast<unsigned long long>(found), static_cast<unsigned long long>(seeds),
      found ? static_cast<double>(total) / static_cast<double>(found) : 0.0, static_cast<unsigned long long>(worst),
      static_cast<unsigned long long>(replayed), dullest.passed() ? "passes" : "FAILS", fixed.report.c_str());
  return found == seeds && replayed == seeds && dullest.passed() && fixed.passed();
}

} // namespace

int main(int argc, char** argv)
{
  bool held = argc == 2 || argc == 3;
  for (const catalogue::example& e : catalogue::all())
  {
    if (argc == 2)
      held = hunt(argv[0], e, std::stoull(argv[1])) && held;
    else if (argc == 3 && e.name == argv[2])
      std::printf("%s\n", outcome(detent::explore(options_for(e), body_of(e.broken))).c_str());
  }
  return held ? 0 : 1;
}
