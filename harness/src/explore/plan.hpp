// The plan of an exploration: which schedule comes at which index.
//
// Schedule 0 is the dullest. It shows what there is to choose: ties and values, the order of steps, the clock. From
// then on schedules go round over the levels of assumptions (one thread or several, an idle machine or a slow one) at
// which there is something to choose, the strongest level most often, since it reaches most. What a schedule does
// depends on nothing but its index, the exploration's seed, and what was learned from the first schedules.
//
// A systematic strategy goes through the levels one after the other instead, the weakest first.
#pragma once

#include "schedule.hpp"

#include <detent/explore.hpp>
#include <detent/random.hpp>

#include <vector>

namespace detent {

// What the dullest schedule showed; a bit set, to pass it to other processes.
enum possible : std::uint32_t
{
  to_choose = 1,
  to_reorder = 2,
  to_lag = 4
};

class plan
{
public:
  plan(const options& how, std::uint64_t seed) : seed_(seed), lag_(how.max_lag.count())
  {
    fifo_ = how.order != ordering::any;
    any_ = how.order != ordering::fifo;
    level_ = {fifo_ ? order::fifo : order::any, 0};
  }

  // Of one level only.
  plan(const assumption_level& level, std::uint64_t seed) : seed_(seed), lag_(level.max_lag), level_(level)
  {
    fifo_ = level.order == order::fifo;
    any_ = !fifo_;
    rotation_.push_back(level);
    one_level_ = true;
  }

  // The levels, from the weakest assumptions to the strongest.
  std::vector<assumption_level> levels() const
  {
    std::vector<assumption_level> all;
    for (const std::int64_t lag : {std::int64_t{0}, lag_})
    {
      if (fifo_)
        all.push_back({order::fifo, lag});
      if (any_)
        all.push_back({order::any, lag});
      if (lag_ == 0)
        break;
    }
    return all;
  }

  // Where steps can be reordered and time passes, another order may leave one waiting while a timer runs.
  static std::uint32_t seen_in(const recording_header& dullest)
  {
    const bool lags = dullest.could_lag || (dullest.could_reorder && dullest.now > 0);
    return (dullest.choices != 0 ? to_choose : 0u) | (dullest.could_reorder ? to_reorder : 0u) | (lags ? to_lag : 0u);
  }

  void keep(std::uint32_t seen)
  {
    if (one_level_)
      return;
    rotation_.clear();
    const auto add = [&](bool wanted, order o, std::int64_t lag) {
      if (wanted && (o == order::fifo ? fifo_ : any_))
        rotation_.push_back({o, lag});
    };
    const bool lags = lag_ != 0 && (seen & (to_lag | to_choose));
    const bool reorders = (seen & (to_reorder | to_choose)) || lags;
    add(lags, order::any, lag_);
    add(lags, order::fifo, lag_);
    add(lags, order::any, lag_);
    add(reorders, order::any, 0);
    add(lags, order::any, lag_);
    add((seen & to_choose) != 0, order::fifo, 0);
    add(lags, order::any, lag_);
  }

  // Whether nothing is left to explore after the dullest schedule.
  bool single() const noexcept { return rotation_.empty(); }

  // Systematic: all schedules from now on are of this level.
  void fix(const assumption_level& level)
  {
    level_ = level;
    fixed_ = true;
  }

  schedule_spec operator[](std::uint64_t index) const
  {
    schedule_spec spec;
    spec.index = index;
    spec.seed = mix(seed_, fixed_ ? 0 : index);
    spec.level = level_;
    if (fixed_)
      return spec;
    if (index == 0)
    {
      spec.dullest = true;
      spec.noted_lag = lag_;
    }
    else if (!rotation_.empty())
      spec.level = rotation_[index % rotation_.size()];
    return spec;
  }

private:
  std::uint64_t seed_;
  std::int64_t lag_;
  bool fifo_ = true;
  bool any_ = true;
  bool fixed_ = false;
  bool one_level_ = false;
  assumption_level level_; // of the dullest schedule, and of all once it is fixed
  std::vector<assumption_level> rotation_;
};

} // namespace detent
