// Makes every use of an experimental::channel a declared access to it.
//
// A channel takes its lock in each of its functions. That of an experimental::channel is one that does nothing, so
// taking it can tell the machine which channel is being used. A concurrent_channel's is a real mutex: of that one
// only the operations that are started are seen, in the tracked flavour.
#pragma once

#include <detent/touch.hpp>

#include <boost/asio/detail/config.hpp>
#include <boost/asio/detail/scoped_lock.hpp>

#if defined(BOOST_ASIO_HAS_THREADS) // without them every mutex of Asio is of that kind

namespace boost {
namespace asio {
namespace detail {

class null_mutex;

template <> class scoped_lock<null_mutex>
{
public:
  explicit scoped_lock(null_mutex& mutex) : mutex_(mutex) { ::detent::touch(&mutex, ::detent::access::write); }
  scoped_lock(const scoped_lock&) = delete;
  scoped_lock& operator=(const scoped_lock&) = delete;

  void lock() noexcept {}
  void unlock() noexcept {}
  bool locked() const noexcept { return true; }
  null_mutex& mutex() noexcept { return mutex_; }

private:
  null_mutex& mutex_;
};

} // namespace detail
} // namespace asio
} // namespace boost

#endif
