// How a schedule with threads ends: well, in a deadlock, or with threads left. Compiled once, with the port.
#pragma once

#include <detent/explore.hpp>
#include <detent/threads/outside.hpp>
#include <detent/threads/world.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace detent::threads {

// Not every place where a thread blocks can throw: a worker leaves, anything else goes on to its end.
void world::go_on_after_failure()
{
  machine_.flush();
  if (const recording* const run = machine_.record(); run && run->header().outcome != verdict::pass)
    leave_failed_worker();
  machine_.unwind();
}

void world::body_ended()
{
  if (!machine_.failed())
  {
    // When nothing is ready any more, the first thread is given the floor.
    machine_.stop_clock();
    blocked_.push_back(&first_);
    give_way(first_);
    look_for_survivors();
  }
}

const thread* world::overflown(const void* address) const noexcept
{
  if (running_->is_first())
    return nullptr;
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto bottom = reinterpret_cast<std::uintptr_t>(running_->stack.sp) - running_->stack.size;
  return at < bottom && at >= bottom - stack_pool::guard ? running_ : nullptr;
}

// What destroys a std::thread that still runs, or could be joined, calls std::terminate.
std::string world::why_terminated()
{
  std::string names;
  for (const auto& t : threads_)
    if (!t->joined)
      names += (names.empty() ? "" : ", ") + task_name(machine_.tasks().records(), t->task);
  return names.empty()
      ? names
      : "a std::thread is destroyed that was neither joined nor detached, or the like: std::terminate was "
        "called, with no exception on its way. Neither joined nor detached: task "
          + names;
}

void world::look_for_survivors()
{
  if (machine_.failed())
    return;
  if (shared_)
    for (const std::string& line : shared_->describe(machine_.tasks().records()))
      machine_.warn(line);
  for (const auto& t : threads_)
  {
    if (t->may_stay || (t->ended && t->joined))
      continue;
    const std::string line = "task " + task_name(machine_.tasks().records(), t->task)
        + (!t->ended ? ", a thread, outlives the test: it is abandoned where it waits"
                     : ", a thread, has ended and was neither joined nor detached");
    if (machine_.settings().leaks)
    {
      if (recording* const run = machine_.record())
        run->header().waits_known = true;
      machine_.fail(verdict::leak, line);
    }
    else
      machine_.warn(line + " (options::leaks makes it a failure)");
  }
}

void world::schedule_ended() noexcept
{
  deadline_ = never;
  machine_.remove(*this);
}

std::string world::why_all_wait() const
{
  std::string why = "every thread waits, and no deadline lies ahead";
  for (const thread* const t : blocked_)
    if (outside::has_notified(t->waits_on))
      return why + ". What task " + task_name(machine_.tasks().records(), t->task)
          + " waits for was notified by a real thread, which a simulation does not hear: start that thread without "
            "detent::real_threads";
  if (outside::has_threads())
    why += ". The test has started a real thread (detent::real_threads): what that one notifies or unlocks does not "
           "reach a simulation";
  return why;
}

// All wait, for ever. Where the first thread may throw it does; a worker has left already.
thread& world::give_up()
{
  if (recording* const run = machine_.record())
    run->header().waits_known = true;
  const std::string why = why_all_wait();
  machine_.fail(verdict::deadlock, why);
  machine_.flush();
  leave_failed_worker();
  if (!first_.may_throw)
  {
    std::fprintf(stderr,
        "detent: deadlock: %s\n"
        "  Next: explore the code in worker processes to see who waits for what: detent::explore(body)\n",
        why.c_str());
    std::abort();
  }
  prepare(first_);
  first_.gives_up = true;
  return first_;
}

} // namespace detent::threads
