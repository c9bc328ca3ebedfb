// The default: several strategies take turns, since none is best for every bug.
//
// URW, SURW, POS and PCT go round; early on, every fourth schedule has at most one or two preemptions, which finds
// simple bugs in a form that reads well. All share one profile of the program, learned from the first schedules.
//
// Source of the selection: a comparison over a suite of small programs with known bugs, docs/strategies.md.
#include "learning.hpp"
#include "strategies.hpp"

#include <array>

namespace detent {
namespace {

class portfolio final : public learning_strategy
{
public:
  explicit portfolio(std::shared_ptr<profile> learned)
    : learning_strategy(learned), samplers_{make_urw(learned), make_surw(learned), make_pos(learned),
                                      make_pct(3, learned)},
      openers_{make_context_bound(1, learned), make_context_bound(2, learned)}
  {
  }

  void begin(std::uint64_t seed, std::uint64_t index) override
  {
    const bool opens = index < opening && index % 4 == 3;
    // The turn is drawn, not counted: counting would keep step with the exploration's other rotations.
    const std::uint64_t turn = opens ? index / 4 : mix(index / samplers_.size()) + index;
    now_ = opens ? openers_[turn % openers_.size()].get() : samplers_[turn % samplers_.size()].get();
    now_->begin(seed, index);
  }

  std::uint32_t choose(const choice_point& at) override { return now_->choose(at); }

private:
  static constexpr std::uint64_t opening = 48;

  std::array<std::unique_ptr<strategy>, 4> samplers_;
  std::array<std::unique_ptr<strategy>, 2> openers_;
  strategy* now_ = nullptr;
};

} // namespace

std::unique_ptr<strategy> make_portfolio(std::shared_ptr<profile> learned)
{
  return std::make_unique<portfolio>(std::move(learned));
}

} // namespace detent
