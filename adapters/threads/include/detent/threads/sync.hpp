// Mutexes and their like in a simulation with virtual threads. The real object is only tried, never waited for: a
// thread that does not get it blocks in the simulation, until it is released.
#pragma once

#include <detent/clock.hpp>
#include <detent/threads/real_thread_local.hpp>
#include <detent/threads/world.hpp>

#include <cerrno>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <dlfcn.h>
#include <semaphore.h>
#include <time.h>

namespace detent::threads {

// libc's own function, or that of a sanitizer's runtime.
template <class Function> Function* real(const char* name)
{
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

#define DETENT_PRIVATE_REAL(name)                                                                                      \
  ([]() -> decltype(::name)* {                                                                                         \
    static decltype(::name)* const found = ::detent::threads::real<decltype(::name)>(#name);                           \
    return found;                                                                                                      \
  }())

// An absolute time of one of the program's clocks, on the machine's.
inline std::int64_t deadline_of(clockid_t clock, const timespec& at)
{
  const std::int64_t time = at.tv_sec * 1'000'000'000 + at.tv_nsec;
  return time - (clock == CLOCK_REALTIME ? system_start : steady_start);
}

// The mutexes of a library that holds each within one step only, Asio's own: locking one is no event, and no point for
// another thread to run. Known from their construction to their destruction.
inline std::unordered_set<const void*>& internal_mutexes()
{
  return real_thread_local<std::unordered_set<const void*>>();
}

// Who holds a mutex, which the real one cannot tell: all threads are one to it.
class owners
{
public:
  struct entry
  {
    thread* owner;
    std::uint32_t depth;
  };

  entry* find(const void* mutex)
  {
    const auto found = held_.find(mutex);
    return found == held_.end() ? nullptr : &found->second;
  }
  void take(const void* mutex, thread& by) { held_[mutex] = {&by, 1}; }
  void release(const void* mutex) { held_.erase(mutex); }

  // Those of another schedule do not count.
  static owners& of(const world& w)
  {
    owners& all = real_thread_local<owners>();
    if (all.epoch_ != w.epoch())
    {
      all.held_.clear();
      all.epoch_ = w.epoch();
    }
    return all;
  }

private:
  std::unordered_map<const void*, entry> held_;
  std::uint64_t epoch_ = 0;
};

inline void act(world& w, const operation_words& what, access how = access::write)
{
  machine& m = w.simulated();
  m.touch(what.object, how);
  if (m.recording_events())
    m.acted(what, event_record::no_deadline, m.recording_call_sites() ? call_site::here().mark() : std::string());
}

// 0, EBUSY, EDEADLK or ETIMEDOUT, as pthread's functions answer.
inline int lock_mutex(world& w, pthread_mutex_t* mutex, bool waits, std::int64_t deadline = timer_source::never)
{
  auto* const try_lock = DETENT_PRIVATE_REAL(pthread_mutex_trylock);
  owners& held = owners::of(w);
  if (w.choosing())
    return waits ? DETENT_PRIVATE_REAL(pthread_mutex_lock)(mutex) : try_lock(mutex);
  if (internal_mutexes().contains(mutex))
  {
    int error = 0;
    while ((error = try_lock(mutex)) == EBUSY && waits)
      w.block_on(mutex, {"waits for", "mutex", mutex});
    return error;
  }
  w.preempt();
  thread& self = w.running();
  for (;;)
  {
    owners::entry* const known = held.find(mutex);
    const bool mine = known && known->owner == &self;
    const int error = known && !mine ? EBUSY : try_lock(mutex);
    if (error == 0)
    {
      if (mine)
        ++known->depth; // a recursive one
      else
        held.take(mutex, self);
      act(w, {waits ? "locks" : "tries and locks", "mutex", mutex});
      return 0;
    }
    if (error != EBUSY || !waits)
    {
      act(w, {"fails to lock", "mutex", mutex});
      return error;
    }
    if (!w.block_on(mutex, {mine ? "waits for its own" : "waits for", "mutex", mutex}, deadline))
      return ETIMEDOUT;
  }
}

inline int unlock_mutex(world& w, pthread_mutex_t* mutex)
{
  owners& held = owners::of(w);
  owners::entry* const known = held.find(mutex);
  if (!known && (w.choosing() || internal_mutexes().contains(mutex)))
  {
    const int error = DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
    w.wake_all(mutex);
    return error;
  }
  if (known && known->owner != &w.running())
  {
    w.simulated().fail(verdict::assertion,
        "a thread unlocks a mutex that another thread holds: task "
            + task_name(w.simulated().tasks().records(), known->owner->task) + " locked it");
    return EPERM;
  }
  const int error = DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
  if (known && --known->depth == 0)
    held.release(mutex);
  act(w, {"unlocks", "mutex", mutex});
  if (!known || !held.find(mutex))
    w.wake_all(mutex);
  w.preempt();
  return error;
}

// For what has a function that only tries: rwlocks and semaphores. EBUSY and EAGAIN mean not now.
template <class Try>
int acquire(world& w, const void* object, const char* kind, const char* verb, Try attempt, bool waits,
    std::int64_t deadline = timer_source::never)
{
  w.preempt();
  for (;;)
  {
    const int error = attempt();
    if (error == 0 || !waits || (error != EBUSY && error != EAGAIN))
    {
      act(w, {error == 0 ? verb : "does not get", kind, object});
      return error;
    }
    if (!w.block_on(object, {"waits for", kind, object}, deadline))
      return ETIMEDOUT;
  }
}

inline int wait_semaphore(world& w, sem_t* semaphore, std::int64_t deadline)
{
  const auto attempt = [&] { return DETENT_PRIVATE_REAL(sem_trywait)(semaphore) == 0 ? 0 : errno; };
  const int error = acquire(w, semaphore, "semaphore", "takes from", attempt, true, deadline);
  errno = error;
  return error == 0 ? 0 : -1;
}

inline int wait_condition(world& w, pthread_cond_t* condition, pthread_mutex_t* mutex, std::int64_t deadline)
{
  w.preempt(); // between what the program has looked at and the wait: a wake-up that comes here is lost
  owners& held = owners::of(w);
  owners::entry* const known = held.find(mutex);
  const std::uint32_t depth = known ? known->depth : 1;
  for (std::uint32_t i = 0; i < depth; ++i)
    DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
  held.release(mutex);
  w.wake_all(mutex);
  w.simulated().touch(condition, access::write);
  w.running().may_throw = true;
  const bool woken = w.block_on(condition, {"waits for", "condition", condition}, deadline);
  for (std::uint32_t i = 0; i < depth; ++i)
    static_cast<void>(lock_mutex(w, mutex, true));
  return woken ? 0 : ETIMEDOUT;
}

} // namespace detent::threads
