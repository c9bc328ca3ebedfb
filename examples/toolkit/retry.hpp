// Calls again what failed for a while.
//
//     reply r = co_await retry(idempotent([&](int attempt) { return server.put(key, value, attempt); }),
//         exponential(100ms, 10s) | full_jitter(rng) | take(5), is_transient);
//
// Contract
//   attempts       one more than there are delays; numbered from 0. A delay is waited for between two attempts, never
//                  after the last
//   safety         only what is marked idempotent() is called twice: anything else once, whatever the delays
//   which errors   those for which transient(error) is true; any other one ends it at once. Without the argument: all
//                  but a cancellation
//   errors         the last one, with the earlier ones as its causes (error_chain.hpp), so of one attempt just the
//                  error
//   cancellation   of an attempt is passed on to it and not retried; while it waits, it throws operation_aborted, with
//                  the errors so far as causes
#pragma once

#include "delays.hpp"
#include "error_chain.hpp"
#include "outcome.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <range/v3/range/access.hpp>

#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

namespace toolkit {

template <class Call> struct idempotent_call
{
  Call call;
};

// The caller's word that a second call does no more than the first.
template <class Call> idempotent_call<Call> idempotent(Call call) { return {std::move(call)}; }

struct any_error
{
  bool operator()(const std::exception_ptr&) const noexcept { return true; }
};

template <class Call, class Delays, class Transient = any_error>
auto retry(idempotent_call<Call> operation, Delays delays, Transient transient = {}) -> std::invoke_result_t<Call&, int>
{
  std::vector<std::exception_ptr> errors;
  auto next = ranges::begin(delays);
  for (int attempt = 0;; ++attempt)
  {
    std::exception_ptr error;
    try
    {
      co_return co_await operation.call(attempt);
    }
    catch (...)
    {
      error = std::current_exception();
    }
    if (is_cancellation(error) || !transient(error) || next == ranges::end(delays))
      throw_chained(error, std::move(errors));
    errors.push_back(error);

    asio::steady_timer timer(co_await asio::this_coro::executor, *next);
    ++next;
    error_code stopped;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
    if (stopped)
      throw_chained(cancellation(), std::move(errors));
  }
}

template <class Call, class Delays, class Transient = any_error>
auto retry(Call call, Delays, Transient = {}) -> std::invoke_result_t<Call&, int>
{
  co_return co_await call(0);
}

} // namespace toolkit
