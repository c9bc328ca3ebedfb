// Strategies: who answers the choices of a schedule.
//
//     class last_ready final : public detent::strategy
//     {
//       std::uint32_t choose(const detent::choice_point& at) override { return at.alternatives - 1; }
//     };
//
// A strategy is told of a schedule's start by begin() and then asked once for every choice, in order, on the
// thread that runs the schedule. It must answer with an index below at.alternatives, and may depend on
// nothing but what begin() and choose() are given and what it has learned: the same seed and the same program
// give the same schedule.
//
// Schedules of one exploration run in several processes. A strategy that learns does so from the first schedules only,
// which run one after the other: learn() is then called once for each of them, in order, in every process.
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
class recording;

// One thing that could happen next.
struct alternative
{
  task_id task = no_task;    // clock_task for the clock
  std::uint64_t label = 0;   // the task's label: equal in every schedule
  std::int64_t since = 0;    // virtual time, in ns, at which it became ready
  std::uint32_t number = 0;  // which of its task's steps it would be, 1 for the first
  std::uint32_t arrival = 0; // steps become ready in this order; 0 for the clock
};

// One question. Valid during the call of choose() only.
struct choice_point
{
  choice_kind kind;
  std::uint32_t alternatives;
  const machine* world;
  const lane* from;  // null unless kind is step
  bool rare = false; // anything but 0 is a mishap: sampling strategies answer it seldom

  // For step choices; the other kinds have no tasks to look at. O(1) for a queue without held steps.
  alternative operator[](std::uint32_t index) const noexcept;
};

class systematic_strategy;

class strategy
{
public:
  virtual ~strategy() = default;

  // A schedule starts: its seed, and its index in the exploration.
  virtual void begin(std::uint64_t seed, std::uint64_t index)
  {
    static_cast<void>(seed);
    static_cast<void>(index);
  }
  virtual std::uint32_t choose(const choice_point& at) = 0;

  // The answer of a strategy to whom the rest of the schedule is of no interest: it ends, and does not count.
  static constexpr std::uint32_t discards = ~std::uint32_t{0};

  // Whether it is asked for steps too that have no alternative.
  virtual bool wants_every_step() const { return false; }

  // How many of an exploration's first schedules it is shown, recorded at recording::level::full.
  virtual std::uint64_t learns_from() const { return 0; }
  virtual void learn(const recording& run) { static_cast<void>(run); }

  // A strategy that goes through all schedules, and knows when it has.
  virtual systematic_strategy* systematic() { return nullptr; }
};

// By name, as in options::strategy and DETENT_STRATEGY; some take a number, "pct(3)". Throws usage_error, listing the
// names it knows.
std::unique_ptr<strategy> make_strategy(std::string_view name);
std::vector<std::string> strategy_names();

} // namespace detent
