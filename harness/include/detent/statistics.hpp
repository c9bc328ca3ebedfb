// What a schedule has cost so far, in steps and in virtual time: simulation::stats().
//
//     const detent::statistics s = sim.stats();
//     REQUIRE(s.longest_wait < 5ms);               // no handler was kept waiting by another one
//     REQUIRE(s.of("reader").steps > 1);
//
// A step waits when it is ready and something else runs: virtual time passes meanwhile only where a step takes time
// (simulation::elapse, a blocking sleep) or the machine is slow (options::max_lag).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace detent {

struct task_statistics
{
  std::string name;
  std::uint32_t steps = 0;
  std::chrono::nanoseconds waited{0}; // ready, before its steps began; in all
};

struct statistics
{
  std::uint64_t steps = 0;
  std::uint64_t choices = 0; // recorded ones
  std::uint32_t clock_moves = 0;
  std::chrono::nanoseconds longest_wait{0}; // of a ready step
  std::vector<task_statistics> tasks;

  // By name, or path; one without steps if there is none.
  task_statistics of(std::string_view name) const
  {
    for (const task_statistics& t : tasks)
      if (t.name == name)
        return t;
    return {std::string(name)};
  }
};

} // namespace detent
