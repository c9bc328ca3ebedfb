// A send on a channel without a buffer, under a lock that the receiver takes before it receives. After grpc-go#1353.
#pragma once

#include "sync.hpp"

#include <boost/asio/experimental/channel.hpp>

namespace corpus {

inline task chan_lock(executor on, variant which)
{
  asio::experimental::channel<void(boost::system::error_code, int)> updates(on);
  mutex state(on);
  const auto sender = [&]() -> task {
    co_await sleep(on, 10ms);
    co_await state.lock();
    if (which == variant::fixed)
      state.unlock();
    co_await updates.async_send(boost::system::error_code(), 1, asio::use_awaitable);
    if (which == variant::broken)
      state.unlock();
  };
  const auto receiver = [&]() -> task {
    co_await sleep(on, 9ms);
    co_await state.lock();
    co_await yield(on);
    state.unlock();
    co_await updates.async_receive(asio::use_awaitable);
  };
  group both(on);
  both.spawn(sender());
  both.spawn(receiver());
  co_await both.join();
}

} // namespace corpus
