// Asio's own threads (thread_pool, system_executor, the resolver's worker): refused by name.
#pragma once

#include <detent/error.hpp>

#include <boost/asio/detail/thread.hpp>

// With BOOST_ASIO_DISABLE_THREADS Asio has a thread class of its own that refuses to start.
#if defined(BOOST_ASIO_HAS_PTHREADS)

namespace boost {
namespace asio {
namespace detail {

posix_thread::~posix_thread() = default;
void posix_thread::join() { joined_ = true; }
std::size_t posix_thread::hardware_concurrency() { return 2; } // the same on every machine

void posix_thread::start_thread(func_base* start)
{
  delete start;
  joined_ = true;
  ::detent::asio_port::refuse_thread("a thread of Asio's own (thread_pool, system_executor, async_resolve)");
}

void* boost_asio_detail_posix_thread_function(void*) { return nullptr; }

} // namespace detail
} // namespace asio
} // namespace boost

#endif
