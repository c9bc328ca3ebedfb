// Asks many, takes what comes in time.
//
//     std::vector<leg<price>> legs;
//     for (shop& s : shops)
//       legs.push_back({[&] { return s.price(item); }, 200ms, [&] { return s.last_known(item); }});
//     auto prices = co_await scatter_gather(std::move(legs), 3);        // as soon as three have answered
//
// Contract
//   legs           run at once. One whose time is over is cancelled; it, or one that failed, asks its fallback, if it
//                  has one, which has no time limit of its own
//   quorum         with so many values the others are cancelled, and waited for
//   result         an outcome for each leg, in their order. When fewer values than the quorum came, no_quorum is
//                  thrown, with the legs' errors as causes
//   cancellation   is passed on to every leg
#pragma once

#include "timeout.hpp"
#include "together.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace toolkit {

template <class T> struct leg
{
  std::function<asio::awaitable<T>()> ask;
  std::chrono::steady_clock::duration limit = std::chrono::hours(1);
  std::function<asio::awaitable<T>()> fallback = {};
};

struct no_quorum : std::runtime_error
{
  no_quorum(std::size_t came, std::size_t needed)
    : std::runtime_error(std::to_string(came) + " of " + std::to_string(needed) + " answers came")
  {
  }
};

template <class T> asio::awaitable<T> ask_leg(leg<T> one)
{
  std::exception_ptr error;
  try
  {
    co_return co_await timeout(one.ask(), one.limit);
  }
  catch (...)
  {
    error = std::current_exception();
  }
  if (!one.fallback || is_cancellation(error))
    std::rethrow_exception(error);
  co_return co_await one.fallback();
}

template <class T> asio::awaitable<std::vector<outcome<T>>> scatter_gather(std::vector<leg<T>> legs, std::size_t quorum)
{
  std::vector<asio::awaitable<T>> asked;
  for (leg<T>& one : legs)
    asked.push_back(ask_leg(std::move(one)));
  std::size_t came = 0;
  auto results = co_await settle(std::move(asked), [&came, quorum](std::size_t, const outcome<T>& ended) {
    came += static_cast<bool>(ended);
    return came >= quorum;
  });
  if (came >= quorum)
    co_return results;
  std::vector<std::exception_ptr> errors;
  for (const outcome<T>& one : results)
    if (!one)
      errors.push_back(one.error());
  throw_chained(std::make_exception_ptr(no_quorum(came, quorum)), std::move(errors));
}

} // namespace toolkit
