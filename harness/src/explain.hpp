// Why a shrunk schedule fails, in sentences.
#pragma once

#include <detent/report.hpp>

#include <string>

namespace detent {

// The constraints that it takes, each by the steps of the table; the window in which it happens; empty for a schedule
// that was not shrunk.
std::string explain(const report_input& in);

// The steps that the window is, by their numbers in the table; 0 if there is none, as without a single constraint.
struct step_range
{
  std::size_t first = 0;
  std::size_t last = 0;
};
step_range failing_window(const recording& run, const result& outcome);

} // namespace detent
