// How a virtual thread starts, gives its processor to another one, and ends: as a fiber, or as a thread of the
// operating system. Compiled once, with the port.
#pragma once

#include <detent/error.hpp>
#include <detent/threads/home.hpp>
#include <detent/threads/jump.hpp>
#include <detent/threads/overflow.hpp>
#include <detent/threads/world.hpp>

#include <cstdlib>
#include <utility>

namespace detent::threads {

// --- as a fiber --------------------------------------------------------------------------------------------------

#if defined(DETENT_PRIVATE_ASAN)
#define DETENT_PRIVATE_ASAN_LEAVES(self, fake_stack, next)                                                             \
  previous_ = &(self);                                                                                                 \
  __sanitizer_start_switch_fiber(fake_stack,                                                                           \
      (next).is_first() ? first_bottom_ : static_cast<char*>((next).stack.sp) - (next).stack.size,                     \
      (next).is_first() ? first_size_ : (next).stack.size)
#else
#define DETENT_PRIVATE_ASAN_LEAVES(self, fake_stack, next) static_cast<void>(0)
#endif

void world::start_on_fiber(thread& t, std::size_t stack_size)
{
  t.in = this;
  t.stack = stacks_.allocate(stack_size);
  t.context =
      boost::context::detail::make_fcontext(t.stack.sp, t.stack.size, [](boost::context::detail::transfer_t from) {
        has_left(from);
        world& in = *current();
        in.start(*in.running_);
        in.leave();
      });
}

void world::leave()
{
  thread& self = *running_;
  thread& next = ended(self);
  DETENT_PRIVATE_ASAN_LEAVES(self, nullptr, next);
  jump(next.context, self.context);
  std::abort(); // nobody comes back to it
}

// --- as a thread of the operating system -------------------------------------------------------------------------

void world::start_on_os_thread(thread& t, std::size_t stack_size)
{
  struct birth
  {
    world& in;
    thread& t;
    home& parents;
  };
  const auto begin = [](void* argument) -> void* {
    const std::unique_ptr<birth> born(static_cast<birth*>(argument));
    thread& t = born->t;
    t.turn.await();
    alignas(machine::scope) static thread_local std::byte for_good[sizeof(machine::scope)];
    ::new (for_good) machine::scope(born->in.machine_); // to the end of all that the thread does
    home::move_in(born->parents);
    t.in = &born->in;
    t.stack = stack_of_this_thread();
    const overflow_watch watch;
    t.places.restore();
    end_of_thread::call(
        [](void* ends) {
          auto& own = *static_cast<thread*>(ends);
          thread& next = own.in->ended(own);
          --thread_control::waiting_os_threads;
          next.turn.give();
        },
        &t);
    born->in.start(t);
    return nullptr;
  };
  auto born = std::make_unique<birth>(*this, t, home::here());
  if (!start_os_thread(begin, born.get(), stack_size))
    throw usage_error("the operating system starts no further thread for a virtual one",
        "lower the number of threads that the test has at once, or explore with options::threads = threading::fibers");
  static_cast<void>(born.release());
  thread_control::had_os_threads = true;
  ++thread_control::waiting_os_threads;
}

// --- whatever it is ----------------------------------------------------------------------------------------------

// What it ran on is used again.
void world::bury(thread& t)
{
  if (!os_)
    stacks_.deallocate(t.stack);
  forget(t);
}

// Before the other one runs: it finds what it left.
[[gnu::always_inline]] inline void world::change_places(thread& self, thread& next)
{
  if (exceptions_.any() || per_thread_places::any()) [[unlikely]]
    put_away(self);
  if (next.carries) [[unlikely]]
    bring_back(next);
}

void world::put_away(thread& self)
{
  self.exceptions = exceptions_;
  self.places.save();
  self.carries = true;
  exceptions_ = {};
  per_thread_places::fresh().restore();
}

void world::bring_back(thread& next)
{
  exceptions_ = next.exceptions;
  next.places.restore();
  next.carries = false;
}

// On the fiber that runs from here on.
[[gnu::always_inline]] inline void world::arrived()
{
#if defined(DETENT_PRIVATE_ASAN)
  if (os_)
    return;
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(running_->fake_stack, &bottom, &size);
  if (previous_->is_first())
  {
    first_bottom_ = bottom;
    first_size_ = size;
  }
#endif
}

// From here to the program's call it is all one function, with nothing to do after the jump: see jump.hpp.
[[gnu::always_inline]] inline void world::switch_fibers(thread& self, thread& next)
{
  running_ = &next;
  change_places(self, next);
  DETENT_PRIVATE_ASAN_LEAVES(self, &self.fake_stack, next);
  jump(next.context, self.context);
  arrived();
}

void world::switch_to(thread& self, thread& next)
{
  if (&self == &next)
    return;
  if (os_)
  {
    running_ = &next;
    self.places.save();
    next.turn.give();
    self.turn.await();
    self.places.restore();
    return;
  }
  if (shared_)
    shared_->left(self.task);
  switch_fibers(self, next);
}

// Its first step.
void world::start(thread& t)
{
  arrived();
  if (machine_.recording_events())
    machine_.acted({"begins as", "thread", &t});
  run(t);
}

#undef DETENT_PRIVATE_ASAN_LEAVES

} // namespace detent::threads
