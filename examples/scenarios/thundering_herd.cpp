// A thousand clients that failed together come back together, unless chance parts them.
#include "scenarios.hpp"

#include "../toolkit/limiter.hpp"
#include "../toolkit/retry.hpp"

#include <map>
#include <random>
#include <ranges>
#include <stdexcept>

namespace scenarios {
namespace {

constexpr int clients = 1000;
constexpr int capacity = 10; // calls in each 10 ms
constexpr nanoseconds slot = 10ms;

struct outcome
{
  nanoseconds took{};
  std::map<std::int64_t, int> arrivals; // in each slot

  int attempts() const
  {
    int sum = 0;
    for (const auto& [at, count] : arrivals)
      sum += count;
    return sum;
  }
  int most_later() const
  {
    int most = 0;
    for (const auto& [at, count] : arrivals)
      if (at != 0)
        most = std::max(most, count);
    return most;
  }
};

template <class Delays> asio::awaitable<outcome> run(Delays delays)
{
  outcome seen;
  const clock::time_point start = clock::now();
  const auto call = [&](int) -> asio::awaitable<void> {
    if (++seen.arrivals[(clock::now() - start) / slot] > capacity)
      throw std::runtime_error("overloaded");
    co_return;
  };
  const auto client = [&](int) { return toolkit::retry(toolkit::idempotent(call), delays); };
  co_await toolkit::for_each_bounded(std::views::iota(0, clients), clients, client);
  seen.took = clock::now() - start;
  co_return seen;
}

} // namespace

asio::awaitable<void> thundering_herd(report& out)
{
  constexpr nanoseconds base = 100ms, cap = 10s;
  out.title("Thundering herd: 1000 clients after an outage");
  out.text("A server that takes 10 calls in 10 ms comes back, and 1000 clients call it at once, each until it "
           "succeeds, with delays of "
           "100 ms, 200 ms, ... up to 10 s. Without jitter they stay together: each wave serves 10, and it takes a "
           "hundred waves. "
           "With full jitter, uniform in [0, delay], the same delays spread them.");
  out.columns({"", "all served after", "attempts", "most in 10 ms, after the first"});
  // Wave k has all but 10 k; between waves the delays.
  nanoseconds waves{};
  std::int64_t attempts = 0;
  for (int k = 0; k < clients / capacity; ++k)
  {
    attempts += clients - k * capacity;
    if (k != 0)
      waves += std::min<nanoseconds>(cap, base * (1LL << std::min(k - 1, 30)));
  }
  const outcome together = co_await run(toolkit::exponential(base, cap));
  out.row({"no jitter", out.exactly(together.took, waves), out.exactly(together.attempts(), attempts),
      out.exactly(together.most_later(), clients - capacity)});
  std::mt19937 rng(1);
  const outcome apart = co_await run(toolkit::exponential(base, cap) | toolkit::full_jitter(rng));
  out.row({"full jitter", text_of(apart.took), number(apart.attempts()), number(apart.most_later())});

  const auto draw = [&](const outcome& seen, std::string name, std::string file) {
    chart drawn{"Arrivals in each 10 ms: " + name, "seconds", "calls", {}, 2};
    series bars{"", series::bars, {}};
    for (const auto& [at, count] : seen.arrivals)
    {
      bars.add(seconds(at * slot), count);
      bars.add(seconds((at + 1) * slot), 0);
    }
    drawn.all.push_back(std::move(bars));
    out.plot(std::move(file), std::move(drawn));
  };
  draw(together, "no jitter", "herd_together");
  draw(apart, "full jitter", "herd_apart");
}

} // namespace scenarios
