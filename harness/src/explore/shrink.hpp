// Shrinking: from a failing schedule to the fewest ordering constraints under which it still fails.
//
// Every schedule is the dullest one under some constraints: each step that was passed over waits for the last one that
// passed it. Answers that are not 0 are kept as they are. Then, by delta debugging, what is not needed goes: answers
// first (faults are answers), then moves of the clock, then the order of steps, in ever smaller chunks down to single
// ones. What is left is minimal: without any one constraint the schedule passes. Every attempt runs as the search did,
// so failures that crash or hang shrink too.
//
// Where constraints do not reproduce the failure (the program decides by what is not simulated), the choices themselves
// are reduced: as many of them as possible become 0.
//
// Source: Zeller, Hildebrandt: "Simplifying and isolating failure-inducing input" (TSE 2002), its complements only.
#pragma once

#include "schedule.hpp"

#include <detent/constraint.hpp>
#include <detent/explore.hpp>

#include <cstdint>

namespace detent {

struct shrunk_schedule
{
  bool done = false; // false: constraints do not reproduce it
  pinned_schedule schedule;
  std::vector<std::uint32_t> choices; // then: the same reduction of the choices that are not 0
  std::size_t before = 0;             // how many constraints and answers there were at first
  std::uint64_t replays = 0;
};

// `answers` is the strategy that found it, prepared as for that schedule; `run` is left with a recording of the failing
// schedule as it was found.
shrunk_schedule shrink(const options& how, const body& test, const schedule_spec& failing, strategy& answers,
    bool isolated, recording& run);

} // namespace detent
