// Live progress on a terminal; silence elsewhere.
#pragma once

#include <detent/clock.hpp>
#include <detent/explore.hpp>

#include <cstdint>

namespace detent {

class progress
{
public:
  progress(const options& how, std::uint64_t schedules);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  // Of a systematic search also what it is at: schedules of this level, and the share of it that they are.
  void update(std::uint64_t done, std::uint64_t distinct, std::uint64_t executions = 0, double fraction = 0);

private:
  const options& how_;
  std::uint64_t schedules_;
  bool terminal_;
  bool shown_ = false;
  wall_clock::time_point started_;
};

} // namespace detent
