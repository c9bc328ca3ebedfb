// Included before everything else in each C++ source of the code under test, by detent-asio-flags
// (-include). It can be left out; then
//
//   - a source that relied on header-only Asio including <boost/asio/error.hpp> and the like for it must
//     include them itself: under BOOST_ASIO_SEPARATE_COMPILATION those includes are not made;
//   - what is done to a channel without starting an operation (close(), cancel(), try_send(), ...) is no
//     declared access to it (<detent/touch.hpp>);
//   - a report of a deadlock may name waits for operations of the program's own that are over;
//   - an exception that leaves a detached coroutine is swallowed, as Asio does, instead of failing the test.
//
// Limits: a precompiled header of the project's own must include it first; a source that defines an Asio
// macro itself, before its first include, must define it on the command line instead.
#pragma once

#if defined(__cplusplus) && __cplusplus >= 202002L

#include <detent/asio/cancellation_hooks.hpp>
#include <detent/asio/channel_hooks.hpp>
#include <detent/asio/frame_hooks.hpp>
#include <detent/asio/timer_hooks.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include <exception>
#include <utility>

namespace detent::asio_port {

// Fails the running schedule and names the task; outside an exploration it writes one line.
void report_detached(const std::exception_ptr& error);

struct detached_coroutine
{
  void operator()(std::exception_ptr error)
  {
    if (error)
      report_detached(error);
  }

  template <class Value> void operator()(std::exception_ptr error, Value&&) { (*this)(std::move(error)); }
};

} // namespace detent::asio_port

namespace boost {
namespace asio {

// What co_spawn(..., detached) completes with: Asio's own handler ignores its arguments.
template <class... Value> struct async_result<detached_t, void(std::exception_ptr, Value...)>
{
  using completion_handler_type = ::detent::asio_port::detached_coroutine;
  using return_type = void;

  explicit async_result(completion_handler_type&) {}
  void get() {}

  template <class Initiation, class Token, class... Arguments>
  static void initiate(Initiation&& initiation, Token&&, Arguments&&... arguments)
  {
    std::forward<Initiation>(initiation)(completion_handler_type{}, std::forward<Arguments>(arguments)...);
  }
};

} // namespace asio
} // namespace boost

#endif
