// The strategies that can be asked for by name; one file each.
#pragma once

#include <detent/random.hpp>
#include <detent/strategy.hpp>

#include <cstdint>
#include <memory>

namespace detent {

// An answer by lot.
inline std::uint32_t draw_answer(generator& random, const choice_point& at)
{
  constexpr std::uint32_t seldom = 12;
  if (at.rare && random.below(seldom) != 0) [[unlikely]]
    return 0;
  return static_cast<std::uint32_t>(random.below(at.alternatives));
}

class profile;

enum class search_kind : std::uint8_t
{
  depth_first,
  exhaustive,
  preemption_bound
};

std::unique_ptr<strategy> make_random();
std::unique_ptr<strategy> make_pct(std::uint32_t depth, std::shared_ptr<profile> learned);
std::unique_ptr<strategy> make_pos(std::shared_ptr<profile> learned);
std::unique_ptr<strategy> make_urw(std::shared_ptr<profile> learned);
std::unique_ptr<strategy> make_surw(std::shared_ptr<profile> learned);
std::unique_ptr<strategy> make_context_bound(std::uint32_t preemptions, std::shared_ptr<profile> learned);
std::unique_ptr<strategy> make_delay_bound(std::uint32_t delays, std::shared_ptr<profile> learned);
std::unique_ptr<strategy> make_fuzz();
std::unique_ptr<strategy> make_exhaustive(search_kind kind, std::uint32_t bound); // 0: none
std::unique_ptr<strategy> make_portfolio(std::shared_ptr<profile> learned);

} // namespace detent
