// A bounded queue between producers and consumers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace queue_deadlock {

// The sum of what two consumers took of what two producers put into a queue of one place: 10, unless they all
// wait for each other.
//
// broken: producers and consumers wait on one condition and wake one waiter, which may be one of their own
//         kind.
// fixed:  two conditions, one for each kind.
boost::asio::awaitable<int> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<int> fixed(boost::asio::any_io_executor executor);

} // namespace queue_deadlock
