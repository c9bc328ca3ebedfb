// A retry without a request id: the late reply to the first try is taken for the reply to the next call.
#pragma once

#include "sync.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>

namespace corpus {

inline task retry_mismatch(executor on, variant which)
{
  using namespace asio::experimental::awaitable_operators;
  using channel = asio::experimental::channel<void(boost::system::error_code, int)>;
  channel requests(on, 8);
  channel replies(on, 8);
  const auto serve = [&]() -> task {
    for (;;)
    {
      const auto [closed, id] = co_await requests.async_receive(asio::as_tuple(asio::use_awaitable));
      if (closed)
        co_return;
      co_await sleep(on, 9ms);
      replies.try_send(boost::system::error_code(), id);
    }
  };
  const auto call = [&](int id) -> asio::awaitable<int> {
    for (int attempt = 0; attempt < 3; ++attempt)
    {
      co_await requests.async_send(boost::system::error_code(), id, asio::use_awaitable);
      for (;;)
      {
        const auto first = co_await (replies.async_receive(asio::use_awaitable) || sleep(on, 10ms));
        if (first.index() == 1)
          break; // no reply in time: once more
        if (which == variant::broken || std::get<0>(first) == id)
          co_return std::get<0>(first);
      }
    }
    co_return id; // gives up
  };
  group all(on);
  all.spawn(serve());
  for (int id = 1; id <= 2; ++id)
  {
    const int reply = co_await call(id);
    check(reply == id, "a call got the reply to another one");
  }
  requests.close();
  co_await all.join();
}

} // namespace corpus
