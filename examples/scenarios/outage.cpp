// What a service that is down for ten minutes has to bear, with and without a circuit breaker before it.
#include "scenarios.hpp"

#include "../toolkit/circuit_breaker.hpp"

#include <stdexcept>

namespace scenarios {

asio::awaitable<void> outage(report& out)
{
  constexpr nanoseconds apart = 100ms, takes = 1ms;
  constexpr nanoseconds begins = 5min, lasts = 10min, over = 20min;
  out.title("Circuit breaker: ten minutes of outage");
  out.text("Ten calls a second, for twenty minutes; from the fifth to the fifteenth each one fails. The breaker opens "
           "when half of "
           "the last 20 failed, that is after 10, and asks again every 30 s. Its callers fail at once in between, and "
           "so do they "
           "until the first probe after the end.");
  out.columns({"", "calls to the service in the outage", "failed at once", "well again after"});
  chart drawn{"Calls to the service in each 10 s", "minutes", "calls", {}, 0};
  struct outcome
  {
    int called = 0;
    int refused = 0;
    nanoseconds well_after{};
    series each{"", series::steps, {}};
  };
  const auto run = [&](bool breaks, std::string name) -> asio::awaitable<outcome> {
    outcome seen;
    seen.each.name = std::move(name);
    const clock::time_point start = clock::now();
    const auto is_down = [&] { return clock::now() >= start + begins && clock::now() < start + begins + lasts; };
    int recent = 0;
    bool was_called = false;
    const auto call = [&]() -> asio::awaitable<void> {
      ++recent;
      was_called = true;
      const bool fails = is_down();
      seen.called += fails;
      co_await wait(takes);
      if (fails)
        throw std::runtime_error("down");
    };
    toolkit::circuit_breaker breaker({.failure_rate = 0.5, .window = 20, .least_calls = 10, .open_for = 30s});
    for (int i = 0; i * apart < over; ++i)
    {
      co_await wait_until(start + i * apart);
      if (i % 100 == 0 && i != 0)
      {
        seen.each.add(seconds(i * apart) / 60 - 1. / 6, recent);
        recent = 0;
      }
      was_called = false;
      asio::awaitable<void> guarded = breaks ? breaker.run(call) : call();
      const auto result = co_await toolkit::outcome_of(std::move(guarded));
      if (result && seen.well_after == nanoseconds() && i * apart >= begins + lasts)
        seen.well_after = i * apart - begins - lasts;
      seen.refused += !was_called;
    }
    co_return seen;
  };
  outcome plain = co_await run(false, "no breaker");
  out.row({"no breaker", out.exactly(plain.called, lasts / apart), number(plain.refused), text_of(plain.well_after)});
  outcome guarded = co_await run(true, "breaker");
  // It opens with the end of the tenth failure, is open for 30 s, and lets the first call after that pass; so on.
  const nanoseconds first = 10 * apart + 30s;
  const nanoseconds between = 30s + apart;
  const std::int64_t probes = (lasts - first - 1ns) / between + 1;
  out.row({"breaker", out.exactly(guarded.called, 10 + probes), number(guarded.refused),
      out.exactly(guarded.well_after, first + probes * between - lasts)});
  drawn.all.push_back(std::move(plain.each));
  drawn.all.push_back(std::move(guarded.each));
  out.plot("outage", std::move(drawn));
}

} // namespace scenarios
