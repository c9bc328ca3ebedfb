// A strategy that learns a profile of the program from the first schedules.
#pragma once

#include "profile.hpp"

#include <detent/strategy.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace detent {

class learning_strategy : public strategy
{
public:
  explicit learning_strategy(std::shared_ptr<profile> learned) : learned_(std::move(learned)) {}

  std::uint64_t learns_from() const override { return first_schedules; }
  void learn(const recording& run) override { learned_->learn(run); }

  static constexpr std::uint64_t first_schedules = 8;

protected:
  const profile& learned() const noexcept { return *learned_; }

  // Choices at which to do something else, by their number in the schedule, in order.
  std::vector<std::uint32_t> draw_points(generator& random, std::uint32_t count) const
  {
    const std::uint32_t most = std::max(learned().choices(), 1u);
    std::vector<std::uint32_t> points;
    for (std::uint32_t i = 0; i < count; ++i)
      points.push_back(static_cast<std::uint32_t>(random.below(most)) + 1);
    std::ranges::sort(points);
    return points;
  }

private:
  std::shared_ptr<profile> learned_;
};

} // namespace detent
