// The plan of an exploration: which schedule comes at which index.
//
// The first schedules are probes: the dullest schedule at each level of assumptions (one thread, several
// threads, each without and with lag). A level at which the dullest schedule had nothing to choose has no
// other schedule and is left out from then on. The rest go round over the levels that remain, seeded by their
// index, so that what a schedule does depends on nothing but its index and the exploration's seed.
#pragma once

#include "schedule.hpp"

#include <detent/explore.hpp>
#include <detent/random.hpp>

#include <vector>

namespace detent {

class plan
{
public:
  plan(const options& how, std::uint64_t seed) : seed_(seed)
  {
    const std::int64_t lag = how.max_lag.count();
    const bool fifo = how.order != ordering::any;
    const bool any = how.order != ordering::fifo;
    if (fifo)
      levels_.push_back({{order::fifo, 0}, 1});
    if (any)
      levels_.push_back({{order::any, 0}, 3});
    if (fifo && lag)
      levels_.push_back({{order::fifo, lag}, 1});
    if (any && lag)
      levels_.push_back({{order::any, lag}, 3});
    keep(~0u);
  }

  // Of one level only.
  plan(const assumption_level& level, std::uint64_t seed) : seed_(seed), levels_{{level, 1}} { keep(~0u); }

  std::size_t probes() const noexcept { return levels_.size(); }
  const assumption_level& level(std::size_t i) const noexcept { return levels_[i].level; }

  // From a bit set of the levels that have something to choose. The rotation interleaves them by weight.
  void keep(std::uint32_t levels_with_choices)
  {
    rotation_.clear();
    for (std::size_t turn = 0; turn < 3; ++turn)
      for (std::size_t i = 0; i < levels_.size(); ++i)
        if (((levels_with_choices >> i) & 1) && turn < levels_[i].weight)
          rotation_.push_back(i);
  }

  // Whether nothing is left to explore after the probes.
  bool single() const noexcept { return rotation_.empty(); }

  schedule_spec operator[](std::uint64_t index) const
  {
    schedule_spec spec;
    spec.index = index;
    spec.seed = mix(seed_, index);
    if (index < levels_.size())
    {
      spec.level = levels_[index].level;
      spec.dullest = true;
    }
    else
      spec.level = levels_[rotation_[index % rotation_.size()]].level;
    return spec;
  }

private:
  struct weighted
  {
    assumption_level level;
    std::size_t weight;
  };

  std::uint64_t seed_;
  std::vector<weighted> levels_;
  std::vector<std::size_t> rotation_;
};

} // namespace detent
