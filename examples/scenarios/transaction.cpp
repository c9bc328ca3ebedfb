// A call to another service, made while a connection of the pool is held, and after it was given back.
#include "scenarios.hpp"

#include "../toolkit/limiter.hpp"
#include "../toolkit/resource_pool.hpp"

#include <ranges>

namespace scenarios {
namespace {

constexpr int requests = 1000;
constexpr int size = 20;
constexpr nanoseconds query = 10ms, call = 200ms;

struct outcome
{
  std::vector<nanoseconds> waits;
  nanoseconds held{};
  int most = 0;
  int held_long = 0;
};

asio::awaitable<outcome> run(nanoseconds apart, bool holds)
{
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  outcome seen;
  seen.waits.resize(requests);
  toolkit::resource_pool<int>::options how;
  how.longest = 50ms;
  how.on_long_hold = [&seen](nanoseconds) { ++seen.held_long; };
  toolkit::resource_pool<int> pool(
      executor, size, []() -> asio::awaitable<int> { co_return 1; }, how);
  in_flight used;
  const clock::time_point start = clock::now();
  const auto request = [&](int i) -> asio::awaitable<void> {
    const clock::time_point at = start + i * apart;
    co_await wait_until(at);
    {
      const auto connection = co_await pool.acquire();
      const in_flight::here here(used);
      seen.waits[static_cast<std::size_t>(i)] = clock::now() - at;
      co_await wait(query);
      if (holds)
        co_await wait(call);
    }
    if (!holds)
      co_await wait(call);
  };
  co_await toolkit::for_each_bounded(std::views::iota(0, requests), requests, request);
  seen.held = used.integral();
  seen.most = used.most();
  co_return seen;
}

} // namespace

asio::awaitable<void> transaction(report& out)
{
  out.title("Await in a transaction: a pool of 20");
  out.text("A request takes a query of 10 ms and a call of 200 ms. If it holds its connection during the call, each is "
           "in use for W = 210 ms, "
           "and 20 of them bear 95 requests a second; more wait ever longer. Given back before the call, it is in use "
           "for 10 ms. By "
           "Little's law lambda x W are needed; the pool's own check reports each connection that was held for more "
           "than 50 ms.");
  out.columns({"requests", "connection held", "needed, lambda x W", "in use at most", "wait of the last", "reported"});
  chart drawn{"How long each request waits for a connection", "request", "ms", {}, 0};
  const std::vector<int> rates{50, 80, 100, 200};
  for (int held = 1; held >= 0; --held)
    for (const int per_second : rates)
    {
      const bool holds = held == 1;
      const nanoseconds apart = nanoseconds(1s) / per_second;
      const nanoseconds each = holds ? query + call : query;
      const outcome seen = co_await run(apart, holds);
      // The first 20 have no wait; each further round of 20 begins when the one before has ended.
      const nanoseconds last = std::max(nanoseconds(), (requests - 1) / size * (each - size * apart));
      out.exactly(seen.held, requests * each);
      const auto used = (seen.held / requests).count() * per_second; // of a connection, in nanoseconds a second
      out.row({number(per_second) + "/s", holds ? "during the call" : "for the query",
          formatted("%.3g", static_cast<double>(used) / 1e9),
          out.exactly(seen.most, std::min<std::int64_t>(size, each / apart + 1)), out.exactly(seen.waits.back(), last),
          number(seen.held_long)});
      series waits{number(per_second) + "/s, " + (holds ? "held" : "given back"), series::line, {}};
      for (int i = 0; i < requests; i += 20)
        waits.add(i, 1000 * seconds(seen.waits[static_cast<std::size_t>(i)]));
      if (per_second >= 100)
        drawn.all.push_back(std::move(waits));
    }
  out.plot("transaction", std::move(drawn));
}

} // namespace scenarios
