// Choices: everything that a schedule decides.
//
// Every nondeterministic outcome is the answer to one question, "which of these n alternatives?". A schedule
// is the list of answers. Alternative 0 is always the dullest one (the oldest ready step, timers in the
// order of the timer heap), so the schedule of zeros is the run that a plain single-threaded event loop
// would have made. A question with one alternative is not asked and not recorded.
//
// A choice is recorded with its kind, the number of alternatives, and the chosen one twice: by index, and by
// label (the task it belongs to, and which of that task's alternatives it was). Replay goes by label.
#pragma once

#include <detent/task.hpp>

#include <cstdint>
#include <string_view>

namespace detent {

enum class choice_kind : std::uint8_t
{
  step, // which ready step runs next; the last alternative may be the clock
  tie,  // which timer of one deadline is handled first, in a context that one thread runs
  value // simulation::choose
};

std::string_view to_string(choice_kind kind) noexcept;

// The "task" of the alternative "the clock moves although a step is ready".
inline constexpr task_id clock_task = 0xfffffffe;

struct choice
{
  choice_kind kind;
  std::uint8_t occurrence; // 0 for the first alternative of that task, 1 for its second, ...
  std::uint16_t reserved;
  std::uint32_t alternatives;
  std::uint32_t index;
  task_id task;
};

} // namespace detent
