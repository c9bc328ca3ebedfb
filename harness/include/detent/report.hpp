// The report of a failing schedule: what happened, to whom, what it assumes, and what to type next.
//
// Its centre is the interleaving table: virtual time, step number, a column for each task with what its step
// did, and why this step came next. Plain text, at most `width` columns where the number of tasks allows.
#pragma once

#include <detent/explore.hpp>
#include <detent/recording.hpp>

#include <string>

namespace detent {

struct report_input
{
  const recording& run; // at full level
  const result& outcome;
  const options& how;
  std::string command; // what replays it, without the variable
  std::uint64_t failing_schedule = 0;
  std::uint64_t budget = 1;           // how many schedules there could have been
  std::size_t constraints_before = 0; // shrinking
  bool replayed = false;              // the run was a replay, not the outcome of a search
};

std::string render_report(const report_input& input, std::size_t width = 110);

// What an adapter knows of crashes that are not the program's fault: a line for every report of a crash.
void add_crash_note(std::string note);

// The table alone.
std::string render_table(const recording& run, std::size_t width = 110);

// The steps, their tasks and what woke what, as JSON for Perfetto (https://ui.perfetto.dev) and chrome://tracing.
std::string render_trace(const recording& run);

// The same as one page without links to anything else: the interleaving as a picture, with what each step did.
std::string render_page(const recording& run, const result& outcome, const options& how);

// "3 ms", "1.5 us", "2.000001 s".
// result::warning, as reports show it.
std::string warning_lines(std::string_view warning);

std::string render_time(std::int64_t nanoseconds);

} // namespace detent
