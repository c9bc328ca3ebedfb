// Threads and what they wait for, taken at link time.
//
// These definitions of libc's functions stand before libc's own, because they are compiled into the executable. In a
// simulation they make and run virtual threads (<detent/threads/world.hpp>); on any other thread they are libc's.
// std::thread, std::async, mutexes, condition variables, shared mutexes and call_once are made of them; futures,
// std::atomic's wait, latches, barriers and semaphores of the kernel's futex, which is asked for by syscall().
//
//   pthread_create, join, detach, self, setname_np, getname_np
//   pthread_mutex_*, pthread_rwlock_*, pthread_cond_*, pthread_once, sem_*
//   pthread_key_create, getspecific, setspecific
//   sched_yield, syscall(SYS_futex)
//
// Until a simulation has made its first thread, all of them are libc's.
#pragma once

#include <detent/threads/enabled.hpp>

#if DETENT_PRIVATE_VIRTUAL_THREADS

#include <detent/real_threads.hpp>
#include <detent/threads/sync_src.hpp>
#include <detent/threads/world_src.hpp>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace detent::threads {

// The thread that is about to be joined or detached, if it can be.
inline thread* still_joinable(world* w, pthread_t handle, const char* verb)
{
  if (!w)
  {
    std::fprintf(stderr,
        "detent: a real thread %s a virtual one, which only lives in the simulation that made it\n"
        "  Next: join it in the test that started it, before it returns; or start it while a detent::real_threads "
        "lives\n",
        verb);
    return nullptr;
  }
  thread* const t = w->find(handle);
  if (t && !t->joined)
    return t;
  misuse(*w, {verb, "thread", t},
      std::string("a thread ") + verb + (t ? " task " + name_of(*w, *t) + "," : " another one,")
          + " which was joined or detached already");
  return nullptr;
}

// The running fiber, if it has a value of its own for a key.
inline thread* fiber_with(pthread_key_t key) noexcept
{
  world* const w = world::current();
  const bool own =
      w && !w->running().is_first() && !w->simulated().settings().os_threads && specific_values::keeps(key);
  return own ? &w->running() : nullptr;
}

// FUTEX_WAIT takes a time from now, FUTEX_WAIT_BITSET a point in time.
inline long futex(world& w, const long* a)
{
  auto* const word = reinterpret_cast<int*>(a[0]);
  const int operation = static_cast<int>(a[1]);
  const int what = operation & FUTEX_CMD_MASK;
  if (what == FUTEX_WAKE || what == FUTEX_WAKE_BITSET)
  {
    act(w, {"notifies", "word", word});
    if (a[2] == 1)
      w.wake_one(word);
    else
      w.wake_all(word);
    w.preempt();
    return 0;
  }
  w.preempt();
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != static_cast<int>(a[2]))
  {
    errno = EAGAIN;
    return -1;
  }
  std::int64_t deadline = timer_source::never;
  if (const auto* const at = reinterpret_cast<const timespec*>(a[3]))
    deadline = what == FUTEX_WAIT_BITSET
        ? deadline_of((operation & FUTEX_CLOCK_REALTIME) ? CLOCK_REALTIME : CLOCK_MONOTONIC, *at)
        : w.simulated().now() + at->tv_sec * 1'000'000'000 + at->tv_nsec;
  w.simulated().touch(word, access::write);
  if (w.block_on(word, {"waits for", "word", word}, deadline))
    return 0;
  errno = ETIMEDOUT;
  return -1;
}

} // namespace detent::threads

