// Ordering constraints: what a failing schedule comes down to.
//
// A schedule is the dullest one but for a few constraints, "this step before that one", and for the answers to ties and
// values that are not 0. Constraints name steps by task and number, so they hold on when unrelated code changes.
//
// As text, which DETENT_REPLAY and options::replay take like a token:
//
//     pin1:any,lag=10ms:main.2#4<main.1#2,clock#3<main.1#2,main=1
//
// `task#2` is the second step of that task to become ready. After the format: the order and lag it runs under, and the
// seed of sim.rng() if that was used (seed=0x2a); then `first<second` for each constraint, where the clock's steps are
// its moves, and `task=2` for a value, or `task~2` for a tie, in the order in which the task asks for them; zeros at
// the end are left out. Unlike a token a pin is not tied to one trace: it fails as diverged only if a step that it
// names never comes.
#pragma once

#include <detent/choice.hpp>
#include <detent/lane.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace detent {

struct step_name
{
  std::string task; // its path, or "clock"
  std::uint64_t label = 0;
  std::uint32_t number = 0; // which of its steps, 1 for the first

  bool operator==(const step_name& other) const noexcept { return label == other.label && number == other.number; }
};

struct constraint
{
  step_name first;
  step_name second;
};

// The n-th answer that a task gets to a question of one kind.
struct fixed_answer
{
  choice_kind kind = choice_kind::value;
  std::string task;
  std::uint64_t label = 0;
  std::uint32_t index = 0;
};

struct pinned_schedule
{
  detent::order order = order::fifo;
  std::int64_t max_lag = 0;
  bool has_seed = false;
  std::uint64_t seed = 0;
  std::vector<constraint> constraints;
  std::vector<fixed_answer> answers; // each task's in order, zeros too
};

bool is_pin(std::string_view text) noexcept;
std::string render_pin(const pinned_schedule& pinned);

// Throws usage_error for what is no pin.
pinned_schedule parse_pin(std::string_view text);

// The label of the task with this path.
std::uint64_t label_of(std::string_view path);

} // namespace detent
