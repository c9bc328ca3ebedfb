// A strategy that learns a profile of the program from the first schedules.
#pragma once

#include "profile.hpp"

#include <detent/strategy.hpp>

#include <memory>

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

private:
  std::shared_ptr<profile> learned_;
};

} // namespace detent