extern "C" {

int pthread_create(pthread_t* handle, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) noexcept
{
  detent::machine* const m = detent::machine::current();
  if (m && detent::real_threads::wanted())
    detent::threads::outside::started();
  if (!m || detent::real_threads::wanted())
    return DETENT_PRIVATE_REAL(pthread_create)(handle, attributes, start, argument);
  int state = PTHREAD_CREATE_JOINABLE;
  std::size_t stack_size = 0;
  if (attributes)
  {
    static_cast<void>(::pthread_attr_getdetachstate(attributes, &state));
    static_cast<void>(::pthread_attr_getstacksize(attributes, &stack_size));
  }
  detent::threads::world::of(*m).create(start, argument, state == PTHREAD_CREATE_DETACHED, stack_size, handle);
  return 0;
}

int pthread_join(pthread_t handle, void** result)
{
  detent::threads::world* const w = detent::threads::world::current();
  if (!detent::threads::is_virtual(handle))
    return DETENT_PRIVATE_REAL(pthread_join)(handle, result);
  detent::threads::thread* const t = detent::threads::still_joinable(w, handle, "joins");
  if (!t)
    return EINVAL;
  if (t == &w->running())
    return EDEADLK;
  if (!w->join(*t))
    return EDEADLK; // the schedule is over, and it will not end
  if (result)
    *result = t->result;
  w->forget(*t);
  return 0;
}

int pthread_detach(pthread_t handle) noexcept
{
  detent::threads::world* const w = detent::threads::world::current();
  if (!detent::threads::is_virtual(handle))
    return DETENT_PRIVATE_REAL(pthread_detach)(handle);
  detent::threads::thread* const t = detent::threads::still_joinable(w, handle, "detaches");
  if (!t)
    return EINVAL;
  t->joined = true;
  w->forget(*t);
  return 0;
}

// Destructors of what lies on a fiber's stack would have to run, and nothing but an exception does that.
void pthread_exit(void* result)
{
  if (detent::threads::world* const w = detent::threads::world::current(); w && !w->running().is_first())
  {
    w->running().result = result;
    if (!w->simulated().settings().os_threads)
    {
      detent::threads::misuse(*w, {"leaves by pthread_exit, as", "thread", &w->running()},
          "pthread_exit is called, which threads that are fibers do not have\n"
          "  Next: return from the thread's function, or set options::threads = threading::os");
      w->leave();
    }
  }
  DETENT_PRIVATE_REAL(pthread_exit)(result);
  __builtin_unreachable();
}

// AddressSanitizer's runtime asks for its own thread by a key, on every stack, and before anything can be looked up.
#if !defined(DETENT_PRIVATE_ASAN)
int pthread_key_create(pthread_key_t* key, void (*at_end)(void*)) noexcept
{
  const int error = DETENT_PRIVATE_REAL(pthread_key_create)(key, at_end);
  if (error == 0)
    detent::threads::specific_values::made(*key, at_end);
  return error;
}

void* pthread_getspecific(pthread_key_t key) noexcept
{
  if (detent::threads::thread* const t = detent::threads::fiber_with(key))
    return t->specific.get(key);
  return DETENT_PRIVATE_REAL(pthread_getspecific)(key);
}

int pthread_setspecific(pthread_key_t key, const void* value) noexcept
{
  if (detent::threads::thread* const t = detent::threads::fiber_with(key))
  {
    t->specific.set(key, value);
    return 0;
  }
  return DETENT_PRIVATE_REAL(pthread_setspecific)(key, value);
}
#endif

// As many on every machine.
int get_nprocs() noexcept { return detent::machine::current() ? 2 : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)); }

pthread_t pthread_self() noexcept
{
  if (detent::threads::world* const w = detent::threads::world::current(); w && !w->running().is_first())
    return w->running().handle;
  return DETENT_PRIVATE_REAL(pthread_self)();
}

int pthread_setname_np(pthread_t handle, const char* name) noexcept
{
  detent::threads::world* const w = detent::threads::world::current();
  detent::threads::thread* const t = w ? w->find(handle) : nullptr;
  if (!t)
    return DETENT_PRIVATE_REAL(pthread_setname_np)(handle, name);
  if (std::strlen(name) >= sizeof t->name)
    return ERANGE;
  std::strcpy(t->name, name);
  w->simulated().tasks().name(t->task, name);
  return 0;
}

int pthread_getname_np(pthread_t handle, char* name, size_t size) noexcept
{
  detent::threads::world* const w = detent::threads::world::current();
  detent::threads::thread* const t = w ? w->find(handle) : nullptr;
  if (!t)
    return DETENT_PRIVATE_REAL(pthread_getname_np)(handle, name, size);
  if (size < sizeof t->name)
    return ERANGE;
  std::strcpy(name, t->name);
  return 0;
}

int sched_yield() noexcept
{
  if (detent::threads::world* const w = detent::threads::world::current())
  {
    w->yield();
    return 0;
  }
  return static_cast<int>(::syscall(SYS_sched_yield));
}

// Another thread waits while one runs the function.
int pthread_once(pthread_once_t* once, void (*function)())
{
  if (detent::threads::world* const w = detent::threads::world::current())
  {
    auto& running = detent::threads::home::here().once;
    while (running.contains(once) && running[once] == w->epoch())
      w->block_on(once, {"waits for", "call_once", once});
    struct scope
    {
      detent::threads::world& in;
      pthread_once_t* once;
      ~scope()
      {
        detent::threads::home::here().once.erase(once);
        in.wake_all(once);
      }
    };
    running[once] = w->epoch();
    const scope until_done{*w, once};
    return DETENT_PRIVATE_REAL(pthread_once)(once, function);
  }
  return DETENT_PRIVATE_REAL(pthread_once)(once, function);
}

// Calls pass as many arguments as their number needs, and which that is only the kernel knows: all six are read.
__attribute__((no_sanitize("address"))) long syscall(long number, ...) noexcept
{
  long a[6];
  va_list arguments;
  va_start(arguments, number);
  for (long& argument : a)
    argument = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_futex)
  {
    if (detent::threads::world* const w = detent::threads::world::of_waiter())
      return detent::threads::futex(*w, a);
    detent::threads::outside::notified(reinterpret_cast<const void*>(a[0]));
  }
  return detent::threads::raw_syscall(number, a);
}

} // extern "C"

#endif
