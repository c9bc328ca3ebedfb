// Strategies: who answers the choices of a schedule.
//
//     class last_ready final : public detent::strategy
//     {
//       std::uint32_t choose(const detent::choice_point& at) override { return at.alternatives - 1; }
//     };
//
// A strategy is told of a schedule's start by begin() and then asked once for every choice, in order, on the
// thread that runs the schedule. It must answer with an index below at.alternatives, and may depend on
// nothing but the seed and what it was shown: the same seed and the same program give the same schedule.
// Schedules of one exploration run in several processes, so nothing learned may pass from one to the next
// except through the seed.
//
// A new strategy is one file in harness/src/strategy/ and one line in its table.cpp.
#pragma once

#include <detent/choice.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace detent {

class lane;
class machine;

// One thing that could happen next.
struct alternative
{
  task_id task = no_task;  // clock_task for the clock
  std::uint64_t label = 0; // the task's label: equal in every schedule
  std::int64_t since = 0;  // virtual time, in ns, at which it became ready
};

// One question. Valid during the call of choose() only.
struct choice_point
{
  choice_kind kind;
  std::uint32_t alternatives;
  const machine* world;
  const lane* from; // null unless kind is step

  // For step choices; the other kinds have no tasks to look at. O(1) for a queue without held steps.
  alternative operator[](std::uint32_t index) const noexcept;
};

class strategy
{
public:
  virtual ~strategy() = default;
  virtual void begin(std::uint64_t seed) { static_cast<void>(seed); }
  virtual std::uint32_t choose(const choice_point& at) = 0;
};

// By name, as in options::strategy and DETENT_STRATEGY. Throws usage_error, listing the names it knows.
std::unique_ptr<strategy> make_strategy(std::string_view name);
std::vector<std::string> strategy_names();

} // namespace detent
