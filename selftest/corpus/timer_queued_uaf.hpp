// A timer has expired and its handler is queued; then its owner is destroyed, and the handler runs with success.
// After chriskohlhoff/asio#878.
#pragma once

#include "sync.hpp"

#include <memory>

namespace corpus {

class session_with_deadline
{
public:
  session_with_deadline(executor on, variant which) : timer_(on, 10ms)
  {
    timer_.async_wait([alive = std::weak_ptr<int>(alive_), which](boost::system::error_code error) {
      if (error || (which == variant::fixed && alive.expired()))
        return;
      check(!alive.expired(), "the handler of a destroyed session ran with success");
    });
  }

private:
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  asio::steady_timer timer_;
};

inline task timer_queued_uaf(executor on, variant which)
{
  auto session = std::make_unique<session_with_deadline>(on, which);
  co_await sleep(on, 10ms);
  session.reset();
  co_await yield(on, 2);
}

} // namespace corpus
