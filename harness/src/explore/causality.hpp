// Which events of a recorded schedule come before which in every schedule that is equivalent to it.
//
// An event comes after the one that made it ready, after the steps of its task that ran before it became ready, and
// after the earlier events that it conflicts with: those that touch the same object, one of the two writing. Two
// schedules with the same events in the same partial order are equivalent (Mazurkiewicz).
#pragma once

#include <detent/recording.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace detent {

class causality
{
public:
  // `clock_waits`: the clock moves only when nothing is ready, so everything before a move comes before it.
  causality(const recording& run, bool clock_waits);

  std::size_t size() const noexcept { return size_; }

  bool before(std::size_t i, std::size_t j) const noexcept { return (row(j)[i / 64] >> (i % 64)) & 1; }

  // The events that j conflicts with and that no other event orders before it: what could be reversed.
  const std::vector<std::uint32_t>& races(std::size_t j) const noexcept { return races_[j]; }

  // Equal for equivalent schedules.
  std::uint64_t partial_order() const noexcept { return partial_order_; }

private:
  const std::uint64_t* row(std::size_t j) const noexcept { return rows_.data() + j * words_; }
  void follow(std::size_t j, std::size_t i);
  void find_races(std::size_t j, std::vector<std::uint32_t>& candidates, const std::vector<std::uint32_t>& direct);

  std::size_t size_;
  std::size_t words_;
  std::vector<std::uint64_t> rows_;
  std::vector<std::vector<std::uint32_t>> races_;
  std::uint64_t partial_order_ = 0;
};

} // namespace detent
