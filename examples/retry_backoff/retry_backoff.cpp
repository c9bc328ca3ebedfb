#include "retry_backoff.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <stdexcept>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
using clock_type = std::chrono::steady_clock;

namespace retry_backoff {
namespace {

// base, 2 base, 4 base, ...
auto exponential(std::chrono::milliseconds base)
{
  return ranges::views::iota(0) | ranges::views::transform([base](int attempt) { return base * (1 << attempt); });
}

asio::awaitable<void> wait(asio::any_io_executor executor, std::chrono::milliseconds delay)
{
  asio::steady_timer timer(executor, delay);
  co_await timer.async_wait(asio::use_awaitable);
}

class client
{
public:
  explicit client(asio::any_io_executor executor) : executor_(executor) {}

  asio::awaitable<void> call_with_shared_delay()
  {
    delay_ = 10ms;
    for (int attempt = 0; !succeeds(attempt); ++attempt)
    {
      co_await wait(executor_, delay_);
      delay_ *= 2;
    }
  }

  asio::awaitable<void> call_with_own_delays()
  {
    int attempt = 0;
    for (const auto delay : exponential(10ms) | ranges::views::take(4))
    {
      if (succeeds(attempt++))
        co_return;
      co_await wait(executor_, delay);
    }
    throw std::runtime_error("gave up after 5 attempts");
  }

private:
  static bool succeeds(int attempt) { return attempt == 2; }

  asio::any_io_executor executor_;
  std::chrono::milliseconds delay_{0};
};

template <class Call> asio::awaitable<durations> run(asio::any_io_executor executor, Call call)
{
  client shared(executor);
  durations taken{};
  const auto timed = [&](std::chrono::nanoseconds& into) -> asio::awaitable<void> {
    const auto start = clock_type::now();
    co_await call(shared);
    into = clock_type::now() - start;
  };
  // 10 ms and 20 ms as well: the second call starts in the instant in which the first one ends.
  const auto second = [&]() -> asio::awaitable<void> {
    co_await wait(executor, 10ms);
    co_await wait(executor, 20ms);
    co_await timed(taken.second);
  };
  co_await (timed(taken.first) && second());
  co_return taken;
}

} // namespace

asio::awaitable<durations> broken(asio::any_io_executor executor)
{
  return run(executor, [](client& c) { return c.call_with_shared_delay(); });
}

asio::awaitable<durations> fixed(asio::any_io_executor executor)
{
  return run(executor, [](client& c) { return c.call_with_own_delays(); });
}

} // namespace retry_backoff
