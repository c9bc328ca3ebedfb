// What threads outside every simulation notify. A simulation does not hear it, so that a virtual thread which waits for
// it waits for ever: its report should say why.
#pragma once

#include <detent/machine.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

namespace detent::threads {

class outside
{
public:
  // A test has started a real thread (detent::real_threads).
  static void started() noexcept { started_ = true; }
  static bool has_threads() noexcept { return started_; }

  // The calling thread notifies an object, or releases it. Only the last few are known.
  static void notified(const void* object) noexcept
  {
    if (started_.load(std::memory_order_relaxed) && !machine::current()) [[unlikely]]
      last_[next_++ % last_.size()] = object;
  }
  static bool has_notified(const void* object) noexcept
  {
    return object && std::ranges::any_of(last_, [object](const auto& one) { return one == object; });
  }

private:
  static inline constinit std::atomic<bool> started_ = false;
  static inline constinit std::atomic<std::size_t> next_ = 0;
  static inline constinit std::array<std::atomic<const void*>, 64> last_{};
};

} // namespace detent::threads
