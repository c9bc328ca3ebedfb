// The tracked flavour's hooks: which task started an operation, and what it waits on.
#pragma once

#include <detent/asio/port/startup.hpp>
#include <detent/asio/port/thread_context.hpp>
#include <detent/asio/tracking.hpp>
#include <detent/call_site.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/detail/deadline_timer_service.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace detent::asio_port {
namespace {

// The coroutine stacks of one schedule, by the address that identifies them. Entries of earlier schedules
// count as absent, so that starting a schedule costs nothing.
class stack_table
{
public:
  enum class phase : std::uint32_t
  {
    started,
    awaited,
    ended
  };

  struct entry
  {
    const void* stack;
    std::uint64_t epoch;
    task_id task;
    phase at;
    const void* cancellation; // an address in its state, null if nothing can cancel it
    const void* outer;        // the stack that awaits this one
  };

  stack_table() : slots_(256) {}

  entry* find(const void* stack, std::uint64_t epoch) noexcept
  {
    entry& slot = slot_of(stack, epoch);
    return slot.epoch == epoch ? &slot : nullptr;
  }

  entry& insert(const void* stack, std::uint64_t epoch)
  {
    if (epoch != epoch_)
    {
      epoch_ = epoch;
      used_ = 0;
    }
    if (++used_ * 2 > slots_.size())
      grow();
    entry& slot = slot_of(stack, epoch);
    slot = entry{stack, epoch, main_task, phase::started, nullptr, nullptr};
    return slot;
  }

private:
  entry& slot_of(const void* stack, std::uint64_t epoch) noexcept
  {
    std::size_t i = (reinterpret_cast<std::uintptr_t>(stack) * 0x9e3779b97f4a7c15u) >> 20;
    for (;; ++i)
    {
      entry& slot = slots_[i & (slots_.size() - 1)];
      if (slot.epoch != epoch || slot.stack == stack)
        return slot;
    }
  }

  void grow()
  {
    std::vector<entry> old(slots_.size() * 2);
    old.swap(slots_);
    for (const entry& e : old)
      if (e.epoch == epoch_)
        slot_of(e.stack, epoch_) = e;
  }

  std::vector<entry> slots_;
  std::uint64_t epoch_ = 0;
  std::size_t used_ = 0;
};

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

// What is told of an operation in a report; kept at full recording only.
struct pending
{
  std::uint64_t sequence;
  std::uint32_t step;
  std::int64_t since;
  std::string what;
};

struct tracking_state
{
  tracking::location* innermost = nullptr;
  stack_table stacks;
  std::map<const tracking::tracked_handler*, pending> operations;
  std::uint64_t operations_epoch = 0;
  std::uint64_t sequence = 0;

  // For reports: where the program was when it allocated last, and where each coroutine stack was started.
  std::deque<call_site> fresh{}; // of this step, outside of any location, newest first
  std::uint64_t fresh_step = 0;
  std::uint64_t spawned_step = 0; // and where the latest coroutine was spawned, by whom
  task_id spawner = no_task;
  std::string spawned_where{};
  std::map<task_id, std::deque<call_site>> sites{}; // of each task the latest, newest first; no_task: of all
  std::map<const void*, std::string> started_at{};

