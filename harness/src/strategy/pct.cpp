// PCT: fixed random priorities, and depth - 1 points at which the running task falls behind all others.
//
// A bug of depth d (d orderings that together cause it) is hit with a probability of at least 1 / (n k^(d-1)) in each
// schedule of n tasks and k steps. As in the field's other implementations: k comes from a first run, steps without
// an alternative do not count, and a new task enters at a random rank. A task that runs on and on while others are
// ready falls behind them too, so that a loop that waits for another task ends.
//
// Source: Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees of
// finding bugs" (ASPLOS 2010).
#include "learning.hpp"
#include "priorities.hpp"
#include "strategies.hpp"

#include <algorithm>

namespace detent {
namespace {

class pct final : public learning_strategy
{
public:
  pct(std::uint32_t depth, std::shared_ptr<profile> learned) : learning_strategy(std::move(learned)), depth_(depth) {}

  void begin(std::uint64_t seed, std::uint64_t) override
  {
    random_ = generator(seed);
    ready_.begin();
    of_task_.clear();
    clock_ = draw();
    choices_ = 0;
    lowered_ = 0;
    last_ = no_task;
    run_ = 0;
    changes_ = draw_points(random_, depth_ - 1);
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (at.kind != choice_kind::step)
      return draw_answer(random_, at);
    ready_.admit(at, [&](const alternative& a) { return priority_of(a.task); });
    ++choices_;
    priorities::entry best = top(at);
    const bool too_long = best.task == last_ && ++run_ > longest_run;
    if (too_long || std::ranges::binary_search(changes_, choices_))
    {
      fall_behind(best);
      best = top(at);
    }
    if (best.task != last_)
      run_ = 0;
    last_ = best.task;
    if (best.task != clock_task)
      ready_.drop();
    return best.index;
  }

private:
  static constexpr std::uint32_t longest_run = 1'000;
  static constexpr std::uint64_t above_all_lowered = std::uint64_t{1} << 63;

  std::uint64_t draw() { return random_() | above_all_lowered; }

  std::uint64_t& priority_of(task_id task)
  {
    while (of_task_.size() <= task)
      of_task_.push_back(draw());
    return of_task_[task];
  }

  priorities::entry top(const choice_point& at)
  {
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    priorities::entry best = ready_.best(at);
    if (at.alternatives > steps && clock_ > best.priority)
      return {clock_, 0, clock_task, steps};
    return best;
  }

  void fall_behind(const priorities::entry& who)
  {
    const std::uint64_t lowest = above_all_lowered - 1 - lowered_++;
    if (who.task == clock_task)
    {
      clock_ = lowest;
      return;
    }
    priority_of(who.task) = lowest;
    ready_.drop();
    ready_.push(lowest, who.arrival, who.task);
  }

  std::uint32_t depth_;
  generator random_;
  priorities ready_;
  std::vector<std::uint64_t> of_task_;
  std::uint64_t clock_ = 0;
  std::vector<std::uint32_t> changes_;
  std::uint32_t choices_ = 0;
  std::uint64_t lowered_ = 0;
  task_id last_ = no_task;
  std::uint32_t run_ = 0;
};

} // namespace

std::unique_ptr<strategy> make_pct(std::uint32_t depth, std::shared_ptr<profile> learned)
{
  return std::make_unique<pct>(depth, std::move(learned));
}

} // namespace detent
