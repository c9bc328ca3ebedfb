// What is done to a timer and starts no wait: where it is made and moved, and what is cancelled, declare themselves.
//
// A timer is one object from its construction on, also while nothing waits on it: a cancel() that comes too early has
// no effect, and so depends on the order as much as one that has.
#pragma once

#include <detent/asio/timer_hooks.hpp>
#include <detent/touch.hpp>

#include <boost/asio/detail/epoll_reactor.hpp>

namespace detent::asio_port {

inline void timer_used(const void* timer)
{
  if (machine* world = machine::current())
  {
    world->touch(timer, access::write);
    world->touch_clock(access::read); // what it does next depends on the timer
  }
}

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

#define DETENT_PRIVATE_TIMER_SERVICE(traits)                                                                           \
  template <> void deadline_timer_service<traits>::construct(implementation_type& timer)                               \
  {                                                                                                                    \
    timer.expiry = time_type();                                                                                        \
    timer.might_have_pending_waits = false;                                                                            \
    ::detent::declare(&timer.timer_data);                                                                              \
  }                                                                                                                    \
  template <>                                                                                                          \
  void deadline_timer_service<traits>::move_construct(implementation_type& timer, implementation_type& from)           \
  {                                                                                                                    \
    ::detent::asio_port::timer_used(&from.timer_data);                                                                 \
    ::detent::declare(&timer.timer_data);                                                                              \
    scheduler_.move_timer(timer_queue_, timer.timer_data, from.timer_data);                                            \
    timer.expiry = std::exchange(from.expiry, time_type());                                                            \
    timer.might_have_pending_waits = std::exchange(from.might_have_pending_waits, false);                              \
  }                                                                                                                    \
  template <>                                                                                                          \
  std::size_t deadline_timer_service<traits>::cancel(implementation_type& timer, boost::system::error_code& error)     \
  {                                                                                                                    \
    error = boost::system::error_code();                                                                               \
    ::detent::asio_port::timer_used(&timer.timer_data);                                                                \
    if (!std::exchange(timer.might_have_pending_waits, false))                                                         \
      return 0;                                                                                                        \
    BOOST_ASIO_HANDLER_OPERATION((scheduler_.context(), "deadline_timer", &timer, 0, "cancel"));                       \
    return scheduler_.cancel_timer(timer_queue_, timer.timer_data);                                                    \
  }                                                                                                                    \
  template <>                                                                                                          \
  std::size_t deadline_timer_service<traits>::cancel_one(implementation_type& timer, boost::system::error_code& error) \
  {                                                                                                                    \
    error = boost::system::error_code();                                                                               \
    ::detent::asio_port::timer_used(&timer.timer_data);                                                                \
    if (!timer.might_have_pending_waits)                                                                               \
      return 0;                                                                                                        \
    BOOST_ASIO_HANDLER_OPERATION((scheduler_.context(), "deadline_timer", &timer, 0, "cancel_one"));                   \
    const std::size_t cancelled = scheduler_.cancel_timer(timer_queue_, timer.timer_data, 1);                          \
    timer.might_have_pending_waits = cancelled != 0;                                                                   \
    return cancelled;                                                                                                  \
  }

DETENT_PRIVATE_TIMER_SERVICE(::detent::asio_port::steady_traits)
DETENT_PRIVATE_TIMER_SERVICE(::detent::asio_port::system_traits)
#undef DETENT_PRIVATE_TIMER_SERVICE

} // namespace detail
} // namespace asio
} // namespace boost
