// Context bounding: a task runs until it blocks, but for at most n preemptions at random steps.
//
// Many bugs need two or three preemptions; a failure found this way has few switches and reads well as it is. When a
// task blocks, any ready one may be next, at no cost.
//
// Source: Musuvathi, Qadeer: "Iterative context bounding for systematic testing of multithreaded programs" (PLDI
// 2007); sampled here, not enumerated.
#include "learning.hpp"
#include "strategies.hpp"

#include <algorithm>
#include <vector>

namespace detent {
namespace {

class context_bound final : public learning_strategy
{
public:
  context_bound(std::uint32_t bound, std::shared_ptr<profile> learned)
    : learning_strategy(std::move(learned)), bound_(bound)
  {
  }

  void begin(std::uint64_t seed, std::uint64_t) override
  {
    random_ = generator(seed);
    choices_ = 0;
    last_ = no_task;
    run_ = 0;
    preemptions_ = draw_points(random_, bound_);
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (at.kind != choice_kind::step)
      return static_cast<std::uint32_t>(random_.below(at.alternatives));
    ++choices_;
    std::uint32_t goes_on = 0;
    while (goes_on < at.alternatives && at[goes_on].task != last_)
      ++goes_on;
    auto chosen = static_cast<std::uint32_t>(random_.below(at.alternatives));
    if (goes_on < at.alternatives)
    {
      const bool preempted = std::ranges::binary_search(preemptions_, choices_) || ++run_ > longest_run;
      if (!preempted)
        return goes_on;
      if (chosen == goes_on)
        chosen = (chosen + 1) % at.alternatives;
    }
    run_ = 0;
    last_ = at[chosen].task;
    return chosen;
  }

private:
  static constexpr std::uint32_t longest_run = 1'000;

  std::uint32_t bound_;
  generator random_;
  std::vector<std::uint32_t> preemptions_;
  std::uint32_t choices_ = 0;
  task_id last_ = no_task;
  std::uint32_t run_ = 0;
};

} // namespace

std::unique_ptr<strategy> make_context_bound(std::uint32_t bound, std::shared_ptr<profile> learned)
{
  return std::make_unique<context_bound>(bound, std::move(learned));
}

} // namespace detent
