// Delay bounding: the dullest schedule, but for at most n delays. A delayed step goes behind all that is ready.
//
// Good for "nothing goes wrong within n deviations from the usual order". The clock stands behind what is ready and
// before what has been delayed.
//
// Source: Emmi, Qadeer, Rakamaric: "Delay-bounded scheduling" (POPL 2011); sampled here, not enumerated.
#include "learning.hpp"
#include "strategies.hpp"

#include <detent/lane.hpp>

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
    return at[static_cast<std::uint32_t>(at.from->enabled()) - 1].arrival;
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

  // The first of the queue may be the oldest that was never delayed, one that was, or the clock.
  std::uint32_t first(const choice_point& at)
  {
    const ready_queue& ready = at.from->ready;
    std::erase_if(delayed_, [&](const delay& d) { return ready.rank_of(d.arrival) == ready_queue::absent; });
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    std::uint32_t best = 0;
    while (best < steps && is_delayed(at[best].arrival))
      ++best;
    best = std::min(best, at.alternatives - 1);
    const auto try_also = [&](std::uint32_t i) {
      if (place(at, i) < place(at, best))
        best = i;
    };
    for (const delay& d : delayed_)
      try_also(static_cast<std::uint32_t>(ready.rank_of(d.arrival)));
    if (at.alternatives > steps)
      try_also(steps);
    return best;
  }

  bool is_delayed(std::uint32_t arrival) const
  {
    return std::ranges::any_of(delayed_, [&](const delay& d) { return d.arrival == arrival; });
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
