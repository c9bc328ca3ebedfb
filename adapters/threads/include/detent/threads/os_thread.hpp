// A thread of the operating system in the part of a virtual thread: it runs only while it has the turn, which the one
// that ran before it gave it.
#pragma once

#include <detent/threads/real.hpp>
#include <detent/threads/stack.hpp>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

namespace detent::threads {

class turn
{
public:
  void give() noexcept
  {
    mine_.store(1, std::memory_order_release);
    const long wake[] = {address(), FUTEX_WAKE_PRIVATE, 1, 0, 0, 0};
    raw_syscall(SYS_futex, wake);
  }

  void await() noexcept
  {
    const long wait[] = {address(), FUTEX_WAIT_PRIVATE, 0, 0, 0, 0};
    while (mine_.exchange(0, std::memory_order_acquire) == 0)
      raw_syscall(SYS_futex, wait);
  }

private:
  long address() noexcept { return reinterpret_cast<long>(&mine_); }

  std::atomic<std::uint32_t> mine_{0};
};

// Calls end(argument) when everything of the calling thread has been destroyed, its thread_local variables and what
// pthread_setspecific holds. As far as can be: keys that are set again and again are left.
class end_of_thread
{
public:
  using function = void (*)(void*);

  static void call(function end, void* argument) noexcept
  {
    static end_of_thread all;
    thread_local end_of_thread::call_at_end own;
    own = {end, argument, 0};
    ::pthread_setspecific(all.key_, &own);
  }

private:
  struct call_at_end
  {
    function end;
    void* argument;
    int rounds;
  };

  end_of_thread() noexcept { ::pthread_key_create(&key_, destroy); }

  static void destroy(void* what)
  {
    auto& own = *static_cast<call_at_end*>(what);
    if (++own.rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
      ::pthread_setspecific(key_, what);
    else
      own.end(own.argument);
  }

  static inline pthread_key_t key_ = 0;
};

inline boost::context::stack_context stack_of_this_thread() noexcept
{
  boost::context::stack_context found;
  pthread_attr_t attributes;
  if (::pthread_getattr_np(DETENT_PRIVATE_REAL(pthread_self)(), &attributes) != 0)
    return found;
  void* bottom = nullptr;
  if (::pthread_attr_getstack(&attributes, &bottom, &found.size) == 0)
    found.sp = static_cast<char*>(bottom) + found.size;
  ::pthread_attr_destroy(&attributes);
  return found;
}

// Starts one that nobody joins.
inline bool start_os_thread(void* (*start)(void*), void* argument, std::size_t stack_size) noexcept
{
  pthread_attr_t detached;
  ::pthread_attr_init(&detached);
  ::pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  ::pthread_attr_setguardsize(&detached, stack_pool::guard);
  ::pthread_attr_setstacksize(&detached, std::max(stack_size, stack_pool::usual_size));
  pthread_t handle{};
  const int failure = DETENT_PRIVATE_REAL(pthread_create)(&handle, &detached, start, argument);
  ::pthread_attr_destroy(&detached);
  return failure == 0;
}

} // namespace detent::threads
