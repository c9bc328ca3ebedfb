// Fuzzing: schedules that showed something new are kept, and others are made from them by changing a few choices.
//
// New is a pair of steps, one of which writes an object that the other is the next to touch, or, where nothing is
// declared, a pair of steps that follow each other. It learns from every schedule, so it runs in one worker.
//
// Sources: Wolff et al.: "Greybox fuzzing for concurrency testing" (ASPLOS 2024) for what counts as new; Fest (NSDI
// 2026) for the mutation of recorded choices.
#include "scripted.hpp"
#include "strategies.hpp"

#include <detent/random.hpp>
#include <detent/recording.hpp>

#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace detent {
namespace {

class fuzz final : public strategy
{
public:
  void begin(std::uint64_t seed, std::uint64_t) override
  {
    random_ = generator(seed);
    next_ = 0;
    script_.clear();
    if (parents_.empty() || random_.below(8) == 0)
      return; // a random walk
    script_ = parents_[turn_++ % parents_.size()];
    for (std::uint64_t changes = 1 + random_.below(5); changes > 0 && !script_.empty(); --changes)
      script_[random_.below(script_.size())] = static_cast<std::uint32_t>(random_());
  }

  std::uint32_t choose(const choice_point& at) override
  {
    const std::uint32_t answer = next_ < script_.size() ? script_[next_] : draw_answer(random_, at);
    ++next_;
    return answer % at.alternatives;
  }

  std::uint64_t learns_from() const override { return ~std::uint64_t{0}; }

  void learn(const recording& run) override
  {
    bool is_new = false;
    std::unordered_map<std::uint64_t, std::uint64_t> last;
    const auto trace = run.trace();
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < trace.size(); ++i)
    {
      const std::uint64_t step = mix(trace[i].actor, trace[i].number);
      is_new = covered_.insert(mix(before, step)).second || is_new;
      before = step;
      for (const access_record& a : run.accesses_of(i))
      {
        std::uint64_t& writer = last[a.object];
        is_new = covered_.insert(mix(mix(a.object, writer), step)).second || is_new;
        if (a.how == access::write)
          writer = step;
      }
    }
    if (!is_new)
      return;
    parents_.push_back(choices_of(run));
  }

private:
  generator random_;
  std::vector<std::vector<std::uint32_t>> parents_;
  std::unordered_set<std::uint64_t> covered_;
  std::vector<std::uint32_t> script_;
  std::size_t next_ = 0;
  std::size_t turn_ = 0;
};

} // namespace

std::unique_ptr<strategy> make_fuzz() { return std::make_unique<fuzz>(); }

} // namespace detent
