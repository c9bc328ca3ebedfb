// Context bounding: a task runs until it blocks, but for at most n preemptions at random steps.
//
// Many bugs need two or three preemptions; a failure found this way has few switches and reads well as it is. When a
// task blocks, any ready one may be next, at no cost.
//
// Source: Musuvathi, Qadeer: "Iterative context bounding for systematic testing of multithreaded programs" (PLDI
// 2007); sampled here, not enumerated.
#include "learning.hpp"
#include "newcomers.hpp"
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
    newcomers_.begin();
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (at.kind != choice_kind::step)
      return draw_answer(random_, at);
    ++choices_;
    newcomers_.admit(
        at, [&] { ready_.clear(); }, [&](const alternative& a) { ++ready_of(a.task); });
    const std::uint32_t goes_on = oldest_of_last(at);
    auto chosen = static_cast<std::uint32_t>(random_.below(at.alternatives));
    if (goes_on < at.alternatives)
    {
      const bool preempted = std::ranges::binary_search(preemptions_, choices_) || ++run_ > longest_run;
      if (!preempted)
      {
        one_less();
        return goes_on;
      }
      if (chosen == goes_on)
        chosen = (chosen + 1) % at.alternatives;
    }
    run_ = 0;
    last_ = at[chosen].task;
    one_less();
    return chosen;
  }

private:
  static constexpr std::uint32_t longest_run = 1'000;

  std::uint32_t& ready_of(task_id task)
  {
    if (ready_.size() <= task)
      ready_.resize(task + 1);
    return ready_[task];
  }

  void one_less()
  {
    if (last_ != clock_task)
      --ready_of(last_);
  }

  // The oldest ready step of the task that ran last: mostly a new one, so the search begins with those.
  std::uint32_t oldest_of_last(const choice_point& at)
  {
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    if (last_ == clock_task)
      return steps;
    std::uint32_t oldest = at.alternatives;
    std::uint32_t left = last_ == no_task ? 0 : ready_of(last_);
    for (std::uint32_t i = steps; left != 0 && i-- > 0;)
      if (at[i].task == last_)
      {
        oldest = i;
        --left;
      }
    return oldest;
  }

  std::uint32_t bound_;
  generator random_;
  std::vector<std::uint32_t> preemptions_;
  std::uint32_t choices_ = 0;
  task_id last_ = no_task;
  std::uint32_t run_ = 0;
  newcomers newcomers_;
  std::vector<std::uint32_t> ready_; // steps of each task
};

} // namespace

std::unique_ptr<strategy> make_context_bound(std::uint32_t bound, std::shared_ptr<profile> learned)
{
  return std::make_unique<context_bound>(bound, std::move(learned));
}

} // namespace detent
