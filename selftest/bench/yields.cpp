#include "yields.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace bench {
namespace {

asio::awaitable<void> yield(asio::io_context& context, std::size_t yields)
{
  const auto executor = context.get_executor();
  for (std::size_t i = 0; i < yields; ++i)
    co_await asio::post(executor, asio::use_awaitable);
}

asio::awaitable<void> chain(asio::io_context& context, std::size_t waits)
{
  asio::steady_timer timer(context);
  for (std::size_t i = 0; i < waits; ++i)
  {
    timer.expires_after(1ms);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

struct rearming
{
  asio::steady_timer timer;
  std::size_t left;
  std::chrono::microseconds every;

  void arm(std::shared_ptr<rearming> self)
  {
    if (left-- == 0)
      return;
    timer.expires_after(every);
    timer.async_wait([this, self](boost::system::error_code) { arm(self); });
  }
};

} // namespace

void spawn_yields(asio::io_context& context, int tasks, std::size_t yields)
{
  for (int i = 0; i < tasks; ++i)
    asio::co_spawn(context, yield(context, yields), asio::detached);
}

void spawn_timer_chain(asio::io_context& context, std::size_t waits)
{
  asio::co_spawn(context, chain(context, waits), asio::detached);
}

void spawn_timers(asio::io_context& context, std::size_t timers, std::size_t waits)
{
  for (std::size_t i = 0; i < timers; ++i)
  {
    const std::chrono::microseconds every(1'000 + (i * 7919) % 100'000);
    const auto one = std::make_shared<rearming>(rearming{asio::steady_timer(context), waits / timers, every});
    one->arm(one);
  }
}

} // namespace bench
