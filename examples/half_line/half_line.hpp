// A server that is told a line by a client, over TCP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>

namespace half_line {

// The line that the server has understood: "withdraw 30".
//
// broken: takes what one read gives for the line. On one's own machine a line always arrives in one piece; on a network
//         it arrives in as many as it likes.
// fixed:  reads until the line ends.
boost::asio::awaitable<std::string> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<std::string> fixed(boost::asio::any_io_executor executor);

} // namespace half_line
