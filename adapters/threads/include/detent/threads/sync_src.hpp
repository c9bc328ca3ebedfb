// What threads wait by, taken at link time: mutexes of all kinds, semaphores, condition variables. Each function is the
// simulation's in a simulation with threads, else libc's. Included by <detent/threads/src.hpp>.
#pragma once

#include <detent/threads/outside.hpp>
#include <detent/threads/sync.hpp>
#include <detent/threads/world.hpp>

#include <pthread.h>
#include <semaphore.h>

#define DETENT_PRIVATE_WORLD ::detent::threads::world* const w = ::detent::threads::world::current()
#define DETENT_PRIVATE_WAITS ::detent::threads::world* const w = ::detent::threads::world::of_waiter()
#define DETENT_PRIVATE_ACQUIRE(kind, verb, object, attempt, ...)                                                       \
  ::detent::threads::acquire(                                                                                          \
      *w, object, kind, verb, [&] { return attempt; }, __VA_ARGS__)

extern "C" {

// --- mutexes ---------------------------------------------------------------------------------------------------

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return detent::threads::lock_mutex(*w, mutex, true);
  if (detent::machine::current())
  {
    const int error = DETENT_PRIVATE_REAL(pthread_mutex_trylock)(mutex);
    if (error != EBUSY)
      return error;
    if (DETENT_PRIVATE_WAITS)
      return detent::threads::lock_mutex(*w, mutex, true);
  }
  return DETENT_PRIVATE_REAL(pthread_mutex_lock)(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return detent::threads::lock_mutex(*w, mutex, false);
  return DETENT_PRIVATE_REAL(pthread_mutex_trylock)(mutex);
}

int pthread_mutex_timedlock(pthread_mutex_t* __restrict mutex, const timespec* __restrict at) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return detent::threads::lock_mutex(*w, mutex, true, detent::threads::deadline_of(CLOCK_REALTIME, *at));
  return DETENT_PRIVATE_REAL(pthread_mutex_timedlock)(mutex, at);
}

int pthread_mutex_clocklock(pthread_mutex_t* __restrict mutex, clockid_t clock, const timespec* __restrict at) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return detent::threads::lock_mutex(*w, mutex, true, detent::threads::deadline_of(clock, *at));
  return DETENT_PRIVATE_REAL(pthread_mutex_clocklock)(mutex, clock, at);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return detent::threads::unlock_mutex(*w, mutex);
  detent::threads::outside::notified(mutex);
  return DETENT_PRIVATE_REAL(pthread_mutex_unlock)(mutex);
}

int pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    detent::threads::home::here().held_in(*w).release(mutex);
  detent::threads::home::here().internal_mutexes.erase(mutex);
  return DETENT_PRIVATE_REAL(pthread_mutex_destroy)(mutex);
}

// --- shared mutexes and semaphores -----------------------------------------------------------------------------

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return DETENT_PRIVATE_ACQUIRE(
        "shared mutex", "shares", lock, DETENT_PRIVATE_REAL(pthread_rwlock_tryrdlock)(lock), true);
  return DETENT_PRIVATE_REAL(pthread_rwlock_rdlock)(lock);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return DETENT_PRIVATE_ACQUIRE(
        "shared mutex", "shares", lock, DETENT_PRIVATE_REAL(pthread_rwlock_tryrdlock)(lock), false);
  return DETENT_PRIVATE_REAL(pthread_rwlock_tryrdlock)(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return DETENT_PRIVATE_ACQUIRE(
        "shared mutex", "locks", lock, DETENT_PRIVATE_REAL(pthread_rwlock_trywrlock)(lock), true);
  return DETENT_PRIVATE_REAL(pthread_rwlock_wrlock)(lock);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return DETENT_PRIVATE_ACQUIRE(
        "shared mutex", "locks", lock, DETENT_PRIVATE_REAL(pthread_rwlock_trywrlock)(lock), false);
  return DETENT_PRIVATE_REAL(pthread_rwlock_trywrlock)(lock);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t* __restrict lock, const timespec* __restrict at) noexcept
{
  return ::pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, at);
}

int pthread_rwlock_clockrdlock(
    pthread_rwlock_t* __restrict lock, clockid_t clock, const timespec* __restrict at) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return DETENT_PRIVATE_ACQUIRE("shared mutex", "shares", lock, DETENT_PRIVATE_REAL(pthread_rwlock_tryrdlock)(lock),
        true, detent::threads::deadline_of(clock, *at));
  return DETENT_PRIVATE_REAL(pthread_rwlock_clockrdlock)(lock, clock, at);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t* __restrict lock, const timespec* __restrict at) noexcept
{
  return ::pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, at);
}

