// Every part of the toolkit once, for a few milliseconds: the same object files on Asio's own runtime and in a
// simulation.
#pragma once

#include <boost/asio/awaitable.hpp>

// Throws if something is wrong.
boost::asio::awaitable<void> smoke();
