// A token bucket: so many calls a second, and short bursts.
//
//     rate_limiter limit(executor, 100ms, 5);        // one token each 100 ms, at most 5 saved
//     co_await limit.acquire();
//     ...
//     limit.retry_after(reply.retry_after);          // the server's word: no token before
//
// Contract
//   order          first come, first served
//   rate           in any time t at most burst + t / interval calls pass
//   retry_after    until then no call passes, and what was saved is gone; the later of several counts
//   cancellation   of a wait leaves the queue and takes no token
#pragma once

#include "semaphore.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace toolkit {

class rate_limiter
{
public:
  using clock = std::chrono::steady_clock;

  rate_limiter(asio::any_io_executor executor, clock::duration interval, std::size_t burst = 1)
    : interval_(interval), saved_(interval * static_cast<clock::rep>(burst)), full_(clock::now()), turn_(executor, 1),
      timer_(executor)
  {
  }

  asio::awaitable<void> acquire()
  {
    const permit turn = co_await turn_.acquire();
    while (next() > clock::now())
    {
      timer_.expires_at(next());
      co_await timer_.async_wait(asio::use_awaitable); // retry_after() may have moved the time meanwhile
    }
    full_ = std::max(full_, clock::now()) + interval_;
  }

  void retry_after(clock::duration time) { full_ = std::max(full_, clock::now() + time + saved_ - interval_); }

private:
  // A token is there when the bucket would be full no later than all but one of its tokens from now.
  clock::time_point next() const { return full_ - (saved_ - interval_); }

  clock::duration interval_;
  clock::duration saved_;  // the time that a full bucket takes
  clock::time_point full_; // when it would be
  semaphore turn_;
  asio::steady_timer timer_;
};

} // namespace toolkit
