#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>

// Counts `ticks` ticks, `every` apart. In the static library.
boost::asio::awaitable<int> tick(boost::asio::any_io_executor executor, int ticks, std::chrono::milliseconds every);
