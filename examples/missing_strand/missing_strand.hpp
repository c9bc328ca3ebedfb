// A log whose lines are written by handlers, one handler for each part of a line.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>

namespace missing_strand {

// "<hello world>" after one line was logged, unless its parts change places.
//
// broken: posts the parts to the context, which runs them in order as long as one thread runs it.
// fixed:  posts them to a strand, which promises the order.
boost::asio::awaitable<std::string> broken(boost::asio::any_io_executor executor);
boost::asio::awaitable<std::string> fixed(boost::asio::any_io_executor executor);

} // namespace missing_strand
