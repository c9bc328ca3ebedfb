// How one virtual thread gives its processor to another. Compiled once, with the port.
#pragma once

#include <detent/threads/world.hpp>

#include <utility>

namespace detent::threads {

// On the stack of the thread that runs from here on.
void world::arrived()
{
#if defined(DETENT_PRIVATE_ASAN)
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(running_->fake_stack, &bottom, &size);
  if (previous_->is_first())
  {
    first_bottom_ = bottom;
    first_size_ = size;
  }
#endif
  exceptions_ = running_->exceptions;
  per_thread_places::all().restore(running_->places);
  if (previous_->ended)
    forget(*previous_);
  previous_ = nullptr;
}

// What lies on a stack across a switch costs a mispredicted return each: from here to the program's call it is all one
// function.
[[gnu::always_inline]] inline void world::switch_to(thread& self, thread& next)
{
  if (&self == &next)
    return;
  self.exceptions = exceptions_;
  per_thread_places::all().save(self.places);
  previous_ = &self;
  running_ = &next;
#if defined(DETENT_PRIVATE_ASAN)
  const bool first = next.is_first();
  __sanitizer_start_switch_fiber(&self.fake_stack,
      first ? first_bottom_ : static_cast<char*>(next.stack.sp) - next.stack.size,
      first ? first_size_ : next.stack.size);
#endif
  boost::context::fiber from = std::move(next.context()).resume();
  if (from)
    previous_->context() = std::move(from);
  arrived();
}

} // namespace detent::threads
