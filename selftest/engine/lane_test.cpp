#include <detent/lane.hpp>
#include <detent/random.hpp>

#include <catch2/catch.hpp>

#include <vector>

namespace {

// What a ready_queue must do, done slowly.
struct model
{
  struct step
  {
    std::uintptr_t work;
    bool held;
  };
  std::vector<step> steps;

  void push(std::uintptr_t work, bool follows) { steps.push_back({work, follows && !steps.empty()}); }

  std::size_t free_index(std::size_t i) const
  {
    std::size_t at = 0;
    while (steps[at].held || i-- > 0)
      ++at;
    return at;
  }

  std::uintptr_t take(std::size_t at)
  {
    const std::uintptr_t work = steps[at].work;
    steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(at));
    if (at < steps.size())
      steps[at].held = false;
    return work;
  }

  std::size_t held() const
  {
    std::size_t count = 0;
    for (const step& s : steps)
      count += s.held;
    return count;
  }
};

} // namespace

TEST_CASE("a ready queue does what its model does", "[lane]")
{
  const std::size_t usual_size = GENERATE(1u, 3u, 9u, 15u, 40u, 700u);
  detent::generator random(usual_size);
  detent::ready_queue queue;
  model expected;
  detent::task_id task = 0;
  std::uintptr_t next = 1;
  for (int i = 0; i < 20'000; ++i)
  {
    const bool push = expected.steps.empty() || random.below(2 * usual_size) >= expected.steps.size();
    if (push)
    {
      // A step that follows comes right after the one it follows, in one burst.
      const std::uint64_t burst = 1 + (random.below(8) == 0 ? random.below(4) : 0);
      for (std::uint64_t j = 0; j < burst; ++j, ++next)
      {
        expected.push(next, j != 0);
        queue.push({reinterpret_cast<void*>(next), &task, 0, 0, 0}, j != 0);
      }
    }
    else
    {
      const std::size_t free = expected.steps.size() - expected.held();
      const std::size_t chosen = random.below(3) == 0 ? 0 : random.below(free);
      const std::uintptr_t work = expected.take(expected.free_index(chosen));
      REQUIRE(reinterpret_cast<std::uintptr_t>(queue.take(queue.find(chosen)).work) == work);
    }
    REQUIRE(queue.size() == expected.steps.size());
    REQUIRE(queue.held() == expected.held());
    if (!queue.empty())
      REQUIRE(reinterpret_cast<std::uintptr_t>(queue.front().work) == expected.steps.front().work);
  }
}
