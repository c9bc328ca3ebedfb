// A strategy that goes through all schedules at one level of assumptions, says so, and starts anew at the next level.
// It learns from every schedule.
#pragma once

#include <detent/strategy.hpp>

#include <cstdint>
#include <vector>

namespace detent {

class systematic_strategy : public strategy
{
public:
  systematic_strategy* systematic() override { return this; }
  std::uint64_t learns_from() const override { return ~std::uint64_t{0}; }
  bool wants_every_step() const override { return true; }

  // Another level, or another bound: everything from the start. A bound is how many races are reversed, or tasks
  // preempted, at most on the way to a schedule, 0 for none. bounds() are those to go through, the last of which says
  // what is complete.
  virtual void restart(std::uint32_t bound) = 0;
  virtual std::vector<std::uint32_t> bounds() const = 0;

  // Whether there is no further schedule at this level.
  virtual bool exhausted() const = 0;

  // How much of this level is done, by the share of each branch that is: schedules so far divided by it estimate
  // how many there are. Source: Kilby, Slaney, Thiebaux, Walsh: "Estimating search tree size" (AAAI 2006).
  virtual double fraction() const = 0;

  // Schedules of this level that ran to their end, and how many partial orders they were.
  virtual std::uint64_t executions() const = 0;
  virtual std::uint64_t partial_orders() const = 0;

  // Whether a bound kept it from some schedules, and whether it relied on declared accesses.
  virtual bool bounded() const = 0;
  virtual bool reduces() const = 0;
};

} // namespace detent
