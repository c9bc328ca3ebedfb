// Scripted: answers as another schedule did, choice by choice; 0 when that ends.
#pragma once

#include <detent/recording.hpp>
#include <detent/strategy.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace detent {

inline std::vector<std::uint32_t> choices_of(const recording& run)
{
  std::vector<std::uint32_t> made;
  for (const choice& c : run.choices())
    made.push_back(c.index);
  return made;
}

class scripted final : public strategy
{
public:
  explicit scripted(std::vector<std::uint32_t> script) : script_(std::move(script)) {}

  void begin(std::uint64_t, std::uint64_t) override { next_ = 0; }

  std::uint32_t choose(const choice_point& at) override
  {
    const std::uint32_t answer = next_ < script_.size() ? script_[next_++] : 0;
    return answer < at.alternatives ? answer : 0; // another program than the recorded one: the trace will differ
  }

private:
  std::vector<std::uint32_t> script_;
  std::size_t next_ = 0;
};

} // namespace detent
