// Stacks of virtual threads: a guard below each, used again when their thread has ended.
#pragma once

#include <boost/context/stack_context.hpp>

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

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
  static constexpr std::size_t usual_size = 1 << 20;
  static constexpr std::size_t guard = 1 << 16; // more than the frame of nearly any function

  stack_pool() = default;
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;
  ~stack_pool()
  {
    for (const boost::context::stack_context& s : free_)
      unmap(s);
    unmap(left_);
  }

  // Of at least this size, not counting the guard; memory is taken as it is used.
  boost::context::stack_context allocate(std::size_t size)
  {
    if (size > usual_size)
      return map((size + guard - 1) / guard * guard);
    if (free_.empty())
      return map(usual_size);
    const boost::context::stack_context used = free_.back();
    free_.pop_back();
#if defined(DETENT_PRIVATE_ASAN)
    // The frames of a thread that was abandoned are still marked.
    __asan_unpoison_memory_region(static_cast<char*>(used.sp) - used.size, used.size);
#endif
    return used;
  }

  // It may be the one that is run on, if nothing more is done there than to leave it.
  void deallocate(const boost::context::stack_context& s)
  {
    if (s.size == usual_size)
      free_.push_back(s);
    else
      unmap(std::exchange(left_, s));
  }

private:
  static boost::context::stack_context map(std::size_t size)
  {
    void* const at = ::mmap(nullptr, size + guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
      throw std::bad_alloc();
    char* const bottom = static_cast<char*>(at) + guard;
    if (::mprotect(bottom, size, PROT_READ | PROT_WRITE) != 0)
    {
      ::munmap(at, size + guard);
      throw std::bad_alloc();
    }
    boost::context::stack_context made;
    made.size = size;
    made.sp = bottom + size;
#if defined(VALGRIND_STACK_REGISTER)
    static_cast<void>(VALGRIND_STACK_REGISTER(bottom, made.sp));
#endif
    return made;
  }

  static void unmap(const boost::context::stack_context& s) noexcept
  {
    if (s.size != 0)
      ::munmap(static_cast<char*>(s.sp) - s.size - guard, s.size + guard);
  }

  std::vector<boost::context::stack_context> free_;
  boost::context::stack_context left_; // the latest that is not used again
};

} // namespace detent::threads
