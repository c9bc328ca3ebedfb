// A semaphore whose waiters give up after a while.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace semaphore_leak {

// The permits of a semaphore of 1, after one task has held it for 9 ms and another has waited up to 10 ms for
// it: 1, unless the permit was handed to a waiter that had given up.
//
// broken: a waiter goes by the error code of its timer. In the moment between the timer's expiry and the
//         waiter's resumption a release() still finds it in the queue and grants it the permit.
// fixed:  a waiter goes by whether it was granted the permit.
boost::asio::awaitable<int> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<int> fixed(boost::asio::any_io_executor executor);

} // namespace semaphore_leak
