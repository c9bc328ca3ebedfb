// Work for the processor, on a pool, and back.
//
//     asio::thread_pool pool(4);
//     digest d = co_await offload(pool.get_executor(), [&](std::stop_token stop) { return hash(file, stop); });
//
// Contract
//   threads        the function runs on the pool; the caller goes on on its own executor
//   cancellation   is a request to stop, which the function may look at; it cannot be interrupted, and is waited for,
//                  so that what it refers to lives as long. What it returns nevertheless is the result
//   errors         what it throws is thrown here
//   lifetime       join the pool before the caller's context is destroyed: what comes back is posted to that
#pragma once

#include "wait_list.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace toolkit {

template <class Function>
auto offload(asio::any_io_executor pool, Function function)
    -> asio::awaitable<std::invoke_result_t<Function&, std::stop_token>>
{
  using value = std::invoke_result_t<Function&, std::stop_token>;
  struct state
  {
    state(const asio::any_io_executor& executor, Function f) : function(std::move(f)), ended(executor) {}
    Function function;
    outcome<value> result;
    bool is_over = false; // on the caller's executor
    std::stop_source stop;
    wait_list ended;
  };
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto shared = std::make_shared<state>(executor, std::move(function));
  asio::any_io_executor own = asio::prefer(executor, asio::execution::outstanding_work.tracked);
  asio::post(pool, [shared, own]() mutable {
    try
    {
      if constexpr (std::is_void_v<value>)
      {
        shared->function(shared->stop.get_token());
        shared->result.succeed({});
      }
      else
        shared->result.succeed(shared->function(shared->stop.get_token()));
    }
    catch (...)
    {
      shared->result.fail(std::current_exception());
    }
    auto back = [shared] {
      shared->is_over = true;
      shared->ended.wake_one();
    };
    asio::post(own, std::move(back));
  });
  while (!shared->is_over)
    co_await shared->ended.wait_on([&shared] { shared->stop.request_stop(); });
  co_return shared->result.get();
}

} // namespace toolkit
