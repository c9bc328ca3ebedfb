// Where Asio's memory comes from. It asks whenever it allocates a coroutine's frame or an operation; in a schedule that
// is run for its report, that is also when the line of the program can be found that starts something.
//
// `co_await timer.async_wait(use_awaitable)` suspends first and starts the wait afterwards, when the coroutine is no
// longer on the stack. But the frame of the awaitable is allocated before, in the middle of that line.
#pragma once

#include <detent/asio/frame_hooks.hpp>
#include <detent/asio/port/startup.hpp>

#include <boost/asio/detail/thread_context.hpp>
#include <boost/asio/detail/thread_info_base.hpp>

namespace detent::asio_port {

void note_allocation(const machine& world);

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

thread_info_base* thread_context::top_of_thread_call_stack()
{
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  const ::detent::machine* world = ::detent::machine::current();
  if (world && world->recording_call_sites()) [[unlikely]]
    ::detent::asio_port::note_allocation(*world);
#endif
  return thread_call_stack::top();
}

#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
template <>
void thread_info_base::deallocate<thread_info_base::awaitable_frame_tag>(
    awaitable_frame_tag, thread_info_base* thread, void* memory, std::size_t size)
{
  ::detent::asio_port::tracking::frame_gone(memory, size);
  struct same_cache
  {
    enum
    {
      cache_size = awaitable_frame_tag::cache_size,
      begin_mem_index = awaitable_frame_tag::begin_mem_index,
      end_mem_index = awaitable_frame_tag::end_mem_index
    };
  };
  deallocate(same_cache(), thread, memory, size);
}
#endif

} // namespace detail
} // namespace asio
} // namespace boost
