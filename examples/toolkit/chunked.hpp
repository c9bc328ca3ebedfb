// A long computation that lets others run.
//
//     co_await for_each_chunked(rows, 1'000, [&](const row& r) { index.add(r); });
//
//     loop_lag lag(executor, 10ms);                // elsewhere: how late the loop is
//     co_await lag.measure(100);
//
// Contract
//   yielding       after every `chunk` elements the rest is posted: what was ready before it runs first
//   cancellation   takes effect between two chunks, where operation_aborted is thrown
//   order          elements in theirs; the range is read lazily. A temporary one is kept, any other must live as long
//   loop_lag       sleeps for the interval so many times; most() is the longest time that it woke too late
#pragma once

#include "outcome.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace toolkit {

template <class View, class Function>
asio::awaitable<void> go_through_chunks(View elements, std::size_t chunk, Function function)
{
  if (chunk == 0)
    throw std::invalid_argument("for_each_chunked() with chunks of 0 elements");
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::size_t left = chunk;
  for (auto&& element : elements)
  {
    if (left == 0)
    {
      co_await asio::post(executor, asio::use_awaitable);
      left = chunk;
    }
    --left;
    function(element);
  }
}

template <class Range, class Function>
asio::awaitable<void> for_each_chunked(Range&& elements, std::size_t chunk, Function function)
{
  return go_through_chunks(std::views::all(std::forward<Range>(elements)), chunk, std::move(function));
}

class loop_lag
{
public:
  loop_lag(asio::any_io_executor executor, std::chrono::steady_clock::duration interval)
    : interval_(interval), timer_(std::move(executor))
  {
  }

  asio::awaitable<void> measure(std::size_t times)
  {
    for (std::size_t i = 0; i < times; ++i)
    {
      timer_.expires_after(interval_);
      const auto due = timer_.expiry();
      co_await timer_.async_wait(asio::use_awaitable);
      most_ = std::max(most_, std::chrono::steady_clock::now() - due);
    }
  }

  std::chrono::steady_clock::duration most() const noexcept { return most_; }

private:
  std::chrono::steady_clock::duration interval_;
  std::chrono::steady_clock::duration most_{};
  asio::steady_timer timer_;
};

} // namespace toolkit
