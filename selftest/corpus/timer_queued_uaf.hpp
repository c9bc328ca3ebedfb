// A timer has expired and its handler is queued; then its owner is destroyed, and the handler runs with success.
// After chriskohlhoff/asio#878.
#pragma once

#include "sync.hpp"

#include <detent/shared.hpp>

#include <memory>

namespace corpus {

class session_with_deadline
{
public:
  session_with_deadline(executor on, variant which) : timer_(on, 10ms)
  {
    timer_.async_wait([alive = alive_, which](boost::system::error_code error) {
      if (error || (which == variant::fixed && !*alive))
        return;
      check(*alive, "the handler of a destroyed session ran with success");
    });
  }

  ~session_with_deadline() { *alive_ = false; }

private:
  std::shared_ptr<detent::shared<bool>> alive_ = std::make_shared<detent::shared<bool>>(true);
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
