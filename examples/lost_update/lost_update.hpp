// A bank account whose balance lives in a store that suspends, and two clients that withdraw from it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace lost_update {

// The balance of an account of 100 after withdrawals of 10 and 20: 70, unless one of them is lost.
//
// broken: another withdrawal may come between the read and the write of one.
// fixed:  a withdrawal holds a lock from its read to its write.
boost::asio::awaitable<int> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<int> fixed(boost::asio::any_io_executor executor);

} // namespace lost_update
