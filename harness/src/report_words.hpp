// What the parts of a report have in common.
#pragma once

#include <detent/recording.hpp>
#include <detent/verdict.hpp>

namespace detent {

// What no single step did wrong.
inline bool is_of_no_task(verdict v)
{
  return v == verdict::deadlock || v == verdict::leak || v == verdict::liveness || v == verdict::livelock;
}

// Who failed, if it was one task: so it is in a step that does not end.
inline bool is_of_a_task(const recording_header& h)
{
  return !is_of_no_task(h.outcome) || (h.outcome == verdict::livelock && !h.finished);
}

} // namespace detent
