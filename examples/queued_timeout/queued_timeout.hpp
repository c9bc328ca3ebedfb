// A request with a timeout of 10 ms, whose reply takes 9 ms.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace queued_timeout {

// How often the request was completed, by its reply or by its timeout: 1, unless both happen.
//
// broken: on a reply, cancels the timer and trusts that its handler will see operation_aborted. But a timer
//         that has expired cannot be cancelled any more: cancel() returns 0, and the queued handler still
//         runs, with success.
// fixed:  whoever comes first marks the request as done.
boost::asio::awaitable<int> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<int> fixed(boost::asio::any_io_executor executor);

} // namespace queued_timeout
