#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#define COUNTER_API __attribute__((visibility("default")))

// Adds 1 to a number twice, at the same time, and says what it became. In the shared library. It is 2 as long
// as one thread runs the executor.
COUNTER_API boost::asio::awaitable<int> count_twice(boost::asio::any_io_executor executor);
