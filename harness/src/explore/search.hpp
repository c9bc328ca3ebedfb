// Running the schedules of a plan until one fails, in worker processes or in this one.
#pragma once

#include "plan.hpp"

#include <detent/explore.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace detent {

struct search_outcome
{
  std::optional<std::uint64_t> failing{}; // the first by index
  std::string message{};                  // of that failure, as the search saw it
  schedule_spec spec{};                   // and what it ran under
  std::vector<std::uint32_t> choices{};   // and chose
  std::uint64_t schedules = 0;
  std::uint64_t distinct = 0;
  std::uint64_t discarded = 0;
  std::uint64_t pairs = 0; // of conflicting steps, and those seen in both orders
  std::uint64_t pairs_both = 0;
  std::uint64_t steps = 0; // of the last schedule
  std::uint64_t hash = 0;
  bool isolated = false;
  bool single = false;   // there is one interleaving
  bool complete = false; // all schedules at all levels have run, as far as there is no bound
  bool bounded = false;
  bool reduced = false; // equivalent schedules were left out
  std::uint64_t executions = 0;
  std::uint64_t partial_orders = 0;
  std::string warning{};                   // of the dullest schedule
  double fraction = 0;                     // of the level that the search reached
  std::map<std::string, bool> sometimes{}; // what was asked for by name, and whether it was ever the case
};

search_outcome search(plan& schedules, std::uint64_t count, const options& how, const body& test);

// Runs `run`, which records one schedule, in a worker process if `isolated`. What a crash leaves in the
// recording is completed with its verdict. Returns the end of the worker's stderr.
std::string run_recorded(recording& into, const options& how, bool isolated, const std::function<void()>& run);

// Whether schedules can run in forked workers here; if not, says why once.
bool can_isolate(const options& how);

} // namespace detent
