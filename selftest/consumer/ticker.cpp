#include "ticker.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

asio::awaitable<int> tick(asio::any_io_executor executor, int ticks, std::chrono::milliseconds every)
{
  asio::steady_timer timer(executor);
  int seen = 0;
  while (seen < ticks)
  {
    timer.expires_after(every);
    co_await timer.async_wait(asio::use_awaitable);
    ++seen;
  }
  co_return seen;
}
