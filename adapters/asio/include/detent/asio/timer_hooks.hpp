// Keeps the compiler from inlining what the port defines: the start of a wait on a timer, and what is done to one
// without a wait.
//
// timer_queue and deadline_timer_service are templates, so each object file has a copy of its members. The port's own
// copy is an explicit specialisation; where that is declared, as here, no other copy is made. An object that was
// compiled without this header still meets the port's copy at link time, unless its compiler inlined its own: then the
// wait works, but counts as task main's.
#pragma once

#include <boost/asio/detail/chrono_time_traits.hpp>
#include <boost/asio/detail/deadline_timer_service.hpp>
#include <boost/asio/detail/timer_queue.hpp>
#include <boost/asio/wait_traits.hpp>

#include <chrono>

namespace detent::asio_port {

template <class Clock>
using clock_traits = boost::asio::detail::chrono_time_traits<Clock, boost::asio::wait_traits<Clock>>;
using steady_traits = clock_traits<std::chrono::steady_clock>;
using system_traits = clock_traits<std::chrono::system_clock>;

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

template <>
bool timer_queue<::detent::asio_port::steady_traits>::enqueue_timer(const time_type&, per_timer_data&, wait_op*);
template <>
bool timer_queue<::detent::asio_port::system_traits>::enqueue_timer(const time_type&, per_timer_data&, wait_op*);

#define DETENT_PRIVATE_TIMER_SERVICE(traits)                                                                           \
  template <> void deadline_timer_service<traits>::construct(implementation_type&);                                    \
  template <> void deadline_timer_service<traits>::move_construct(implementation_type&, implementation_type&);         \
  template <> std::size_t deadline_timer_service<traits>::cancel(implementation_type&, boost::system::error_code&);    \
  template <> std::size_t deadline_timer_service<traits>::cancel_one(implementation_type&, boost::system::error_code&);

DETENT_PRIVATE_TIMER_SERVICE(::detent::asio_port::steady_traits)
DETENT_PRIVATE_TIMER_SERVICE(::detent::asio_port::system_traits)
#undef DETENT_PRIVATE_TIMER_SERVICE

} // namespace detail
} // namespace asio
} // namespace boost
