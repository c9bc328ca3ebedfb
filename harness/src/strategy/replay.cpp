#include "replay.hpp"

#include <detent/recording.hpp>

namespace detent {
namespace {

constexpr const char* edited = "; the test or the code under test has changed since the token was printed, so "
                               "explore again";

} // namespace

std::uint32_t replayer::choose(const choice_point& at)
{
  if (next_ == recorded_.choices.size())
    return 0;
  const token_choice& expected = recorded_.choices[next_];
  if (zeros_ < expected.zeros_before)
  {
    ++zeros_;
    return 0;
  }
  ++next_;
  zeros_ = 0;
  if (at.kind != expected.kind)
    return diverge(at, "a " + std::string(to_string(expected.kind)) + " choice");
  if (at.kind != choice_kind::step)
    return expected.index < at.alternatives ? expected.index
                                            : diverge(at, "alternative " + std::to_string(expected.index));
  std::uint32_t occurrence = expected.occurrence;
  for (std::uint32_t i = 0; i < at.alternatives; ++i)
    if (at[i].label == expected.label && occurrence-- == 0)
      return i;
  return diverge(at, expected.path + " to be ready");
}

std::uint32_t replayer::diverge(const choice_point& at, const std::string& expected)
{
  std::string found = "a " + std::string(to_string(at.kind)) + " choice among ";
  if (at.kind == choice_kind::step)
  {
    const std::span<const task_record> tasks(&world_.tasks()[main_task], world_.tasks().size());
    for (std::uint32_t i = 0; i < at.alternatives; ++i)
      found += (i ? ", " : "") + (at[i].task == clock_task ? "the clock" : task_path(tasks, at[i].task));
  }
  else
    found += std::to_string(at.alternatives);
  world_.fail(verdict::diverged,
      "diverged at step " + std::to_string(world_.steps() + 1) + ": expected " + expected + ", found " + found
          + edited);
  return 0;
}

void replayer::check_end()
{
  if (world_.failed() && next_ == recorded_.choices.size()
      && static_cast<std::uint32_t>(world_.hash()) == recorded_.hash)
    return;
  if (world_.record()->header().outcome == verdict::diverged)
    return;
  if (next_ != recorded_.choices.size())
    world_.overrule(verdict::diverged,
        "diverged at step " + std::to_string(world_.steps()) + ": expected further choices, found the end of the test"
            + edited);
  else if (static_cast<std::uint32_t>(world_.hash()) != recorded_.hash)
    world_.overrule(verdict::diverged,
        "diverged: every recorded choice could be made, but the " + std::to_string(world_.steps())
            + " steps were not the recorded ones" + edited);
}

} // namespace detent
