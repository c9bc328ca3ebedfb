// Lets the port see a coroutine's frame go, in the tracked flavour: what it awaited is over then, also where that was an
// operation of the program's own. Without this header reports may name waits that are over.
#pragma once

#include <boost/asio/detail/thread_info_base.hpp>

#include <cstddef>

#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
namespace boost {
namespace asio {
namespace detail {

template <>
void thread_info_base::deallocate<thread_info_base::awaitable_frame_tag>(
    awaitable_frame_tag, thread_info_base* thread, void* memory, std::size_t size);

} // namespace detail
} // namespace asio
} // namespace boost
#endif
