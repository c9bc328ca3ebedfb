// What the parts of a report have in common.
#pragma once

#include <detent/verdict.hpp>

namespace detent {

// What no single step did wrong.
inline bool is_of_no_task(verdict v)
{
  return v == verdict::deadlock || v == verdict::leak || v == verdict::liveness || v == verdict::livelock;
}

} // namespace detent
