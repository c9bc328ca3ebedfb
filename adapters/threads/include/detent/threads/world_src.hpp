// How virtual threads are run. Compiled once, with the port.
#pragma once

#include <detent/explore.hpp>
#include <detent/threads/home.hpp>
#include <detent/threads/overflow.hpp>
#include <detent/threads/ending_src.hpp>
#include <detent/threads/switch_src.hpp>
#include <detent/threads/world.hpp>

#include <exception>
#include <string>
#include <utility>

namespace detent::threads {

world::world(machine& m) : machine_(m), exceptions_(exception_globals::running()) { overflow_watch::begin(); }

[[gnu::always_inline]] inline world* world::current() noexcept
{
  const machine* const m = machine::current();
  return m ? static_cast<world*>(m->threads()) : nullptr;
}

world* world::of_waiter()
{
  machine* const m = machine::current();
  if (!m || (!m->threads() && m->settings().implicit))
    return nullptr;
  return &of(*m);
}

world& world::of(machine& m)
{
  if (m.threads())
    return static_cast<world&>(*m.threads());
  world* found = nullptr;
  auto& worlds = home::here().worlds;
  for (auto& [machine, own] : worlds)
    if (machine == &m)
      found = own.get();
  if (!found)
    found = worlds.emplace_back(&m, std::make_unique<world>(m)).second.get();
  found->begin();
  return *found;
}

// Forgets the threads of an earlier schedule: their stacks are used again, without being unwound.
void world::begin()
{
  epoch_ = machine_.epoch();
  unused_.clear();
  for (auto& t : threads_)
  {
    if (!t->ended && os_)
    {
      auto in_its_place = std::make_unique<thread>();
      in_its_place->handle = t->handle;
      abandoned_.push_back(std::exchange(t, std::move(in_its_place)));
    }
    else if (!t->ended)
      stacks_.deallocate(t->stack);
    t->ended = t->joined = true;
    unused_.push_back(t.get());
  }
  os_ = machine_.settings().os_threads;
  shared_ = machine_.settings().warns && !os_ ? std::make_unique<shared_thread_locals>() : nullptr;
  unusual_ = static_cast<std::uint8_t>((os_ ? not_fibers : 0) | (shared_ ? watches_variables : 0));
  blocked_.clear();
  conditional_.clear();
  deadline_ = never;
  running_ = &first_;
  alive_ = 1;
  first_.task = machine_.current_task();
  first_.waits_on = nullptr;
  first_.may_go_on = nullptr;
  first_.carries = false;
  while (!lane_.ready.empty())
    lane_.ready.take_front();
  machine_.open(lane_);
  machine_.add(*this);
  machine_.set_threads(*this);
}

thread& world::unused()
{
  if (unused_.empty())
  {
    threads_.push_back(std::make_unique<thread>());
    threads_.back()->handle = static_cast<pthread_t>((threads_.size() - 1) << 1 | 1);
    return *threads_.back();
  }
  thread& t = *unused_.back();
  unused_.pop_back();
  return t;
}

void world::create(void* (*start)(void*), void* argument, bool detached, std::size_t stack_size, pthread_t* handle)
{
  thread& t = unused();
  // Another handle each time, so that an old one is known to be.
  t.reset(start, argument, (t.handle & 0xffffffff) | static_cast<pthread_t>(++made_) << 32,
      machine_.spawn(place_here(machine_)));
  t.joined = detached;
  if (os_)
    start_on_os_thread(t, stack_size);
  else
    start_on_fiber(t, stack_size);
  *handle = t.handle;
  ++alive_;
  if (recording* const run = machine_.record())
    run->header().threads = std::max(run->header().threads, alive_);
  make_ready(t);
  preempt();
}

// Whatever leaves a thread ends the schedule; of a real one it would end the process.
// (A forced unwinding is caught as a reference to nothing.)
__attribute__((no_sanitize("null"))) void world::run(thread& t)
{
  try
  {
    t.result = t.run();
    t.specific.destroy();
  }
  catch (const abi::__forced_unwind&)
  {
    throw; // pthread_exit
  }
  catch (const usage_error& e)
  {
    machine_.fail(verdict::assertion, e.what());
  }
  catch (...)
  {
    machine_.fail(verdict::unhandled_exception, describe(std::current_exception()) + ", out of a thread");
    if (machine_.settings().implicit)
      std::terminate();
  }
}

// Whoever runs next goes on.
thread& world::ended(thread& t)
{
  t.ended = true;
  if (shared_) [[unlikely]]
    shared_->left(t.task);
  --alive_;
  wake_all(&t);
  machine_.put_aside(t.aside);
  thread& next = choose_next();
  machine_.take_up(next.aside);
  running_ = &next;
  if (!os_)
    change_places(t, next);
  bury(t);
  return next;
}

[[gnu::always_inline]] inline void world::make_ready(thread& t) { machine_.push(lane_, &t, t.task); }

std::int64_t world::earliest_deadline() const noexcept
{
  std::int64_t earliest = never;
  for (const thread* t : blocked_)
    earliest = std::min(earliest, t->deadline);
  return earliest;
}

// No longer blocked, whatever on.
void world::prepare(thread& t)
{
  std::erase(blocked_, &t);
  if (t.may_go_on)
  {
    std::erase(conditional_, &t);
    set(has_conditions, !conditional_.empty());
  }
  t.waits_on = nullptr;
  t.may_go_on = nullptr;
  if (t.deadline == deadline_ && deadline_ != never)
    deadline_ = earliest_deadline();
}

void world::expire(std::int64_t now, machine& m)
{
  std::vector<thread*> due;
  for (thread* t : blocked_)
    if (t->deadline <= now)
      due.push_back(t);
  for (thread* t : due)
  {
    prepare(*t);
    t->timed_out = true;
    m.expired(lane_, t, t->task, false);
  }
  deadline_ = earliest_deadline();
}

void world::look_at_conditions()
{
  for (std::size_t i = 0; i < conditional_.size();)
    if (thread* const t = conditional_[i]; t->may_go_on(t->condition))
    {
      prepare(*t); // takes it out of the list
      make_ready(*t);
    }
    else
      ++i;
}

// Asks the machine, and what is not a choice among ready threads comes after. Whatever this calls (an adapter's timers, a
// condition) locks what it locks without giving way.
thread& world::choose_next()
{
  struct quiet
  {
    world& w;
    explicit quiet(world& in) : w(in) { w.set(choosing_now, true); }
    ~quiet() { w.set(choosing_now, false); }
  };
  const quiet until_chosen(*this);
  for (;;)
  {
    if (machine_.failed())
      go_on_after_failure();
    look_at_conditions();
    std::int64_t deadline = machine::forever;
    if (lane_.enabled() == 0)
      deadline = machine_.earliest_deadline();
    if (void* const next = machine_.next(lane_, deadline))
      return *static_cast<thread*>(next);
    if (lane_.enabled() != 0 || machine_.failed())
      continue;
    if (machine_.clock_stopped())
    {
      prepare(first_);
      first_.timed_out = true;
      return first_; // it drains the others, and that is done
    }
    if (deadline == never)
      return give_up();
  }
}

void world::give_way(thread& self)
{
  machine_.put_aside(self.aside);
  thread& next = choose_next();
  machine_.take_up(next.aside);
  switch_to(self, next);
}

// The running thread is ready itself, as the youngest of those that are; false if it is the only one.
[[gnu::always_inline]] inline bool world::hand_over()
{
  if (unusual_ != 0 || lane_.ready.empty() || !machine_.only_choices()) [[unlikely]]
    return hand_over_slowly();
  thread& self = *running_;
  unusual_ = choosing_now;
  auto* const next = static_cast<thread*>(machine_.rotate(lane_, &self, self.task));
  unusual_ = 0;
  if (!next) [[unlikely]]
    give_way(self);
  else if (next != &self)
  {
    machine_.swap_states(self.aside, next->aside);
    switch_fibers(self, *next);
  }
  return true;
}

bool world::hand_over_slowly()
{
  if (choosing())
    return true;
  look_at_conditions();
  if (lane_.enabled() == 0)
    return false;
  make_ready(*running_);
  give_way(*running_);
  return true;
}

[[gnu::always_inline]] inline void world::preempt() { static_cast<void>(hand_over()); }

[[gnu::always_inline]] inline void world::yield()
{
  if (!hand_over())
    machine_.idle_poll(); // a spin
}

bool world::block(thread& self, const operation_words& what)
{
  self.timed_out = false;
  blocked_.push_back(&self);
  if (self.deadline != never)
  {
    deadline_ = std::min(deadline_, self.deadline);
    machine_.armed(self.deadline);
  }
  std::uint64_t told = 0;
  if (machine_.recording_events())
    told = machine_.started(self.task, what, place_here(machine_));
  if (self.deadline != never)
    machine_.waits_until(told, self.deadline);
  give_way(self);
  machine_.over(told, true);
  self.deadline = never;
  self.may_throw = false;
  if (std::exchange(self.gives_up, false))
    throw deadlock_error("detent: deadlock: every thread of the program waits, and no deadline lies ahead\n"
                         "  Next: explore the code to see who waits for what: detent::explore(body)");
  return !self.timed_out;
}

bool world::block_on(const void* object, const operation_words& what, std::int64_t deadline)
{
  thread& self = *running_;
  self.waits_on = object;
  self.deadline = deadline;
  return block(self, what);
}

bool world::block_until(bool (*may_go_on)(void*), void* condition, const operation_words& what, std::int64_t deadline)
{
  thread& self = *running_;
  self.may_go_on = may_go_on;
  self.condition = condition;
  self.deadline = deadline;
  conditional_.push_back(&self);
  set(has_conditions, true);
  return block(self, what);
}

thread* world::waiter(const void* object, std::size_t i) const noexcept
{
  for (thread* const t : blocked_)
    if (t->waits_on == object && i-- == 0)
      return t;
  return nullptr;
}

void world::wake_all(const void* object)
{
  while (thread* const t = waiter(object, 0))
  {
    prepare(*t);
    make_ready(*t);
  }
}

void world::wake_one(const void* object)
{
  const auto count = static_cast<std::uint32_t>(
      std::ranges::count_if(blocked_, [object](const thread* t) { return t->waits_on == object; }));
  if (count == 0)
    return;
  thread& t = *waiter(object, machine_.choose(choice_kind::tie, count));
  prepare(t);
  make_ready(t);
}

bool world::is_woken_for_nothing(const operation_words& what)
{
  if (!machine_.mishap(mishap::wake_up))
    return false;
  std::uint64_t told = 0;
  if (machine_.recording_events())
    told = machine_.started(running_->task, what, place_here(machine_));
  make_ready(*running_);
  give_way(*running_); // somebody may still change what it looks at next
  machine_.over(told, true);
  if (machine_.recording_events())
    machine_.acted({"is woken for nothing by", what.kind, what.object});
  return true;
}

const thread* world::waits_with_another(const void* object, const void* with) const
{
  for (const thread* const t : blocked_)
    if (t->waits_on == object && t->waits_with != with)
      return t;
  return nullptr;
}

bool world::join(thread& other)
{
  preempt();
  while (!other.ended)
  {
    running_->may_throw = true;
    if (!block_on(&other, {"joins", "thread", &other}))
      return false;
  }
  other.joined = true;
  return true;
}

// Nobody asks for it any more: its place is free once it has ended.
void world::forget(thread& t)
{
  if (t.ended && t.joined)
    unused_.push_back(&t);
}

void world::sleep(std::int64_t nanoseconds)
{
  if (nanoseconds <= 0)
  {
    preempt();
    return;
  }
  running_->may_throw = true;
  static_cast<void>(block_until([](void*) { return false; }, nullptr, {"sleeps"}, machine_.now() + nanoseconds));
}

} // namespace detent::threads
