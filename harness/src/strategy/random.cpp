// Random walk: each alternative is as likely as any other.
//
// No parameters and no guarantee; the baseline for every other strategy.
#include "strategies.hpp"

#include <detent/random.hpp>

namespace detent {
namespace {

class random_walk final : public strategy
{
public:
  void begin(std::uint64_t seed, std::uint64_t) override { random_ = generator(seed); }

  std::uint32_t choose(const choice_point& at) override { return draw_answer(random_, at); }

private:
  generator random_;
};

} // namespace

std::unique_ptr<strategy> make_random() { return std::make_unique<random_walk>(); }

} // namespace detent
