// One schedule: what it runs under, and running it.
#pragma once

#include <detent/explore.hpp>
#include <detent/recording.hpp>
#include <detent/strategy.hpp>

#include <cstdint>

namespace detent {

// What a schedule may do beyond one thread on an idle machine. Ordered from the weakest to the strongest.
struct assumption_level
{
  detent::order order;
  std::int64_t max_lag;
};

struct schedule_spec
{
  std::uint64_t index = 0;
  std::uint64_t seed = 0;
  assumption_level level{order::fifo, 0};
  bool dullest = false; // every choice 0
  bool traced = true;
  bool for_token = true;
  bool for_report = false; // with the lines of the program
  std::int64_t noted_lag = 0;
};

// What a schedule is recorded at, at least: with options::trace everything.
inline recording::level level_for(const options& how, recording::level least)
{
  return how.trace ? recording::level::report : least;
}

// Runs the body under one schedule and leaves the outcome in the recording.
void run_schedule(machine& world, recording& into, const schedule_spec& spec, strategy* answers, const options& how,
    const body& test);

} // namespace detent
