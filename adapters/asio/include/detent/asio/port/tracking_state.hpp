// What the tracked flavour's hooks know of a thread: the locations it is in, the coroutine stacks, and, for reports, where
// the program was.
#pragma once

#include <detent/asio/port/stack_table.hpp>
#include <detent/asio/port/startup.hpp>
#include <detent/asio/tracking.hpp>
#include <detent/call_site.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace detent::asio_port {
namespace {

// A coroutine that goes on looks at its cancellation state, and so does what awaits it, if this was its end.
void touch_cancellation(machine& world, stack_table& stacks, const void* stack)
{
  while (stack)
  {
    const stack_table::entry* const known = stacks.find(stack, world.epoch());
    if (!known)
      return;
    if (known->cancellation && known->at != stack_table::phase::ended)
      world.touch(cancellation_block(known->cancellation), access::read);
    stack = known->outer;
  }
}

struct tracking_state
{
  tracking::location* innermost = nullptr;
  tracking::completion* completing = nullptr; // inside another operation's initiation
  stack_table stacks;

  // For reports: where the program was when it allocated last, and where each coroutine stack was started.
  std::deque<call_site> fresh{}; // of this step, outside of any location, newest first
  std::uint64_t fresh_step = 0;
  std::uint64_t spawned_step = 0; // and where the latest coroutine was spawned, by whom
  task_id spawner = no_task;
  std::string spawned_where{};
  std::map<task_id, std::deque<call_site>> sites{}; // of each task the latest, newest first; no_task: of all
  std::map<const void*, std::string> started_at{};

  // Operations that are not Asio's. One is over when its frame goes, or its stack does something else.
  struct unknown_operation
  {
    const void* frame;
    const void* stack;
    std::uint64_t told;
  };
  std::vector<unknown_operation> unknown{};

  template <class Is> void over_if(machine& world, Is is)
  {
    std::erase_if(unknown, [&](const unknown_operation& one) {
      const bool over = is(one);
      if (over)
        world.over(one.told, true);
      return over;
    });
  }

  std::uint64_t epoch = 0; // of what reports are told

  void forget_other_schedules(const machine& world)
  {
    if (epoch == world.epoch())
      return;
    started_at.clear();
    unknown.clear();
    sites.clear();
    fresh.clear();
    epoch = world.epoch();
  }
};

// Read at every co_await, so not by way of a guard.
__attribute__((tls_model("initial-exec"))) constinit thread_local tracking_state* known_state = nullptr;

[[gnu::noinline, gnu::cold]] tracking_state& make_state()
{
  thread_local tracking_state own;
  return *(known_state = &own);
}

tracking_state& state() { return known_state ? *known_state : make_state(); }

} // namespace
} // namespace detent::asio_port
