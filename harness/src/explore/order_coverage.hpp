// Which conflicting steps have been seen in both orders, counted by several processes.
//
// A pair is two steps, by task and number, that conflicted in a schedule with nothing else to order them.
#pragma once

#include "causality.hpp"

#include <detent/random.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace detent {

class order_coverage
{
public:
  static constexpr std::size_t slots = std::size_t{1} << 16;

  struct counts
  {
    std::atomic<std::uint64_t> pairs{0};
    std::atomic<std::uint64_t> both{0};
  };

  // A slot is the pair's name with two bits for the orders seen; the counts are the slots' own.
  order_coverage(std::atomic<std::uint64_t>* table, counts& c) : table_(table), counts_(c) {}

  // Causality takes time and memory by the square of the steps, so long schedules are left out.
  void add(const recording& run, bool clock_waits)
  {
    constexpr std::size_t longest = 1'024;
    if (run.trace().size() > longest)
      return;
    const causality order(run, clock_waits);
    for (std::size_t j = 0; j < order.size(); ++j)
      for (const std::uint32_t i : order.races(j))
        add(mix(run.trace()[i].actor, run.trace()[i].number), mix(run.trace()[j].actor, run.trace()[j].number));
  }

private:
  void add(std::uint64_t first, std::uint64_t second)
  {
    const std::uint64_t bit = first < second ? 1 : 2;
    const std::uint64_t name = (first < second ? mix(first, second) : mix(second, first)) & ~std::uint64_t{3};
    for (std::size_t i = name >> 40, tries = 0; tries < 32; ++i, ++tries)
    {
      std::atomic<std::uint64_t>& slot = table_[i & (slots - 1)];
      std::uint64_t seen = slot.load();
      while (seen == 0 || (seen & ~std::uint64_t{3}) == name)
      {
        if (seen & bit)
          return;
        if (!slot.compare_exchange_weak(seen, name | (seen & 3) | bit))
          continue;
        ++(seen == 0 ? counts_.pairs : counts_.both);
        return;
      }
    }
  }

  std::atomic<std::uint64_t>* table_;
  counts& counts_;
};

} // namespace detent