int pthread_rwlock_clockwrlock(
    pthread_rwlock_t* __restrict lock, clockid_t clock, const timespec* __restrict at) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    return DETENT_PRIVATE_ACQUIRE("shared mutex", "locks", lock, DETENT_PRIVATE_REAL(pthread_rwlock_trywrlock)(lock),
        true, detent::threads::deadline_of(clock, *at));
  return DETENT_PRIVATE_REAL(pthread_rwlock_clockwrlock)(lock, clock, at);
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept
{
  const int error = DETENT_PRIVATE_REAL(pthread_rwlock_unlock)(lock);
  if (DETENT_PRIVATE_WORLD)
  {
    detent::threads::act(*w, {"unlocks", "shared mutex", lock});
    w->wake_all(lock);
    w->preempt();
  }
  else
    detent::threads::outside::notified(lock);
  return error;
}

int sem_post(sem_t* semaphore) noexcept
{
  const int failed = DETENT_PRIVATE_REAL(sem_post)(semaphore);
  if (DETENT_PRIVATE_WORLD)
  {
    detent::threads::act(*w, {"posts", "semaphore", semaphore});
    w->wake_all(semaphore);
    w->preempt();
  }
  else
    detent::threads::outside::notified(semaphore);
  return failed;
}

int sem_trywait(sem_t* semaphore) noexcept
{
  if (DETENT_PRIVATE_WORLD)
    w->preempt();
  return DETENT_PRIVATE_REAL(sem_trywait)(semaphore);
}

int sem_clockwait(sem_t* __restrict semaphore, clockid_t clock, const timespec* __restrict at)
{
  if (DETENT_PRIVATE_WAITS)
    return detent::threads::wait_semaphore(*w, semaphore, detent::threads::deadline_of(clock, *at));
  return DETENT_PRIVATE_REAL(sem_clockwait)(semaphore, clock, at);
}

int sem_timedwait(sem_t* __restrict semaphore, const timespec* __restrict at)
{
  return ::sem_clockwait(semaphore, CLOCK_REALTIME, at);
}

int sem_wait(sem_t* semaphore)
{
  if (DETENT_PRIVATE_WAITS)
    return detent::threads::wait_semaphore(*w, semaphore, detent::timer_source::never);
  return DETENT_PRIVATE_REAL(sem_wait)(semaphore);
}

// --- conditions, and the rest ----------------------------------------------------------------------------------

int pthread_cond_wait(pthread_cond_t* __restrict condition, pthread_mutex_t* __restrict mutex)
{
  if (DETENT_PRIVATE_WAITS)
    return detent::threads::wait_condition(*w, condition, mutex, detent::timer_source::never);
  return DETENT_PRIVATE_REAL(pthread_cond_wait)(condition, mutex);
}

int pthread_cond_clockwait(pthread_cond_t* __restrict condition, pthread_mutex_t* __restrict mutex, clockid_t clock,
    const timespec* __restrict at)
{
  if (DETENT_PRIVATE_WAITS)
    return detent::threads::wait_condition(*w, condition, mutex, detent::threads::deadline_of(clock, *at));
  return DETENT_PRIVATE_REAL(pthread_cond_clockwait)(condition, mutex, clock, at);
}

int pthread_cond_timedwait(
    pthread_cond_t* __restrict condition, pthread_mutex_t* __restrict mutex, const timespec* __restrict at)
{
  if (DETENT_PRIVATE_WAITS)
    return detent::threads::wait_condition(*w, condition, mutex, detent::threads::deadline_of(CLOCK_REALTIME, *at));
  return DETENT_PRIVATE_REAL(pthread_cond_timedwait)(condition, mutex, at);
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept
{
  if (DETENT_PRIVATE_WORLD)
  {
    detent::threads::act(*w, {"notifies one of", "condition", condition});
    w->wake_one(condition);
    w->preempt();
    return 0;
  }
  detent::threads::outside::notified(condition);
  return DETENT_PRIVATE_REAL(pthread_cond_signal)(condition);
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept
{
  if (DETENT_PRIVATE_WORLD)
  {
    detent::threads::act(*w, {"notifies all of", "condition", condition});
    w->wake_all(condition);
    w->preempt();
    return 0;
  }
  detent::threads::outside::notified(condition);
  return DETENT_PRIVATE_REAL(pthread_cond_broadcast)(condition);
}

} // extern "C"

#undef DETENT_PRIVATE_ACQUIRE
#undef DETENT_PRIVATE_WAITS
#undef DETENT_PRIVATE_WORLD
