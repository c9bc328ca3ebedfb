// Makes cancellation a declared access, for exhaustive search and the strategies that learn from conflicts.
//
//   - A coroutine looks at its cancellation state whenever it awaits; a signal that arrives changes the state through
//     the state's filters. Where those are, the state is written.
//   - The operations of a parallel_group, so of || and &&, race for who requests that the others be cancelled. The
//     winner's request is kept in an atomic cancellation_type, and no other part of Asio keeps one.
//
// Both are templates, of which these are the specialisations; without this header they do the same, unseen.
#pragma once

#include <detent/touch.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace detent::asio_port {

// What is installed in a cancellation slot lies in a block of its own, aligned to this (port/cancellation.hpp): so any
// address in a cancellation state leads to its block, which stands for it.
inline constexpr std::size_t cancellation_alignment = 128;

inline const void* cancellation_block(const void* inside) noexcept
{
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(inside) & ~(cancellation_alignment - 1));
}

} // namespace detent::asio_port

namespace boost {
namespace asio {

template <cancellation_type_t Mask> struct cancellation_filter;

template <cancellation_type_t Mask>
requires(true) struct cancellation_filter<Mask>
{
  cancellation_type_t operator()(cancellation_type_t type) const noexcept
  {
    ::detent::touch(::detent::asio_port::cancellation_block(this), ::detent::access::write);
    return type & Mask;
  }
};

} // namespace asio
} // namespace boost

template <> class std::atomic<boost::asio::cancellation_type>
{
public:
  using value_type = boost::asio::cancellation_type;

  constexpr atomic(value_type value = {}) noexcept : value_(static_cast<unsigned>(value)) {}
  ~atomic() { ::detent::forget(this); }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  static constexpr bool is_always_lock_free = std::atomic<unsigned>::is_always_lock_free;
  bool is_lock_free() const noexcept { return value_.is_lock_free(); }

  void store(value_type value, std::memory_order order = std::memory_order_seq_cst) noexcept
  {
    ::detent::touch(this, ::detent::access::write);
    value_.store(static_cast<unsigned>(value), order);
  }
  value_type load(std::memory_order order = std::memory_order_seq_cst) const noexcept
  {
    ::detent::touch(this, ::detent::access::read);
    return static_cast<value_type>(value_.load(order));
  }
  value_type exchange(value_type value, std::memory_order order = std::memory_order_seq_cst) noexcept
  {
    ::detent::touch(this, ::detent::access::write);
    return static_cast<value_type>(value_.exchange(static_cast<unsigned>(value), order));
  }
  bool compare_exchange_strong(
      value_type& expected, value_type value, std::memory_order order = std::memory_order_seq_cst) noexcept
  {
    ::detent::touch(this, ::detent::access::write);
    auto seen = static_cast<unsigned>(expected);
    const bool done = value_.compare_exchange_strong(seen, static_cast<unsigned>(value), order);
    expected = static_cast<value_type>(seen);
    return done;
  }
  bool compare_exchange_weak(
      value_type& expected, value_type value, std::memory_order order = std::memory_order_seq_cst) noexcept
  {
    return compare_exchange_strong(expected, value, order);
  }

  value_type operator=(value_type value) noexcept
  {
    store(value);
    return value;
  }
  operator value_type() const noexcept { return load(); }

private:
  std::atomic<unsigned> value_;
};
