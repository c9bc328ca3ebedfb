// Stacks of virtual threads: a guard page below each, used again when their thread has ended.
#pragma once

#include <boost/context/protected_fixedsize_stack.hpp>
#include <boost/context/stack_context.hpp>

#include <cstddef>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DETENT_PRIVATE_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define DETENT_PRIVATE_ASAN
#endif

#if defined(DETENT_PRIVATE_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif

namespace detent::threads {

// Belongs to one real thread.
class stack_pool
{
public:
  static constexpr std::size_t stack_size = 256 * 1024;

  stack_pool() = default;
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;
  ~stack_pool()
  {
    for (boost::context::stack_context& s : free_)
      boost::context::protected_fixedsize_stack(stack_size).deallocate(s);
  }

  boost::context::stack_context allocate()
  {
    if (free_.empty())
    {
      const boost::context::stack_context made = boost::context::protected_fixedsize_stack(stack_size).allocate();
#if defined(VALGRIND_STACK_REGISTER)
      static_cast<void>(VALGRIND_STACK_REGISTER(static_cast<char*>(made.sp) - made.size, made.sp));
#endif
      return made;
    }
    const boost::context::stack_context used = free_.back();
    free_.pop_back();
#if defined(DETENT_PRIVATE_ASAN)
    // The frames of a thread that was abandoned are still marked; a page at the bottom is the guard.
    constexpr std::size_t guard = 4096;
    __asan_unpoison_memory_region(static_cast<char*>(used.sp) - used.size + guard, used.size - guard);
#endif
    return used;
  }

  void deallocate(boost::context::stack_context& s) noexcept { free_.push_back(s); }

private:
  std::vector<boost::context::stack_context> free_;
};

} // namespace detent::threads
