// Replay: answers as a token says, and stops where the program asks something else.
#pragma once

#include <detent/machine.hpp>
#include <detent/strategy.hpp>
#include <detent/token.hpp>

#include <string>

namespace detent {

class replayer final : public strategy
{
public:
  replayer(const token& recorded, machine& world) : recorded_(recorded), world_(world) {}

  void begin(std::uint64_t, std::uint64_t) override
  {
    next_ = 0;
    zeros_ = 0;
  }

  std::uint32_t choose(const choice_point& at) override;

  // After the schedule: fails it as diverged if the run was not the recorded one.
  void check_end();

private:
  std::uint32_t diverge(const choice_point& at, const std::string& expected);

  const token& recorded_;
  machine& world_;
  std::size_t next_ = 0;
  std::uint32_t zeros_ = 0;
};

} // namespace detent
