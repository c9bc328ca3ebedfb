// Cancellation slots: where what is installed in them lies.
//
// Each has an aligned block of its own, so that a cancellation state is known by any address in it: see
// <detent/asio/cancellation_hooks.hpp>.
#pragma once

#include <detent/asio/cancellation_hooks.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

namespace detent::asio_port {
namespace {

using slot_memory = std::pair<void*, std::size_t>;

constexpr std::align_val_t slot_alignment{cancellation_alignment};

void free_slot(const slot_memory& memory) noexcept
{
  if (!memory.first)
    return;
  forget(memory.first);
  ::operator delete(memory.first, slot_alignment);
}

} // namespace
} // namespace detent::asio_port

namespace boost {
namespace asio {

cancellation_signal::~cancellation_signal()
{
  if (handler_)
    ::detent::asio_port::free_slot(handler_->destroy());
}

void cancellation_slot::clear()
{
  if (!is_connected() || !has_handler())
    return;
  ::detent::asio_port::free_slot((*handler_)->destroy());
  *handler_ = nullptr;
}

std::pair<void*, std::size_t> cancellation_slot::prepare_memory(std::size_t size, std::size_t)
{
  using namespace ::detent::asio_port;
  slot_memory kept{};
  if (has_handler())
  {
    kept = (*handler_)->destroy();
    *handler_ = nullptr;
    ::detent::forget(kept.first);
  }
  if (kept.second >= size)
    return kept;
  free_slot(kept);
  const std::size_t rounded = (size + cancellation_alignment - 1) / cancellation_alignment * cancellation_alignment;
  return {::operator new(rounded, slot_alignment), rounded};
}

cancellation_slot::auto_delete_helper::~auto_delete_helper() { ::detent::asio_port::free_slot(mem); }

} // namespace asio
} // namespace boost
