#include "toolkit/retry.hpp"

#include "exploring.hpp"

#include <random>

using namespace toolkit;

namespace {

// Fails a number of times.
struct shaky_server
{
  explicit shaky_server(asio::any_io_executor, int fails = 2) : failures(fails) {}

  asio::awaitable<int> call(int attempt)
  {
    const inside here(running);
    attempts.push_back(attempt);
    at.push_back(std::chrono::steady_clock::now());
    co_await sleep_for(1ms);
    if (failures-- > 0)
      throw std::runtime_error("failure " + std::to_string(attempt));
    co_return 7;
  }

  asio::awaitable<void> run()
  {
    const auto calls = [this](int attempt) { return call(attempt); };
    const int got = co_await retry(idempotent(calls), exponential(10ms, 1s) | take(5));
    require(got == 7, "the value is another one");
  }

  void check() const { require(running == 0, "a call goes on"); }

  int failures;
  int running = 0;
  std::vector<int> attempts;
  std::vector<std::chrono::steady_clock::time_point> at;
};

template <class Range> std::vector<delay> first(std::size_t count, Range range)
{
  std::vector<delay> all;
  for (const delay d : range)
  {
    if (all.size() == count)
      break;
    all.push_back(d);
  }
  return all;
}

} // namespace

TEST_CASE("delays: fixed and exponential", "[retry]")
{
  REQUIRE(first(3, fixed(5ms)) == std::vector<delay>{5ms, 5ms, 5ms});
  REQUIRE(first(6, exponential(10ms, 100ms)) == std::vector<delay>{10ms, 20ms, 40ms, 80ms, 100ms, 100ms});
  REQUIRE(first(9, exponential(10ms, 10ms)) == std::vector<delay>(9, 10ms));
  REQUIRE(first(9, exponential(10ms, 1h) | take(2)) == std::vector<delay>{10ms, 20ms});
  for (const delay d : exponential(1ns, delay::max()) | take(100))
    REQUIRE(d > 0ns);
  REQUIRE(first(100, exponential(1ns, delay::max())).back() == delay::max());
}

TEST_CASE("delays: jitter stays in its bounds, and fills them", "[retry]")
{
  std::mt19937_64 rng(1);
  constexpr int count = 10'000;
  delay low = 1h;
  delay high = 0ns;
  for (const delay d : fixed(100ms) | full_jitter(rng) | take(count))
    low = std::min(low, d), high = std::max(high, d);
  REQUIRE((low >= 0ms && low < 1ms && high <= 100ms && high > 99ms));
  low = 1h, high = 0ns;
  for (const delay d : fixed(100ms) | equal_jitter(rng) | take(count))
    low = std::min(low, d), high = std::max(high, d);
  REQUIRE((low >= 50ms && low < 51ms && high <= 100ms && high > 99ms));
  low = 1h, high = 0ns;
  delay last = 10ms;
  for (const delay d : decorrelated_jitter(10ms, 1s, rng) | take(count))
  {
    REQUIRE((d >= 10ms && d <= std::min<delay>(1s, 3 * last)));
    low = std::min(low, d), high = std::max(high, d);
    last = d;
  }
  REQUIRE((low < 30ms && high == 1s));
}

TEST_CASE("retry: until it works, after the delays", "[retry]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shaky_server server(sim.executor(), 3);
    const auto start = std::chrono::steady_clock::now();
    co_await server.run();
    REQUIRE(server.attempts == std::vector{0, 1, 2, 3});
    REQUIRE(server.at[1] - server.at[0] == 11ms); // 1 ms is the call
    REQUIRE(server.at[2] - server.at[1] == 21ms);
    REQUIRE(server.at[3] - server.at[2] == 41ms);
    REQUIRE(since(start) == 74ms);
  });
}

TEST_CASE("retry: gives up after the last delay, without waiting, with all errors", "[retry]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shaky_server server(sim.executor(), 100);
    const auto start = std::chrono::steady_clock::now();
    const auto calls = [&](int attempt) { return server.call(attempt); };
    const std::string error = co_await failure_of(retry(idempotent(calls), fixed(10ms) | take(2)));
    REQUIRE(error == "failure 2\n  failure 0\n  failure 1\n");
    REQUIRE(since(start) == 23ms);
    REQUIRE(server.attempts.size() == 3);
  });
}

TEST_CASE("retry: only what is idempotent, and only errors that pass", "[retry]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    shaky_server server(sim.executor(), 100);
    const auto calls = [&](int attempt) { return server.call(attempt); };
    const std::string plain = co_await failure_of(retry(calls, fixed(10ms) | take(2)));
    REQUIRE(plain == "failure 0\n");
    REQUIRE(server.attempts.size() == 1);
    const auto first_only = [](const std::exception_ptr& error) { return what_of(error) == "failure 0"; };
    const std::string permanent = co_await failure_of(retry(idempotent(calls), fixed(10ms) | take(5), first_only));
    REQUIRE(permanent == "failure 1\n  failure 0\n");
    REQUIRE(server.attempts.size() == 3);
  });
}

TEST_CASE("retry: a cancellation ends the wait, with the errors so far", "[retry]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    shaky_server server(sim.executor(), 100);
    std::string error;
    const bool throws = sim.choose(2) == 0; // a caller that does not is not to be kept waiting either
    task retries(sim.executor(), [](shaky_server& s, std::string& out, bool t) -> asio::awaitable<void> {
      co_await asio::this_coro::throw_if_cancelled(t);
      const auto calls = [&](int attempt) { return s.call(attempt); };
      out = co_await failure_of(retry(idempotent(calls), fixed(1h) | take(5)));
    }(server, error, throws));
    co_await sleep_for(1s);
    retries.cancel();
    co_await sleep_for(1s);
    REQUIRE(retries.ended());
    REQUIRE(error.ends_with("\n  failure 0\n"));
    REQUIRE(server.attempts.size() == 1);
  });
}

TEST_CASE("retry: a cancelled attempt is not repeated", "[retry]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    int attempts = 0;
    task retries(sim.executor(), [](int& count) -> asio::awaitable<void> {
      const auto calls = [&](int) -> asio::awaitable<void> {
        ++count;
        co_await sleep_for(1h);
      };
      co_await retry(idempotent(calls), fixed(1ms) | take(5));
    }(attempts));
    co_await sleep_for(1s);
    retries.cancel();
    co_await sleep_for(1s);
    REQUIRE(retries.error() == "aborted");
    REQUIRE(attempts == 1);
  });
}

TEST_CASE("retry: abandoned at every step", "[retry]") { abandon_everywhere<shaky_server>(); }
TEST_CASE("retry: in every order", "[retry]") { in_every_order<shaky_server>(); }
