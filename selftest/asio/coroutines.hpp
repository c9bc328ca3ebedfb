// What the tests of coroutines have in common.
#pragma once

#include <detent/asio.hpp>
#include <detent/catch2.hpp>

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/version.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;
using Catch::Contains;

using int_channel = asio::experimental::channel<void(error_code, int)>;

inline asio::awaitable<void> wait(std::chrono::nanoseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

template <class F> detent::result once(F coroutine)
{
  detent::options how;
  how.name = "coroutines";
  how.max_lag = 0ns;
  return detent::simulate(how, std::move(coroutine));
}

// Whether coroutines are told apart: from Boost 1.82 on Asio does not name where one starts.
inline const bool names_coroutines = FLAVOUR == std::string("tracked") && BOOST_ASIO_VERSION < 102800;

inline void passes(const detent::result& r)
{
  INFO(r.report);
  REQUIRE(r.passed());
}