  std::map<const tracking::tracked_handler*, pending>& of(const machine& world)
  {
    if (operations_epoch != world.epoch())
    {
      operations.clear();
      started_at.clear();
      sites.clear();
      fresh.clear();
    }
    operations_epoch = world.epoch();
    return operations;
  }
};

tracking_state& state()
{
  thread_local tracking_state own;
  return own;
}

bool starts_a_coroutine(const char* function) noexcept
{
  return function && std::strcmp(function, "co_spawn_entry_point") == 0;
}

// "waits for timer 1", "receives from channel 2", "posts".
std::string describe(machine& world, const char* object_type, const void* object, const char* operation)
{
  const std::string_view type = object_type;
  const std::string_view op = operation;
  const auto numbered = [&](const char* verb, std::string_view kind) {
    return verb + std::string(kind) + " " + std::to_string(world.number_object(object, kind));
  };
  if (type == "deadline_timer")
    return op == "async_wait" ? numbered("waits for ", "timer")
        : op == "cancel_one"  ? numbered("cancels one wait of ", "timer")
                              : numbered("cancels ", "timer");
  if (type == "channel")
    return op == "async_send" ? numbered("sends on ", "channel") : numbered("receives from ", "channel");
  if (type == "strand_executor" || type == "strand")
    return numbered("posts to ", "strand");
  if (type == "io_context")
    return "posts";
  return std::string(type) + "." + std::string(op);
}

// Contexts and strands see to it themselves, where a handler is queued; and so do timers of known clocks.
void touch_object(machine& world, const char* object_type, const void* object)
{
  const char first = object_type[0];
  if (first == 'd')
  {
    // What the port knows of a timer is a part of what Asio calls the object, at one place for every clock.
    using implementation = asio_detail::deadline_timer_service<steady_traits>::implementation_type;
    timer_used(&static_cast<const implementation*>(object)->timer_data);
  }
  else if (first != 'i' && first != 's')
    world.touch(object, access::write);
}

// The coroutines that await the operation, the innermost first. A suspended frame begins with the address at which it
// is resumed.
std::string chain(tracking_state& own, const tracking::location* at)
{
  if (!at || !at->frame)
    return {};
  using frame_base = asio_detail::awaitable_frame_base<boost::asio::any_io_executor>;
  struct reach : frame_base
  {
    static frame_base* frame_base::*caller() { return &reach::caller_; }
    static asio_detail::coroutine_handle<void> frame_base::*handle() { return &reach::coro_; }
  };
  std::string text;
  for (auto* frame = static_cast<const frame_base*>(at->frame); frame; frame = frame->*reach::caller())
    if (void* const memory = (frame->*reach::handle()).address())
    {
      const void* const resume = *static_cast<void* const*>(memory);
      text += call_chain_link(resume, own.sites[at->task], own.sites[no_task]);
    }
  return text;
}

// Some allocations are of what runs coroutines, not of the program: the newest that tells a line counts.
std::string mark_of_fresh(const tracking_state& own, const machine& world)
{
  std::string marks;
  if (own.fresh_step == world.steps())
    for (const call_site& seen : own.fresh)
      marks += seen.mark();
  return marks;
}

// Where the operation is started: as Asio says, which it does for some tokens; else what awaits it; else what the stack
// has shown, which is used once; else, for the first operation of a coroutine that was spawned as it is, where that was
// spawned.
std::string place(tracking_state& own, const machine& world, const tracking::location* at)
{
  if (!at || !at->file || starts_a_coroutine(at->function))
  {
    if (!world.recording_call_sites())
      return {};
    if (std::string awaited = chain(own, at); !awaited.empty())
      return awaited;
    if (const std::string seen = mark_of_fresh(own, world); !seen.empty())
    {
      own.fresh.clear();
      return seen;
    }
    if (at && at->stack && !starts_a_coroutine(at->function))
      if (const auto started = own.started_at.find(at->stack); started != own.started_at.end())
        return started->second;
    return {};
  }
  std::string_view file = at->file;
  file.remove_prefix(std::min(file.size(), file.rfind('/') + 1));
  return " at " + std::string(file) + ":" + std::to_string(at->line);
}

} // namespace

tracking::location::location(const coroutine_stack& in, const char* in_file, int at_line, const char* in_function)
  : task(no_task), stack(in.identity), cancellation(in.cancellation), frame(in.frame), file(in_file), line(at_line),
    function(in_function), outer_(state().innermost), runs_in_(no_task)
{
  tracking_state& own = state();
  own.innermost = this;
  machine* world = machine::current();
  if (!world || !stack)
    return;
  stack_table::entry* known = own.stacks.find(stack, world->epoch());
  const bool entry_point = starts_a_coroutine(function);
  // A stack that ends without ever suspending names its entry point a second time, to post its completion.
  const bool ends = entry_point && known && known->at == stack_table::phase::started;
  if (known && (!entry_point || ends))
  {
    if (known->at == stack_table::phase::awaited)
      own.started_at.erase(stack);
    known->at = ends ? stack_table::phase::ended : stack_table::phase::awaited;
    known->cancellation = cancellation;
    task = known->task;
    if (world->tracing())
      touch_cancellation(*world, own.stacks, stack);
    if (world->recording_events() && task != world->current_task() && !ends)
      world->event(event_kind::resumes, task, {});
    return;
  }
  stack_table::entry& started = own.stacks.insert(stack, world->epoch());
  if (!entry_point)
    task = world->current_task();
  else
  {
    // What the spawner has started up to here is not the new coroutine's. Where the spawner is already on the
    // coroutine's executor, its first steps run inside this scope.
    world->demote_open();
    std::string where;
    if (world->recording_call_sites())
    {
      where = mark_of_fresh(own, *world);
      // || and && spawn their operands together.
      if (own.spawned_step == world->steps() && own.spawner == world->current_task())
        where += own.spawned_where;
      own.spawned_step = world->steps();
      own.spawner = world->current_task();
      own.spawned_where = where;
    }
    task = world->next_owner() != no_task ? world->next_owner() : world->spawn(where);
    if (world->recording_events())
      own.started_at[stack] = where;
    runs_in_ = world->current_task();
    world->set_current_task(task);
  }
  started.task = task;
  started.cancellation = cancellation;
  // Only what awaits it is sure to outlive it.
  started.outer = outer_ && !starts_a_coroutine(outer_->function) ? outer_->stack : nullptr;
  started.at = entry_point ? stack_table::phase::started : stack_table::phase::awaited;
}

