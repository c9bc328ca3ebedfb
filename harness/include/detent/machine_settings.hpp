// What a machine runs one schedule under. For adapters and the explorer; tests set detent::options.
#pragma once

#include <detent/lane.hpp>

#include <cstdint>

namespace detent {

// What goes wrong now and then, as real machines have it.
enum class mishap : std::uint8_t
{
  wake_up,       // a thread's wait for a condition variable ends although nobody has notified it
  short_transfer // a socket takes or gives one byte where it could more
};

struct machine_settings
{
  detent::order order = order::fifo; // of contexts that do not say that one thread runs them
  std::int64_t max_lag = 0;          // ns; 0: the clock moves only when nothing is ready
  std::int64_t noted_lag = 0;        // ns; a trace notes whether a max_lag like this would add a choice
  std::uint64_t max_steps = 100'000;
  std::uint64_t max_steps_per_instant = 50'000;
  std::int64_t max_step_time = 0;     // ns of its thread's time; 0: not measured
  bool warns = false;                 // what is no failure, but worth a word, is noted
  bool call_sites = true;             // of what is started are kept for the report
  bool keeps_trace = false;           // for simulation::trace()
  bool leaks = false;                 // operations that outlive the test are a failure
  std::uint64_t seed = 0;             // of rng() and entropy()
  bool traced = true;                 // as far as the recording has room for a trace
  bool for_token = true;              // a trace's choices are recorded as a token needs them: O(ready steps) for each
  std::uint32_t spurious_wakeups = 0; // mishaps of each kind, at most
  std::uint32_t short_transfers = 0;
  bool os_threads = false; // a thread of the simulation is one of the operating system's
  bool implicit = false;   // the simulation of a thread outside any exploration
};

} // namespace detent
