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
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto running = child<T>::start(executor, std::move(operation));
  const auto timed_out = std::make_shared<bool>(false);
  asio::steady_timer timer(executor, at);
  // Also called when the timer is destroyed, and by then the operation is over.
  timer.async_wait([running, timed_out](error_code) {
    *timed_out = true;
    running->cancel();
  });
  co_await running->wait_on([&running] { running->cancel(); });
  if (*timed_out && is_cancellation(running->result.error()))
    throw system_error(asio::error::timed_out);
  co_return running->result.get();
}

template <class T> asio::awaitable<T> timeout(asio::awaitable<T> operation, std::chrono::steady_clock::duration limit)
{
  return deadline(std::move(operation), std::chrono::steady_clock::now() + limit);
}

} // namespace toolkit
