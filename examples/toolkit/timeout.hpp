// Time limits that end what they limit.
//
//     reply r = co_await timeout(server.call(), 200ms);       // or throws error::timed_out
//     reply r = co_await deadline(server.call(), request.deadline);
//
// Contract
//   effect         at its time the operation is cancelled, and waited for: when timeout() throws, the operation has let
//                  go of its socket, permit or slot
//   ties           what completes at the very instant of the limit has completed: its result is returned
//   nesting        the sooner limit wins, and its own timeout() is the one that throws error::timed_out
//   errors         an operation that answers its cancellation with another error throws that one
//   cancellation   is passed on to the operation, whose answer it throws
#pragma once

#include "child.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace toolkit {

template <class T> asio::awaitable<T> deadline(asio::awaitable<T> operation, std::chrono::steady_clock::time_point at)
{
  struct state
  {
    explicit state(const asio::any_io_executor& executor) : ended(executor), timer(executor) {}
    wait_list ended;
    asio::steady_timer timer;
    bool timed_out = false;
  };
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto shared = std::make_shared<state>(executor);
  const std::weak_ptr<state> weak = shared;
  const auto running = child<T>::start(executor, std::move(operation), [weak] {
    if (const auto s = weak.lock())
      s->ended.wake_one();
  });
  shared->timer.expires_at(at);
  shared->timer.async_wait([weak, running](error_code error) {
    const auto s = weak.lock();
    if (error || !s)
      return;
    s->timed_out = true;
    running->cancel();
  });
  while (!running->ended())
    co_await shared->ended.wait_on([&running] { running->cancel(); });
  if (shared->timed_out && is_cancellation(running->result.error()))
    throw system_error(asio::error::timed_out);
  co_return running->result.get();
}

template <class T> asio::awaitable<T> timeout(asio::awaitable<T> operation, std::chrono::steady_clock::duration limit)
{
  return deadline(std::move(operation), std::chrono::steady_clock::now() + limit);
}

} // namespace toolkit
