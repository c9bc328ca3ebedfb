// `receive || tick`: when both are complete, the one that loses has taken a message with it. After
// chriskohlhoff/asio#1041.
#pragma once

#include "sync.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>

namespace corpus {

inline task recv_or_timer(executor on, variant which)
{
  using namespace asio::experimental::awaitable_operators;
  asio::experimental::channel<void(boost::system::error_code, int)> messages(on);
  int received = 0;
  bool open = true;
  const auto producer = [&]() -> task {
    for (int i = 0; i < 2; ++i)
    {
      co_await sleep(on, 9ms);
      co_await messages.async_send(boost::system::error_code(), i, asio::use_awaitable);
    }
    messages.close();
  };
  const auto receive = [&]() -> task {
    const auto [error, message] = co_await messages.async_receive(asio::as_tuple(asio::use_awaitable));
    open = !error;
    received += !error;
  };
  const auto consumer = [&]() -> task {
    while (open)
    {
      if (which == variant::fixed)
        co_await receive(); // ticks are another task's matter
      else if (const auto first =
                   co_await (messages.async_receive(asio::as_tuple(asio::use_awaitable)) || sleep(on, 10ms));
               first.index() == 0)
      {
        open = !std::get<0>(std::get<0>(first));
        received += open;
      }
    }
  };
  group both(on);
  both.spawn(producer());
  both.spawn(consumer());
  co_await both.join();
  check(received == 2, "a message was received by nobody");
}

} // namespace corpus
