// Asio's own threads (thread_pool, the resolver's worker) are virtual ones, and what Asio keeps for each thread changes
// with them.
#pragma once

#include <detent/asio/port/reveal.hpp>
#include <detent/asio/port/startup.hpp>
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
#include <detent/asio/port/tracking_state.hpp>
#endif
#include <detent/error.hpp>

#include <boost/asio/detail/call_stack.hpp>
#include <boost/asio/detail/strand_executor_service.hpp>
#include <boost/asio/detail/strand_service.hpp>
#include <boost/asio/detail/thread.hpp>
#include <boost/asio/detail/posix_mutex.hpp>
#include <boost/asio/detail/thread_context.hpp>

#include <system_error>

#if DETENT_PRIVATE_VIRTUAL_THREADS
namespace detent::asio_port {

using context_calls = asio_detail::call_stack<asio_detail::thread_context, asio_detail::thread_info_base>;
using strand_calls = asio_detail::call_stack<asio_detail::strand_executor_service::strand_impl>;
using strand_impl_calls = asio_detail::call_stack<asio_detail::strand_service::strand_impl>;

struct context_calls_tag
{
  friend auto revealed(context_calls_tag);
};
struct strand_calls_tag
{
  friend auto revealed(strand_calls_tag);
};
struct strand_impl_calls_tag
{
  friend auto revealed(strand_impl_calls_tag);
};
template struct reveal<context_calls_tag, &context_calls::top_>;
template struct reveal<strand_calls_tag, &strand_calls::top_>;
template struct reveal<strand_impl_calls_tag, &strand_impl_calls::top_>;

} // namespace detent::asio_port

namespace detent::threads {

inline per_thread_places per_thread_places::fresh() noexcept
{
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  // A thread of the operating system has what the hooks know from that of the simulation.
  return {{nullptr, nullptr, nullptr, nullptr, nullptr, &asio_port::state()}};
#else
  return {};
#endif
}

[[gnu::always_inline]] inline bool per_thread_places::any() noexcept
{
  using namespace asio_port;
  const auto* const in_context = static_cast<context_calls::context*>(*revealed(context_calls_tag{}));
  const auto* const in_strand = static_cast<strand_calls::context*>(*revealed(strand_calls_tag{}));
  const auto* const in_strand_impl = static_cast<strand_impl_calls::context*>(*revealed(strand_impl_calls_tag{}));
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  if (known_state && (known_state->innermost || known_state->completing)) [[unlikely]]
    return true;
#endif
  return in_context || in_strand || in_strand_impl;
}

[[gnu::always_inline]] inline void per_thread_places::save() noexcept
{
  using namespace asio_port;
  values[0] = static_cast<context_calls::context*>(*revealed(context_calls_tag{}));
  values[1] = static_cast<strand_calls::context*>(*revealed(strand_calls_tag{}));
  values[2] = static_cast<strand_impl_calls::context*>(*revealed(strand_impl_calls_tag{}));
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  tracking_state& known = state();
  values[3] = known.innermost;
  values[4] = known.completing;
  values[5] = &known;
#endif
}

[[gnu::always_inline]] inline void per_thread_places::restore() const noexcept
{
  using namespace asio_port;
  *revealed(context_calls_tag{}) = static_cast<context_calls::context*>(values[0]);
  *revealed(strand_calls_tag{}) = static_cast<strand_calls::context*>(values[1]);
  *revealed(strand_impl_calls_tag{}) = static_cast<strand_impl_calls::context*>(values[2]);
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  known_state = static_cast<tracking_state*>(values[5]);
  known_state->innermost = static_cast<tracking::location*>(values[3]);
  known_state->completing = static_cast<tracking::completion*>(values[4]);
#endif
}

} // namespace detent::threads
#endif
namespace detent::asio_port {

inline bool is_gone([[maybe_unused]] pthread_t handle) noexcept
{
#if DETENT_PRIVATE_VIRTUAL_THREADS
  threads::world* const w = threads::world::current();
  return threads::is_virtual(handle) && (!w || !w->find(handle));
#else
  return false;
#endif
}

} // namespace detent::asio_port

// With BOOST_ASIO_DISABLE_THREADS Asio has a thread class of its own that refuses to start.
#if defined(BOOST_ASIO_HAS_PTHREADS)

namespace boost {
namespace asio {
namespace detail {

posix_mutex::posix_mutex()
{
  if (const int failure = ::pthread_mutex_init(&mutex_, nullptr))
    throw std::system_error(failure, std::system_category(), "mutex");
#if DETENT_PRIVATE_VIRTUAL_THREADS
  ::detent::threads::home::here().internal_mutexes.insert(&mutex_);
#endif
}

// A thread that ended with its schedule, as those of static objects do, is not there any more.
posix_thread::~posix_thread()
{
  if (!joined_ && !::detent::asio_port::is_gone(thread_))
    ::pthread_detach(thread_);
}

void posix_thread::join()
{
  if (joined_)
    return;
  if (!::detent::asio_port::is_gone(thread_))
    ::pthread_join(thread_, nullptr);
  joined_ = true;
}

std::size_t posix_thread::hardware_concurrency() { return 2; } // the same on every machine

void posix_thread::start_thread(func_base* start)
{
  if (const int failure = ::pthread_create(&thread_, nullptr, boost_asio_detail_posix_thread_function, start))
  {
    delete start;
    joined_ = true;
    throw std::system_error(failure, std::system_category(), "thread");
  }
#if DETENT_PRIVATE_VIRTUAL_THREADS
  if (::detent::threads::world* const w = ::detent::threads::world::current())
    if (::detent::threads::thread* const t = w->find(thread_))
      t->may_stay = true;
#endif
}

void* boost_asio_detail_posix_thread_function(void* argument)
{
  const posix_thread::auto_func_base_ptr start = {static_cast<posix_thread::func_base*>(argument)};
  start.ptr->run();
  return nullptr;
}

} // namespace detail
} // namespace asio
} // namespace boost

#endif
