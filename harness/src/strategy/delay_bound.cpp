// Delay bounding: the dullest schedule, but for at most n delays. A delayed step goes behind all that is ready.
//
// Good for "nothing goes wrong within n deviations from the usual order". The clock stands behind what is ready and
// before what has been delayed.
//
// Source: Emmi, Qadeer, Rakamaric: "Delay-bounded scheduling" (POPL 2011); sampled here, not enumerated.
#include "learning.hpp"
#include "strategies.hpp"

#include <algorithm>
#include <vector>

namespace detent {
namespace {

class delay_bound final : public learning_strategy
{
public:
  delay_bound(std::uint32_t bound, std::shared_ptr<profile> learned)
    : learning_strategy(std::move(learned)), bound_(bound)
  {
  }

  void begin(std::uint64_t seed, std::uint64_t) override
  {
    random_ = generator(seed);
    choices_ = 0;
    delayed_.clear();
    delays_ = draw_points(random_, bound_);
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (at.kind != choice_kind::step)
      return 0;
    ++choices_;
    for (const std::uint32_t when : delays_)
      if (when == choices_)
        delayed_.push_back({at[first(at)].arrival, newest(at)});
    return first(at);
  }

private:
  struct delay
  {
    std::uint32_t arrival;
    std::uint32_t behind;
  };

  static std::uint32_t newest(const choice_point& at)
  {
    std::uint32_t most = 0;
    for (std::uint32_t i = 0; i < at.alternatives; ++i)
      most = std::max(most, at[i].arrival);
    return most;
  }

  // Its place in the queue: a delayed step is half a place behind the newest at the time.
  std::uint64_t place(const choice_point& at, std::uint32_t i) const
  {
    const alternative a = at[i];
    if (a.task == clock_task)
      return std::uint64_t{newest(at)} * 4 + 1;
    std::uint64_t where = std::uint64_t{a.arrival} * 4;
    for (const delay& d : delayed_)
      if (d.arrival == a.arrival)
        where = std::max(where, std::uint64_t{d.behind} * 4 + 2);
    return where;
  }

  std::uint32_t first(const choice_point& at) const
  {
    std::uint32_t best = 0;
    std::uint64_t where = place(at, 0);
    for (std::uint32_t i = 1; i < at.alternatives; ++i)
      if (const std::uint64_t p = place(at, i); p < where)
      {
        best = i;
        where = p;
      }
    return best;
  }

  std::uint32_t bound_;
  generator random_;
  std::vector<std::uint32_t> delays_;
  std::vector<delay> delayed_;
  std::uint32_t choices_ = 0;
};

} // namespace

std::unique_ptr<strategy> make_delay_bound(std::uint32_t bound, std::shared_ptr<profile> learned)
{
  return std::make_unique<delay_bound>(bound, std::move(learned));
}

} // namespace detent
