// Asio's timer queues, seen to the nanosecond.
//
// A timer_queue is a template that user objects instantiate; its virtual functions answer in microseconds
// and hand out all due waits at once. For the clocks of the standard library the members are specialised
// here. They keep Asio's own data (a heap of timers, a list of armed timers, a queue of waits in each), so a
// member that a user object has inlined works together with them, but answer the port's questions:
//
//   wait_duration_msec(probe)      `known`: this queue answers in the port's terms
//   wait_duration_usec(max)        the earliest deadline in ns of virtual time, timer_source::never for none
//   get_ready_timers(ops)          takes the waits of the earliest timer, and only of that one
//
// A queue over a foreign clock answers Asio's questions, and its deadlines are found by bisection.
#pragma once

#include <detent/asio/port/version.hpp>
#include <detent/clock.hpp>
#include <detent/asio/timer_hooks.hpp>
#include <detent/machine.hpp>

#include <boost/asio/detail/timer_queue_ptime.hpp>

#include <chrono>
#include <limits>
#include <string>

namespace detent::asio_port {

inline constexpr long known_queue_probe = std::numeric_limits<long>::min();
inline constexpr long known_queue = 0x0de7e27;

static_assert(
    std::is_same_v<std::chrono::high_resolution_clock,
        std::chrono::system_clock> || std::is_same_v<std::chrono::high_resolution_clock, std::chrono::steady_clock>);

// A time point of a known clock in ns since the simulation's start.
template <class TimePoint> std::int64_t virtual_time(const TimePoint& time) noexcept
{
  using clock = typename TimePoint::clock;
  static_assert(std::is_same_v<typename TimePoint::duration, std::chrono::nanoseconds>);
  constexpr std::int64_t start = std::is_same_v<clock, std::chrono::steady_clock> ? steady_start : system_start;
  if (time == (TimePoint::max)())
    return timer_source::never;
  const std::int64_t count = time.time_since_epoch().count();
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  return count < lowest + start ? lowest : count - start;
}

// In the report's words: "until 10 ms", "for ever".
std::string until_text(std::int64_t deadline);

// A wait on a timer was started: it belongs to the running task.
void wait_started(const void* timer, boost::asio::detail::wait_op& op, std::int64_t deadline);

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

// The definition of each member, once for each known clock.
#define DETENT_PRIVATE_TIMER_QUEUE(traits)                                                                             \
  template <> long timer_queue<traits>::wait_duration_msec(long) const;                                                \
  template <> long timer_queue<traits>::wait_duration_usec(long) const;                                                \
  template <> void timer_queue<traits>::get_ready_timers(op_queue<operation>&);

DETENT_PRIVATE_TIMER_QUEUE(::detent::asio_port::steady_traits)
DETENT_PRIVATE_TIMER_QUEUE(::detent::asio_port::system_traits)
#undef DETENT_PRIVATE_TIMER_QUEUE

} // namespace detail
} // namespace asio
} // namespace boost
