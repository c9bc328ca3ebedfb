// Mutexes and their like in a simulation with virtual threads. The real object is only tried, never waited for: a
// thread that does not get it blocks in the simulation, until it is released.
#pragma once

#include <detent/clock.hpp>
#include <detent/threads/home.hpp>
#include <detent/threads/real.hpp>
#include <detent/threads/world.hpp>

#include <cerrno>
#include <cstdint>
#include <string>

#include <semaphore.h>
#include <time.h>

namespace detent::threads {

// An absolute time of one of the program's clocks, on the machine's.
inline std::int64_t deadline_of(clockid_t clock, const timespec& at)
{
  const std::int64_t time = at.tv_sec * 1'000'000'000 + at.tv_nsec;
  return time - (clock == CLOCK_REALTIME ? system_start : steady_start);
}

inline void act(world& w, const operation_words& what, access how = access::write)
{
  machine& m = w.simulated();
  m.touch(what.object, how);
  if (m.recording_events())
    m.acted(what, event_record::no_deadline, place_here(m));
}

inline std::string name_of(world& w, const thread& t) { return task_name(w.simulated().tasks().records(), t.task); }

// The program does what has no meaning: the schedule ends here.
inline void misuse(world& w, const operation_words& what, const std::string& message)
{
  act(w, what);
  w.simulated().fail(verdict::assertion, message);
}

// 0, EBUSY, EDEADLK or ETIMEDOUT, as pthread's functions answer.
inline int lock_mutex(world& w, pthread_mutex_t* mutex, bool waits, std::int64_t deadline = timer_source::never)
{
  auto* const try_lock = DETENT_PRIVATE_REAL(pthread_mutex_trylock);
  owners& held = home::here().held_in(w);
  if (w.choosing())
    return waits ? DETENT_PRIVATE_REAL(pthread_mutex_lock)(mutex) : try_lock(mutex);
  if (home::here().internal_mutexes.contains(mutex))
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
  owners& held = home::here().held_in(w);
  owners::entry* const known = held.find(mutex);
  if (!known && (w.choosing() || home::here().internal_mutexes.contains(mutex)))
  {
    const int error = DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
    w.wake_all(mutex);
    return error;
  }
  if (known && known->owner != &w.running())
  {
    misuse(w, {"unlocks", "mutex", mutex},
        "a thread unlocks a mutex that another thread holds: task " + name_of(w, *known->owner) + " locked it");
    return EPERM;
  }
  if (!known && DETENT_PRIVATE_REAL(pthread_mutex_trylock)(mutex) == 0)
  {
    DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
    misuse(w, {"unlocks", "mutex", mutex}, "a thread unlocks a mutex that nobody holds");
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
  if (const thread* const other = w.waits_with_another(condition, mutex))
    misuse(w, {"waits for", "condition", condition},
        "a thread waits for a condition variable with another mutex than task " + name_of(w, *other)
            + ", which waits for the same one");
  owners& held = home::here().held_in(w);
  owners::entry* const known = held.find(mutex);
  const std::uint32_t depth = known ? known->depth : 1;
  for (std::uint32_t i = 0; i < depth; ++i)
    DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
  held.release(mutex);
  w.wake_all(mutex);
  w.simulated().touch(condition, access::write);
  w.running().may_throw = true;
  w.running().waits_with = mutex;
  constexpr const char* verb = "waits for";
  const bool woken = w.is_woken_for_nothing({verb, "condition", condition})
      || w.block_on(condition, {verb, "condition", condition}, deadline);
  for (std::uint32_t i = 0; i < depth; ++i)
    static_cast<void>(lock_mutex(w, mutex, true));
  return woken ? 0 : ETIMEDOUT;
}

} // namespace detent::threads