void note_allocation(const machine& world)
{
  tracking_state& own = state();
  const call_site here = call_site::here();
  if (!own.innermost || !own.innermost->stack || starts_a_coroutine(own.innermost->function))
  {
    if (own.fresh_step != world.steps())
      own.fresh.clear();
    own.fresh_step = world.steps();
    own.fresh.push_front(here); // else its line has been passed
    if (own.fresh.size() > 6)
      own.fresh.pop_back();
  }
  constexpr std::size_t enough = 256;
  for (const task_id of : {world.current_task(), no_task})
  {
    std::deque<call_site>& latest = own.sites[of];
    latest.push_front(here);
    if (latest.size() > enough)
      latest.pop_back();
  }
}

tracking::location::~location()
{
  state().innermost = outer_;
  if (runs_in_ == no_task)
    return;
  if (machine* world = machine::current())
  {
    world->demote_open();
    world->set_current_task(runs_in_);
    state().fresh.clear(); // it was the coroutine's
  }
}

void tracking::creation(boost::asio::execution_context&, tracked_handler& handler, const char* object_type,
    void* object, std::uintmax_t, const char* operation)
{
  machine* world = machine::current();
  if (!world)
    return;
  tracking_state& own = state();
  const location* at = own.innermost;
  handler.stack = at ? at->stack : nullptr;
  if (world->next_owner() == no_task && at && at->task != no_task)
  {
    handler.task = at->task;
    world->demote_open();
  }
  else
    world->adopt(handler.task);
  if (object_type[0] != 'd') // the start of a wait on a timer is seen where it is queued
    touch_object(*world, object_type, object);
  if (!world->recording_events()) [[likely]]
    return;
  std::string what = describe(*world, object_type, object, operation) + place(own, *world, at);
  world->event(event_kind::starts, handler.task, what);
  own.of(*world)[&handler] =
      pending{++own.sequence, static_cast<std::uint32_t>(world->steps()), world->now(), std::move(what)};
}

void tracking::operation(
    boost::asio::execution_context&, const char* object_type, void* object, std::uintmax_t, const char* operation)
{
  machine* world = machine::current();
  if (!world)
    return;
  touch_object(*world, object_type, object);
  if (world->recording_events())
    world->event(event_kind::acts, describe(*world, object_type, object, operation));
}

tracking::completion::completion(tracked_handler& handler) : before_(no_task)
{
  machine* world = machine::current();
  if (!world)
    return;
  before_ = world->current_task();
  world->settle(handler.task);
  world->set_current_task(handler.task);
  if (world->tracing())
    touch_cancellation(*world, state().stacks, handler.stack);
  if (world->recording_events()) [[unlikely]]
    state().of(*world).erase(&handler);
}

tracking::completion::~completion()
{
  if (before_ != no_task)
    if (machine* world = machine::current())
      world->set_current_task(before_);
}

void note_started(operation& op, std::string_view until)
{
  machine& world = *machine::current();
  auto& operations = state().of(world);
  if (auto found = operations.find(&op); found != operations.end())
  {
    const std::string text = ", " + std::string(until);
    found->second.what += text;
    world.extend_event(text);
  }
}

void report_waiting(machine& world)
{
  if (!world.recording_events())
    return;
  std::vector<std::pair<const tracking::tracked_handler*, const pending*>> waiting;
  for (const auto& [handler, what] : state().of(world))
    waiting.emplace_back(handler, &what);
  std::ranges::sort(waiting, {}, [](const auto& w) { return w.second->sequence; });
  for (const auto& [handler, what] : waiting)
    world.waits(handler->task, what->step, what->since, what->what);
}

} // namespace detent::asio_port
