// A producer that is a hundred times as fast as its consumer, with a queue that grows and with one that does not.
#include "scenarios.hpp"

#include "../toolkit/bounded_queue.hpp"
#include "../toolkit/task_group.hpp"

#include <limits>

namespace scenarios {

asio::awaitable<void> backlog(report& out)
{
  constexpr nanoseconds makes = 1ms;
  constexpr nanoseconds takes = 100ms;
  constexpr std::size_t bound = 100;
  out.title("Backlog: 1000/s in, 10/s out");
  out.text(
      "Without a bound the queue is 990 longer with each second, and what is taken from it after t seconds has waited "
      "for 0.99 t. "
      "With a bound the producer waits instead: the queue stays at 100, and nothing in it gets older than 10 s. The "
      "overload is where it can be seen.");
  out.columns({"after", "no bound: queued", "has waited", "bound 100: queued", "has waited", "produced"});
  struct sample
  {
    std::size_t queued = 0;
    nanoseconds age{};
    int produced = 0;
  };
  chart drawn{"Queue depth", "seconds", "queued", {}, 0};
  const auto run = [&](std::size_t capacity, std::string name) -> asio::awaitable<std::vector<sample>> {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    toolkit::bounded_queue<clock::time_point> queue(executor, capacity);
    const clock::time_point start = clock::now();
    std::vector<sample> samples;
    sample now;
    series depth{std::move(name), series::line, {}};
    const auto produces = [&]() -> asio::awaitable<void> {
      for (int i = 1;; ++i)
      {
        co_await wait_until(start + i * makes);
        co_await queue.push(clock::now());
        now.produced = i;
      }
    };
    const auto consumes = [&]() -> asio::awaitable<void> {
      for (;;)
      {
        const auto made = co_await queue.pop();
        now.age = clock::now() - *made;
        co_await wait(takes);
      }
    };
    const auto body = [&](toolkit::task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(produces());
      tasks.spawn(consumes());
      for (int i = 0; i <= 100; ++i)
      {
        co_await wait_until(start + i * takes + makes / 2); // between two events
        now.queued = queue.size();
        samples.push_back(now);
        depth.add(seconds(i * takes), static_cast<double>(now.queued));
      }
      tasks.cancel();
    };
    co_await toolkit::with_tasks(body);
    drawn.all.push_back(std::move(depth));
    co_return samples;
  };
  const std::vector<sample> grows = co_await run(std::numeric_limits<std::size_t>::max(), "no bound");
  const std::vector<sample> stays = co_await run(bound, "bound 100");
  const std::vector<int> shown{1, 2, 5, 10};
  for (const int second : shown)
  {
    const auto at = static_cast<std::size_t>(second * 10);
    const int taken = second * 10; // the last of them at 100 ms x (taken - 1) + 1 ms, made at `taken` ms
    out.row({text_of(std::chrono::seconds(second)),
        out.exactly(static_cast<std::int64_t>(grows[at].queued), second * 1000 - taken),
        out.exactly(grows[at].age, (taken - 1) * (takes - makes)),
        out.exactly(static_cast<std::int64_t>(stays[at].queued), static_cast<std::int64_t>(bound)),
        text_of(stays[at].age), number(stays[at].produced)});
  }
  out.plot("backlog", std::move(drawn));
}

} // namespace scenarios
