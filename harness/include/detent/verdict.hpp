// Verdicts: how a schedule ended.
#pragma once

#include <cstdint>
#include <string_view>

namespace detent {

enum class verdict : std::uint8_t
{
  pass,
  assertion,           // the test framework's assertion failed, or the body threw
  unhandled_exception, // an exception left a detached coroutine or a handler
  deadlock,            // operations are outstanding, nothing is ready, no deadline lies ahead
  leak,                // operations outlive the test; with options::leaks
  livelock,            // more than max_steps steps, or max_steps_per_instant, or one step that does not end
  invariant,           // simulation::invariant
  liveness,            // simulation::eventually
  vacuous,             // what sometimes() asks for was the case in no schedule
  hog,                 // a step took more than max_step_time of its thread, or slept in it
  not_linearizable,    // check_linearizable
  crash,               // a signal, abort, exit or a sanitizer's report, in the code under test
  diverged,            // a replay met another choice than the recorded one
  nondeterministic     // one schedule, run twice, gave two traces
};

std::string_view to_string(verdict v) noexcept;

} // namespace detent
