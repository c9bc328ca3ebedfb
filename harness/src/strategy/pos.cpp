// POS: each ready step has a random priority; when one runs, those that conflict with it draw again.
//
// Samples partial orders more evenly than a random walk samples schedules. No parameters. What a step will touch is
// predicted from earlier schedules; without declared accesses no priority is drawn twice, which is a random priority
// for each step, and still a good strategy.
//
// Source: Yuan, Yang, Gu: "Partial order aware concurrency sampling" (CAV 2018).
#include "learning.hpp"
#include "priorities.hpp"
#include "strategies.hpp"

#include <unordered_map>

namespace detent {
namespace {

class pos final : public learning_strategy
{
public:
  using learning_strategy::learning_strategy;

  void begin(std::uint64_t seed, std::uint64_t) override
  {
    random_ = generator(seed);
    ready_.begin();
    by_object_.clear();
    clock_move_ = 0;
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (at.kind != choice_kind::step)
      return draw_answer(random_, at);
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    ready_.admit(at, [&](const alternative& a) {
      for (const access_record& touched : learned().footprint(a.label, a.number))
        by_object_[touched.object].push_back({a.arrival, a.task, touched.how});
      return random_();
    });
    const priorities::entry best = ready_.best(at);
    if (at.alternatives > steps)
    {
      const alternative clock = at[steps];
      if (clock.number != clock_move_)
        clock_ = random_();
      clock_move_ = clock.number;
      if (clock_ > best.priority)
        return steps;
    }
    ready_.drop();
    const alternative chosen = at[best.index];
    for (const access_record& touched : learned().footprint(chosen.label, chosen.number))
      draw_again(at, touched, chosen.arrival);
    return best.index;
  }

private:
  struct waiting
  {
    std::uint32_t arrival;
    task_id task;
    access how;
  };

  void draw_again(const choice_point& at, const access_record& touched, std::uint32_t but)
  {
    const auto found = by_object_.find(touched.object);
    if (found == by_object_.end())
      return;
    std::erase_if(found->second,
        [&](const waiting& w) { return w.arrival == but || at.from->ready.rank_of(w.arrival) == ready_queue::absent; });
    for (const waiting& w : found->second)
      if (w.how == access::write || touched.how == access::write)
        ready_.replace(random_(), w.arrival, w.task);
  }

  generator random_;
  priorities ready_;
  std::unordered_map<std::uint64_t, std::vector<waiting>> by_object_;
  std::uint64_t clock_ = 0;
  std::uint32_t clock_move_ = 0;
};

} // namespace

std::unique_ptr<strategy> make_pos(std::shared_ptr<profile> learned)
{
  return std::make_unique<pos>(std::move(learned));
}

} // namespace detent
