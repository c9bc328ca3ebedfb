// What must run to its end, also when its caller is cancelled: releases, compensations, effects.
//
//     co_await shield(connection.close());
//
// Contract
//   cancellation   of the caller does not reach the operation; shield() returns when that has ended, with its result,
//                  and the caller learns at its next co_await that it was cancelled (One that has been cancelled before
//                  does not come so far: Asio refuses its co_await. What cleans up after a cancellation says co_await
//                  this_coro::throw_if_cancelled(false) first, as with_scope() does)
//   abandoned      with the context, the operation is destroyed as everything is
#pragma once

#include "child.hpp"

#include <memory>
#include <utility>

namespace toolkit {

template <class T> asio::awaitable<T> shield(asio::awaitable<T> operation)
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto running = child<T>::start(executor, std::move(operation));
  co_await running->wait_on([] {});
  co_return running->result.get();
}

} // namespace toolkit
