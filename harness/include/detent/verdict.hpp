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
  livelock,            // more than max_steps steps, or one step that does not end
  crash,               // a signal, abort, exit or a sanitizer's report, in the code under test
  diverged,            // a replay met another choice than the recorded one
  nondeterministic     // one schedule, run twice, gave two traces
};

std::string_view to_string(verdict v) noexcept;

} // namespace detent
