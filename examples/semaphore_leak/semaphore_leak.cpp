#include "semaphore_leak.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <list>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

namespace semaphore_leak {
namespace {

class semaphore
{
public:
  semaphore(asio::any_io_executor executor, int permits, bool trusts_timer)
    : executor_(executor), permits_(permits), trusts_timer_(trusts_timer)
  {
  }

  // Whether a permit was acquired in time.
  asio::awaitable<bool> acquire_within(std::chrono::milliseconds limit)
  {
    if (permits_ > 0)
    {
      --permits_;
      co_return true;
    }
    const auto self = waiters_.insert(waiters_.end(), waiter{asio::steady_timer(executor_, limit)});
    boost::system::error_code error;
    co_await self->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    const bool acquired = trusts_timer_ ? error == asio::error::operation_aborted : self->granted;
    waiters_.erase(self);
    co_return acquired;
  }

  void release()
  {
    for (waiter& next : waiters_)
      if (!next.granted)
      {
        next.granted = true;
        next.timer.cancel();
        return;
      }
    ++permits_;
  }

  int permits() const { return permits_; }

private:
  struct waiter
  {
    asio::steady_timer timer;
    bool granted = false;
  };

  asio::any_io_executor executor_;
  int permits_;
  bool trusts_timer_;
  std::list<waiter> waiters_;
};

asio::awaitable<int> run(asio::any_io_executor executor, bool trusts_timer)
{
  semaphore shared(executor, 1, trusts_timer);
  const auto hold = [&](std::chrono::milliseconds time) -> asio::awaitable<void> {
    const bool acquired = co_await shared.acquire_within(10ms);
    if (!acquired)
      co_return;
    asio::steady_timer work(executor, time);
    co_await work.async_wait(asio::use_awaitable);
    shared.release();
  };
  co_await (hold(9ms) && hold(1ms));
  co_return shared.permits();
}

} // namespace

asio::awaitable<int> broken(asio::any_io_executor executor) { return run(executor, true); }
asio::awaitable<int> fixed(asio::any_io_executor executor) { return run(executor, false); }

} // namespace semaphore_leak
