// SURW: in each schedule the steps that touch one object, drawn anew, are put in a uniformly random order; all others
// come by random priority.
//
// Every interleaving stays possible. Which steps touch the object is predicted from earlier schedules, by their place
// in their task. In a program that declares nothing there is no such object, and what remains is URW.
//
// Source: Zhao, Wolff, Mathur, Roychoudhury: "Selectively uniform concurrency testing" (ASPLOS 2025).
#include "learning.hpp"
#include "priorities.hpp"
#include "strategies.hpp"
#include "weights.hpp"

#include <algorithm>

namespace detent {
namespace {

class surw final : public learning_strategy
{
public:
  explicit surw(std::shared_ptr<profile> learned)
    : learning_strategy(learned), undeclared_(make_urw(std::move(learned)))
  {
  }

  void begin(std::uint64_t seed, std::uint64_t index) override
  {
    random_ = generator(seed);
    object_ = learned().draw_object(random_);
    undeclared_->begin(seed, index);
    ready_.begin();
    left_.begin();
    done_.clear();
    held_.clear();
    intended_ = no_task;
    clock_move_ = 0;
  }

  std::uint32_t choose(const choice_point& at) override
  {
    if (object_ == 0 || at.kind != choice_kind::step)
      return undeclared_->choose(at);
    ready_.admit(at, [&](const alternative&) { return random_(); });
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    for (std::size_t tries = 4 * at.alternatives + 8;; --tries)
    {
      const priorities::entry best = ready_.best(at);
      if (best.priority == 0 && !held_.empty())
      {
        release_held(); // all that is ready is held
        intended_ = no_task;
        continue;
      }
      if (at.alternatives > steps && clock_comes(at[steps], best))
        return steps;
      const alternative a = at[best.index];
      ready_.drop();
      if (!touches(a) || tries == 0)
        return best.index;
      if (intended_ == no_task)
        intended_ = draw(at, a);
      if (a.task == intended_)
      {
        ++done_of(a.task);
        release_held();
        intended_ = no_task;
        return best.index;
      }
      held_.push_back(best);
    }
  }

private:
  bool touches(const alternative& a) const
  {
    return std::ranges::any_of(
        learned().footprint(a.label, a.number), [&](const access_record& r) { return r.object == object_; });
  }

  bool clock_comes(const alternative& clock, const priorities::entry& best)
  {
    if (clock.number != clock_move_)
      clock_ = random_();
    clock_move_ = clock.number;
    return clock_ > best.priority;
  }

  // Whose access comes next: among the tasks that are ready for anything, by the accesses they have left. It need not
  // be ready for its access: the others are held at theirs until it is.
  task_id draw(const choice_point& at, const alternative& first)
  {
    const auto total = [&](std::uint64_t label) { return learned().steps_on(object_, label); };
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    std::uint64_t sum = 0;
    task_id chosen = first.task;
    for (std::uint32_t i = 0; i < steps; ++i)
    {
      const alternative a = at[i];
      const std::uint32_t w = left_.of(at.world->tasks(), a, total, done_of(a.task), touches(a) ? 1 : 0);
      if (w == 0)
        continue;
      sum += w;
      if (random_.below(sum) < w)
        chosen = a.task;
    }
    return chosen;
  }

  std::uint32_t& done_of(task_id task)
  {
    if (done_.size() <= task)
      done_.resize(task + 1);
    return done_[task];
  }

  void release_held()
  {
    for (const priorities::entry& e : held_)
      ready_.push(e.priority, e.arrival, e.task);
    held_.clear();
  }

  std::unique_ptr<strategy> undeclared_;
  generator random_;
  std::uint64_t object_ = 0;
  priorities ready_;
  weights left_;
  std::vector<std::uint32_t> done_;
  std::vector<priorities::entry> held_;
  task_id intended_ = no_task;
  std::uint64_t clock_ = 0;
  std::uint32_t clock_move_ = 0;
};

} // namespace

std::unique_ptr<strategy> make_surw(std::shared_ptr<profile> learned)
{
  return std::make_unique<surw>(std::move(learned));
}

} // namespace detent
