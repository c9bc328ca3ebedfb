// A virtual thread: a stack of its own, and what it waits for.
#pragma once

#include <detent/machine.hpp>
#include <detent/threads/keys.hpp>
#include <detent/threads/os_thread.hpp>
#include <detent/threads/stack.hpp>

#include <boost/context/detail/fcontext.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <cxxabi.h>
#include <pthread.h>

namespace detent::threads {

// What the C++ runtime keeps for each thread: the exceptions that are being handled.
struct exception_globals
{
  void* caught = nullptr;
  unsigned int uncaught = 0;

  bool any() const noexcept { return caught || uncaught; }

  // Those of the real thread.
  static exception_globals& running() noexcept
  {
    return *reinterpret_cast<exception_globals*>(abi::__cxa_get_globals());
  }
};

// What a library keeps for each real thread, in variables: swapped when another virtual one runs. The library's adapter
// defines these, in the same translation unit; a real thread that has a virtual one's part calls them too.
struct per_thread_places
{
  static per_thread_places fresh() noexcept; // those of a thread that has just begun
  static bool any() noexcept;                // whether those of the running thread are other ones
  void save() noexcept;
  void restore() const noexcept;

  std::array<void*, 6> values{};
};

class world;

// The handles of virtual threads are odd, which no real thread's is.
inline bool is_virtual(pthread_t handle) noexcept { return (handle & 1) != 0; }

class thread
{
public:
  thread() = default;
  thread(const thread&) = delete;
  thread& operator=(const thread&) = delete;

  // The one that was there before any was made.
  bool is_first() const noexcept { return start_ == nullptr; }
  void* run() { return start_(argument_); }

  // To be used for another thread, once it has ended.
  void reset(void* (*start)(void*), void* argument, pthread_t own_handle, task_id own_task)
  {
    start_ = start;
    argument_ = argument;
    handle = own_handle;
    task = own_task;
    aside = {.at = {.task = own_task, .depth = 1}};
    name[0] = '\0';
    ended = joined = may_stay = timed_out = may_throw = gives_up = carries = false;
    result = nullptr;
    waits_on = waits_with = nullptr;
    may_go_on = nullptr;
    deadline = timer_source::never;
    places = per_thread_places::fresh();
    specific.forget();
  }

  // What pthread_self() and its like know it by.
  pthread_t handle = 0;
  task_id task = main_task;
  char name[16] = {};
  bool ended = false;
  bool joined = false;   // or detached
  bool may_stay = false; // when the test ends: a library's own
  void* result = nullptr;

  // What it waits for, if anything: an object that somebody wakes, a condition that is looked at, a time.
  const void* waits_on = nullptr;
  const void* waits_with = nullptr; // a condition variable's mutex
  bool (*may_go_on)(void*) = nullptr;
  void* condition = nullptr;
  std::int64_t deadline = timer_source::never;
  bool timed_out = false;
  bool may_throw = false; // where it waits now
  bool gives_up = false;  // and has to

  // Where it goes on, if it is a fiber. Not a boost::context::fiber, which unwinds the stack of what is abandoned,
  // through whatever catches there.
  boost::context::detail::fcontext_t context = nullptr;

  // What belongs to it while another one runs. The last two only where it carries any, as few do.
  thread_state aside{};
  bool carries = false;
  exception_globals exceptions{};
  per_thread_places places{};
  specific_values specific{};
  boost::context::stack_context stack{};
  world* in = nullptr;
  threads::turn turn; // if it is a thread of the operating system
#if defined(DETENT_PRIVATE_ASAN)
  void* fake_stack = nullptr;
#endif

private:
  void* (*start_)(void*) = nullptr;
  void* argument_ = nullptr;
};

} // namespace detent::threads
