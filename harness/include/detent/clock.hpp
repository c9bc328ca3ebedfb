// Where virtual time starts, and real time for those who need it.
//
// A simulation counts nanoseconds from 0. The program's clocks read that count plus a fixed start:
//
//   steady_clock   86,400.000000001 s: not zero and not round, so that code which treats the epoch as
//                  "never" or rounds to seconds shows itself
//   system_clock   2000-01-01T00:00:00Z
//
// wall_clock is the real, monotonic clock, also inside a simulation: for benchmarks and time budgets.
#pragma once

#include <chrono>
#include <cstdint>

namespace detent {

inline constexpr std::int64_t steady_start = 86'400'000'000'001;      // ns
inline constexpr std::int64_t system_start = 946'684'800'000'000'000; // ns

struct wall_clock
{
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<wall_clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;
};

} // namespace detent
