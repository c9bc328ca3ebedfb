// URW: a task is chosen with a probability in proportion to the steps that it, with all it will still spawn, has left.
//
// If the counts are right and nothing blocks, every interleaving is as likely as any other (the multinomial argument),
// where a random walk starves long tasks. Counts come from earlier schedules; an unknown task counts for one step.
//
// Among many ready steps the choice is made by rejection: a step drawn at random is taken with a probability in
// proportion to its weight, after 64 refusals in any case.
//
// Source: Zhao, Wolff, Mathur, Roychoudhury: "Selectively uniform concurrency testing" (ASPLOS 2025).
#include "learning.hpp"
#include "strategies.hpp"
#include "weights.hpp"

#include <detent/lane.hpp>
#include <detent/machine.hpp>

namespace detent {
namespace {

class urw final : public learning_strategy
{
public:
  using learning_strategy::learning_strategy;

  void begin(std::uint64_t seed, std::uint64_t) override
  {
    random_ = generator(seed);
    left_.begin();
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (at.kind != choice_kind::step)
      return draw_answer(random_, at);
    return at.alternatives <= few ? exactly(at) : by_rejection(at);
  }

private:
  static constexpr std::uint32_t few = 16;

  std::uint32_t weight(const choice_point& at, const alternative& a)
  {
    const auto total = [&](std::uint64_t label) { return learned().steps(label); };
    return left_.of(at.world->tasks(), a, total, a.number - 1);
  }

  std::uint32_t exactly(const choice_point& at)
  {
    std::uint32_t weights[few];
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < at.alternatives; ++i)
      sum += weights[i] = weight(at, at[i]);
    std::uint64_t draw = random_.below(sum);
    std::uint32_t i = 0;
    while (draw >= weights[i])
      draw -= weights[i++];
    return i;
  }

  std::uint32_t by_rejection(const choice_point& at)
  {
    for (int tries = 0;; ++tries)
    {
      const auto i = static_cast<std::uint32_t>(random_.below(at.alternatives));
      const std::uint32_t w = weight(at, at[i]);
      heaviest_ = std::max(heaviest_, w);
      if (tries == 64 || random_.below(heaviest_) < w)
        return i;
    }
  }

  generator random_;
  weights left_;
  std::uint32_t heaviest_ = 1;
};

} // namespace

std::unique_ptr<strategy> make_urw(std::shared_ptr<profile> learned)
{
  return std::make_unique<urw>(std::move(learned));
}

} // namespace detent
