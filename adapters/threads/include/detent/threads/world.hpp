// The virtual threads of one simulation.
//
// One of them runs at a time. A thread that blocks, and each preemption point, gives the processor back: the ready
// threads are the steps of a lane of their own, so that the strategy chooses which runs next, as it does for handlers.
// The clock moves when no thread is ready. Time, order and choices are the machine's.
//
// Belongs to one real thread, and lasts for one schedule: what has not ended by then is abandoned on its stack, which
// is never unwound. A virtual thread is a fiber or, on request, a thread of the operating system, of which one at a
// time has its turn; nothing but the switch differs.
#pragma once

#include <detent/call_site.hpp>
#include <detent/error.hpp>
#include <detent/machine.hpp>
#include <detent/thread_control.hpp>
#include <detent/threads/shared_thread_locals.hpp>
#include <detent/threads/thread.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace detent::threads {

// Where the running thread calls, for reports.
inline std::string place_here(const machine& m)
{
  return m.recording_call_sites() ? call_site::here().mark() : std::string();
}

class world final : private timer_source, private thread_control
{
public:
  explicit world(machine& m);
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  // That of the running simulation, once it has threads; else null.
  static world* current() noexcept;

  // Likewise, for a call that would wait: in an exploration nobody but the simulation could end that.
  static world* of_waiter();

  // Made, if need be.
  static world& of(machine& m);

  void create(void* (*start)(void*), void* argument, bool detached, std::size_t stack_size, pthread_t* handle);
  bool join(thread& other); // false if the schedule is over before
  thread& running() noexcept { return *running_; }
  thread* find(pthread_t handle) noexcept
  {
    const std::size_t index = (handle & 0xffffffff) >> 1;
    if (!is_virtual(handle) || index >= threads_.size())
      return nullptr;
    return threads_[index]->handle == handle ? threads_[index].get() : nullptr;
  }
  void forget(thread& t);

  // The running fiber ends here, and what lies on its stack is not destroyed.
  [[noreturn]] void leave();

  // A preemption point: another thread that is ready may run first.
  void preempt() override;

  // Likewise; if no other one is ready, a spin.
  void yield();

  // Until wake(object), the condition, or the time; false if it was the time. `what` is for reports.
  // Where a throw reaches the caller, running().may_throw says so.
  bool block_on(const void* object, const operation_words& what, std::int64_t deadline = never);
  bool block_until(
      bool (*may_go_on)(void*), void* condition, const operation_words& what, std::int64_t deadline = never);
  void wake_all(const void* object);
  void wake_one(const void* object); // which of them is a choice

  // Woken although nobody does: a choice, which condition variables have.
  bool is_woken_for_nothing(const operation_words& what);

  // The thread that waits for an object, with another one (a mutex) than this; null if none does.
  const thread* waits_with_another(const void* object, const void* with) const;

  // Whose stack has no room left, if that is why an address cannot be accessed; else null.
  const thread* overflown(const void* address) const noexcept;

  // Mutexes that are nobody's but a library's, held by one step only: locking them is no event.
  bool choosing() const noexcept { return (unusual_ & choosing_now) != 0; }

  machine& simulated() noexcept { return machine_; }
  std::uint64_t epoch() const noexcept { return epoch_; }

private:
  // What a switch between fibers need not look at one by one: all of it is seldom.
  enum : std::uint8_t
  {
    choosing_now = 1,
    has_conditions = 2,
    not_fibers = 4,
    watches_variables = 8
  };
  void set(std::uint8_t what, bool on) noexcept
  {
    unusual_ = static_cast<std::uint8_t>(on ? unusual_ | what : unusual_ & ~what);
  }

  std::int64_t next_deadline() noexcept override { return deadline_; }
  void sleep(std::int64_t nanoseconds) override;
  void body_ended() override;
  std::string why_terminated() override;
  void schedule_ended() noexcept override;
  void expire(std::int64_t now, machine& m) override;

  void begin();
  void start(thread& t);
  void start_on_fiber(thread& t, std::size_t stack_size);
  void start_on_os_thread(thread& t, std::size_t stack_size);
  void run(thread& t);
  thread& ended(thread& t);
  thread& unused();
  void prepare(thread& t);
  void make_ready(thread& t);
  bool block(thread& self, const operation_words& what);
  void look_at_conditions();
  thread* waiter(const void* object, std::size_t i) const noexcept; // the i-th, from 0
  bool hand_over();
  bool hand_over_slowly();
  thread& choose_next();
  void give_way(thread& self);
  void switch_to(thread& self, thread& next);
  void switch_fibers(thread& self, thread& next);
  void change_places(thread& self, thread& next);
  void put_away(thread& self);
  void bring_back(thread& next);
  void arrived();
  void bury(thread& t);
  void go_on_after_failure();
  void look_for_survivors();
  std::string why_all_wait() const;
  thread& give_up();
  std::int64_t earliest_deadline() const noexcept;

  machine& machine_;
  std::uint8_t unusual_ = 0;
  lane lane_{false};
  std::uint64_t epoch_ = 0;
  stack_pool stacks_;
  thread first_;
  thread* running_ = &first_;
  exception_globals& exceptions_;
  std::vector<std::unique_ptr<thread>> threads_;
  std::vector<thread*> unused_;
  std::uint32_t made_ = 0;
  std::vector<thread*> blocked_;     // in the order in which they blocked
  std::vector<thread*> conditional_; // those of them with a condition
  std::int64_t deadline_ = never;    // the earliest of the blocked
  bool os_ = false;
  std::unique_ptr<shared_thread_locals> shared_;   // where it is worth a warning
  std::vector<std::unique_ptr<thread>> abandoned_; // that real threads are still in
  std::uint32_t alive_ = 1;
#if defined(DETENT_PRIVATE_ASAN)
  thread* previous_ = nullptr;
  const void* first_bottom_ = nullptr;
  std::size_t first_size_ = 0;
#endif
};

} // namespace detent::threads
