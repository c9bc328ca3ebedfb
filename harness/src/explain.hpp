// Why a shrunk schedule fails, in sentences.
#pragma once

#include <detent/report.hpp>

#include <string>

namespace detent {

// The constraints that it takes, each by the steps of the table; the window in which it happens; empty for a schedule
// that was not shrunk.
std::string explain(const report_input& in);

} // namespace detent
