// 10,000 images are fetched, scaled and stored: in four ways that differ in what they take of the machine.
#include "scenarios.hpp"

#include "../toolkit/bounded_queue.hpp"
#include "../toolkit/limiter.hpp"
#include "../toolkit/task_group.hpp"

#include <ranges>

namespace scenarios {
namespace {

constexpr int images = 10'000;
constexpr nanoseconds fetching = 20ms, scaling = 10ms, storing = 20ms;

struct machine
{
  in_flight memory, network, processor;

  asio::awaitable<void> fetch()
  {
    const in_flight::here here(network);
    co_await wait(fetching);
  }
  asio::awaitable<void> scale()
  {
    const in_flight::here here(processor);
    co_await wait(scaling);
  }
  asio::awaitable<void> store() { co_await wait(storing); }

  asio::awaitable<void> all_three()
  {
    const in_flight::here image(memory);
    co_await fetch();
    co_await scale();
    co_await store();
  }
};

using image = std::unique_ptr<in_flight::here>;
using images_between = toolkit::bounded_queue<image>;

// As many tasks as the stage may have at once; the last one closes what comes after.
template <class Work> asio::awaitable<void> stage(std::size_t workers, Work work, images_between* after)
{
  const auto body = [&](toolkit::task_group& tasks) -> asio::awaitable<void> {
    for (std::size_t i = 0; i < workers; ++i)
      tasks.spawn(work());
    co_return;
  };
  co_await toolkit::with_tasks(body);
  if (after)
    after->close();
}

asio::awaitable<void> in_stages(machine& own)
{
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  images_between fetched(executor, 20), scaled(executor, 20);
  int next = 0;
  const auto fetches = [&]() -> asio::awaitable<void> {
    while (next < images)
    {
      ++next;
      image one = std::make_unique<in_flight::here>(own.memory);
      co_await own.fetch();
      co_await fetched.push(std::move(one));
    }
  };
  const auto scales = [&]() -> asio::awaitable<void> {
    for (auto one = co_await fetched.pop(); one; one = co_await fetched.pop())
    {
      co_await own.scale();
      co_await scaled.push(std::move(*one));
    }
  };
  const auto stores = [&]() -> asio::awaitable<void> {
    for (auto one = co_await scaled.pop(); one; one = co_await scaled.pop())
      co_await own.store();
  };
  const auto body = [&](toolkit::task_group& tasks) -> asio::awaitable<void> {
    tasks.spawn(stage(20, fetches, &fetched));
    tasks.spawn(stage(10, scales, &scaled));
    tasks.spawn(stage(20, stores, nullptr));
    co_return;
  };
  co_await toolkit::with_tasks(body);
}

} // namespace

asio::awaitable<void> thumbnails(report& out)
{
  out.title("Thumbnails: 10,000 images in four ways");
  out.text("An image is fetched in 20 ms, scaled in 10 ms and stored in 20 ms. One bound over all three is as fast as "
           "a queue with "
           "backpressure between each two of them, but may have all 50 in one stage; stages have their own bounds: 20 "
           "connections, "
           "10 processors.");
  out.columns({"", "takes", "by the formula", "images in memory", "connections", "scaled at once"});
  chart drawn{"Images in memory", "seconds", "images", {}, 0.5};
  constexpr nanoseconds each = fetching + scaling + storing;
  const auto show = [&](std::string how, nanoseconds took, nanoseconds formula, std::string by, const machine& seen) {
    out.row({how, out.exactly(took, formula), by, number(seen.memory.most()), number(seen.network.most()),
        number(seen.processor.most())});
    series over_time = seen.memory.over_time();
    over_time.name = how;
    std::erase_if(over_time.points, [](const point& p) { return p.x > 0.5; });
    if (seen.memory.most() < 1000) // or the others are not to be seen
      drawn.all.push_back(std::move(over_time));
  };
  struct bound
  {
    const char* how;
    int at_once;
    const char* formula;
  };
  const std::vector<bound> bounds{
      {"one after the other", 1, "N x L"}, {"all at once", images, "L"}, {"50 at a time", 50, "ceil(N / 50) x L"}};
  for (const auto& [how, at_once, by] : bounds)
  {
    machine own;
    const clock::time_point start = clock::now();
    const auto one = [&own](int) { return own.all_three(); };
    co_await toolkit::for_each_bounded(std::views::iota(0, images), static_cast<std::size_t>(at_once), one);
    show(how, clock::now() - start, (images + at_once - 1) / at_once * each, by, own);
  }
  machine own;
  const clock::time_point start = clock::now();
  co_await in_stages(own);
  // 20 are fetched each 20 ms; the last 20 are scaled in two halves, and the second half is stored.
  show("stages with backpressure", clock::now() - start, images / 20 * fetching + 2 * scaling + storing,
      "N x 20 ms / 20 + 40 ms", own);
  out.plot("thumbnails", std::move(drawn));
}

} // namespace scenarios
