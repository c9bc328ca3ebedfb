// Calls that fail twice before they succeed, retried after 10 ms and then 20 ms.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace retry_backoff {

struct durations
{
  std::chrono::nanoseconds first;  // of the first call, on the steady clock
  std::chrono::nanoseconds second; // of the second, which starts 30 ms after the first
};

// Both calls take 10 ms + 20 ms, unless they disturb each other.
//
// broken: the calls share the client's current delay. One call normally ends before the next one starts.
// fixed:  each call walks through a range of delays of its own.
boost::asio::awaitable<durations> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<durations> fixed(boost::asio::any_io_executor executor);

} // namespace retry_backoff
