// Fails after so many steps: program STEPS. Senders, receivers and timers, so that a page of it has all there is to
// draw.
#include <detent/asio.hpp>
#include <detent/explore.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;
using channel = asio::experimental::channel<void(error_code, int)>;

namespace {

asio::awaitable<void> sender(channel& numbers)
{
  for (int i = 0;; ++i)
  {
    co_await numbers.async_send(error_code(), i, asio::use_awaitable);
    asio::steady_timer pause(co_await asio::this_coro::executor, 1ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> receive_until(channel& numbers, detent::simulation& sim, std::uint64_t steps)
{
  for (;;)
  {
    co_await numbers.async_receive(asio::use_awaitable);
    if (sim.stats().steps >= steps)
      throw std::runtime_error("enough </script> \"steps\"");
  }
}

} // namespace

int main(int argc, char** argv)
{
  if (argc != 2)
    return 2;
  const std::uint64_t steps = std::strtoull(argv[1], nullptr, 10);
  detent::options how;
  how.name = "page of " + std::to_string(steps);
  how.order = detent::ordering::any;
  how.strategy = "random";
  how.shrink = false;
  how.max_steps = how.max_steps_per_instant = 1'000'000;
  const detent::result r = detent::explore(how, [&](detent::simulation& sim) -> asio::awaitable<void> {
    channel numbers(sim.executor());
    for (int i = 0; i < 7; ++i)
      asio::co_spawn(sim.executor(), sender(numbers), asio::detached);
    co_await receive_until(numbers, sim, steps);
  });
  std::puts(r.report.c_str());
  return r.verdict == detent::verdict::assertion ? 0 : 1;
}
