// What differs between Asio's versions, and what is supported.
#pragma once

#include <boost/asio/detail/config.hpp>
#include <boost/asio/version.hpp>

#if BOOST_ASIO_VERSION < 102600
#error "Detent supports Boost.Asio from Boost 1.81 (Asio 1.26) on: install libboost1.81-dev or newer"
#endif

#if !defined(BOOST_ASIO_HAS_EPOLL)
#error "Detent's port stands in for Asio's epoll reactor: Linux only, without BOOST_ASIO_DISABLE_EPOLL and io_uring"
#endif

#if BOOST_ASIO_VERSION >= 103400
#error                                                                                                                 \
    "Detent supports Boost.Asio up to Boost 1.86 (Asio 1.32): the context configuration of Boost 1.87 and the allocators of 1.89 are not ported yet"
#endif

// Asio 1.28 (Boost 1.82) brought immediate executors, and flags for signals.
#define DETENT_ASIO_HAS_IMMEDIATE_EXECUTORS (BOOST_ASIO_VERSION >= 102800)

// co_spawn of Asio before 1.28.2 (Boost 1.83) uses a coroutine's frame after it is gone when the coroutine is
// cancelled (chriskohlhoff/asio#1332).
#if BOOST_ASIO_VERSION < 102802
#define DETENT_ASIO_CRASH_NOTE                                                                                         \
  "this Boost is older than 1.83, whose co_spawn can crash by itself when && or || cancels a coroutine "               \
  "(chriskohlhoff/asio#1332)"
#endif
