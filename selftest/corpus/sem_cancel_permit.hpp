// A permit is granted to a waiter whose time is over and who has not resumed yet: it is lost. After asyncio#270.
#pragma once

#include "sync.hpp"

namespace corpus {

class timed_semaphore
{
public:
  timed_semaphore(executor on, int permits, variant which) : permits(permits), on_(on), which_(which) {}

  asio::awaitable<bool> acquire(std::chrono::nanoseconds limit)
  {
    detent::touch(this, detent::access::write);
    if (permits > 0)
    {
      --permits;
      co_return true;
    }
    const auto self = waiters_.insert(waiters_.end(), waiter{asio::steady_timer(on_, limit)});
    boost::system::error_code error;
    co_await self->timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    detent::touch(this, detent::access::write);
    const bool acquired = which_ == variant::fixed ? self->granted : error == asio::error::operation_aborted;
    waiters_.erase(self);
    co_return acquired;
  }

  void release()
  {
    detent::touch(this, detent::access::write);
    for (waiter& next : waiters_)
      if (!next.granted)
      {
        next.granted = true;
        next.timer.cancel();
        return;
      }
    ++permits;
  }

  int permits;

private:
  struct waiter
  {
    asio::steady_timer timer;
    bool granted = false;
  };

  executor on_;
  variant which_;
  std::list<waiter> waiters_;
};

inline task sem_cancel_permit(executor on, variant which)
{
  timed_semaphore permits(on, 1, which);
  const auto hold = [&](std::chrono::nanoseconds time) -> task {
    const bool acquired = co_await permits.acquire(10ms);
    if (!acquired)
      co_return;
    co_await sleep(on, time);
    permits.release();
  };
  group holders(on);
  holders.spawn(hold(9ms));
  holders.spawn(hold(1ms));
  co_await holders.join();
  check(permits.permits == 1, "a permit was lost");
}

} // namespace corpus
