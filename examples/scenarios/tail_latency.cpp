// One call in 25 takes 2 s instead of 20 ms: with no time limit, with one that lets the call run on, and with one that
// ends it.
#include "scenarios.hpp"

#include "../toolkit/limiter.hpp"
#include "../toolkit/retry.hpp"
#include "../toolkit/semaphore.hpp"
#include "../toolkit/task_group.hpp"
#include "../toolkit/timeout.hpp"

#include <algorithm>
#include <ranges>

namespace scenarios {
namespace {

enum class limit
{
  none,
  runs_on, // who waits gives up, the call keeps its connection
  cancels
};

struct outcome
{
  std::vector<nanoseconds> latencies; // of those that did not fail, sorted
  int most = 0;
  int failed = 0;

  nanoseconds percentile(double p) const
  {
    return latencies[static_cast<std::size_t>(p * static_cast<double>(latencies.size() - 1))];
  }
};

asio::awaitable<outcome> run(limit how, std::size_t connections)
{
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  toolkit::semaphore pool(executor, connections);
  in_flight used;
  outcome measured;
  toolkit::task_group abandoned(executor);
  const auto call = [&](bool is_slow) -> asio::awaitable<void> {
    const toolkit::permit connection = co_await pool.acquire();
    const in_flight::here here(used);
    co_await wait(is_slow ? nanoseconds(2s) : 20ms);
  };
  // Beside its caller, who may stop waiting for it.
  const auto beside = [&](bool is_slow) -> asio::awaitable<void> {
    const auto own = toolkit::child<void>::start(executor, call(is_slow));
    abandoned.spawn(own->wait());
    co_await own->wait();
  };
  const clock::time_point start = clock::now();
  const auto request = [&](int i) -> asio::awaitable<void> {
    const clock::time_point at = start + i * 10ms;
    co_await wait_until(at);
    const auto attempt = [&](int number) -> asio::awaitable<void> {
      const bool is_slow = i % 25 == 7 && number == 0;
      if (how == limit::none)
        co_await call(is_slow);
      else if (how == limit::cancels)
        co_await toolkit::timeout(call(is_slow), 100ms);
      else
        co_await toolkit::timeout(beside(is_slow), 100ms);
    };
    const auto result = co_await toolkit::outcome_of(
        toolkit::retry(toolkit::idempotent(attempt), toolkit::fixed(0ms) | toolkit::take(1)));
    if (result)
      measured.latencies.push_back(clock::now() - at);
    else
      ++measured.failed;
  };
  co_await toolkit::for_each_bounded(std::views::iota(0, 1000), 1000, request);
  co_await abandoned.join();
  std::ranges::sort(measured.latencies);
  measured.most = used.most();
  co_return measured;
}

} // namespace

asio::awaitable<void> tail_latency(report& out)
{
  out.title("Tail latency: limits that cancel, and limits that do not");
  out.text(
      "100 requests a second; a call takes 20 ms, one in 25 takes 2 s. A limit of 100 ms and a second attempt cut the "
      "tail to 120 ms. But a limit that leaves the call running leaves it its connection too: 12 are then just enough, "
      "and "
      "with 6 the abandoned calls have them all, and most requests fail. Calls that are cancelled at the limit need "
      "4.");
  out.columns({"connections", "limit", "median", "95 %", "99 %", "longest", "connections in use", "failed"});
  chart drawn{"Latency with 6 connections", "percentile", "ms", {}, 0};
  struct row
  {
    std::size_t connections;
    limit how;
    const char* name;
  };
  std::vector<row> rows;
  for (const std::size_t connections : {12, 6})
  {
    rows.push_back({connections, limit::none, "none"});
    rows.push_back({connections, limit::runs_on, "100 ms, the call runs on"});
    rows.push_back({connections, limit::cancels, "100 ms, cancels the call"});
  }
  for (const auto& [connections, how, name] : rows)
  {
    const outcome seen = co_await run(how, connections);
    std::vector<std::string> cells{number(static_cast<std::int64_t>(connections)), name};
    const bool is_short = how == limit::cancels || connections == 12;
    const nanoseconds tail = how == limit::none ? nanoseconds(2s) : 100ms + 20ms;
    for (const double p : {0.5, 0.95, 0.99, 1.})
    {
      const nanoseconds at = seen.percentile(p);
      cells.push_back(is_short ? out.exactly(at, p < 0.96 ? 20ms : tail) : text_of(at));
    }
    cells.push_back(number(seen.most));
    cells.push_back(is_short ? out.exactly(seen.failed, 0) : number(seen.failed));
    out.row(cells);
    if (connections == 12)
      continue;
    series drawn_as{name, series::line, {}};
    for (int p = 0; p <= 100; ++p)
      drawn_as.add(p, 1000 * seconds(seen.percentile(p / 100.)));
    drawn.all.push_back(std::move(drawn_as));
  }
  out.plot("tail_latency", std::move(drawn));
}

} // namespace scenarios
