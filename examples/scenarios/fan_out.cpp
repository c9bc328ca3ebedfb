// 200 calls of 50 ms: one after the other, all at once, 20 at a time.
#include "scenarios.hpp"

#include "../toolkit/limiter.hpp"

#include <ranges>

namespace scenarios {

asio::awaitable<void> fan_out(report& out)
{
  constexpr int calls = 200;
  constexpr nanoseconds each = 50ms;
  out.title("Fan-out: 200 calls of 50 ms");
  out.text("N calls that take L each. One after the other they take N x L. All at once they take L, and the server has "
           "all of "
           "them at the same time. With at most c at once it is ceil(N / c) x L, and the server has c.");
  out.columns({"", "at once", "takes", "by the formula"});
  chart drawn{"Calls in flight", "seconds", "calls", {}, 0.6};
  const auto run = [&](std::string how, std::string formula, std::size_t at_once) -> asio::awaitable<void> {
    const clock::time_point start = clock::now();
    in_flight server;
    const auto call = [&server](int) -> asio::awaitable<void> {
      const in_flight::here here(server);
      co_await wait(each);
    };
    co_await toolkit::for_each_bounded(std::views::iota(0, calls), at_once, call);
    const auto waves = static_cast<int>((calls + at_once - 1) / at_once);
    out.row({how, number(server.most()), out.exactly(clock::now() - start, waves * each), formula});
    series seen = server.over_time();
    seen.name = how;
    drawn.all.push_back(std::move(seen));
  };
  co_await run("one after the other", "N x L", 1);
  co_await run("all at once", "L", calls);
  co_await run("20 at a time", "ceil(N / 20) x L", 20);
  co_await run("30 at a time", "ceil(N / 30) x L", 30);
  out.plot("fan_out", std::move(drawn));
}

} // namespace scenarios
