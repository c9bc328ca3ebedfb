// The tracked flavour's hooks: which task started an operation, and what it waits on.
#pragma once

#include <detent/asio/port/thread_context.hpp>
#include <detent/asio/port/tracking_state.hpp>
#include <detent/host.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/detail/deadline_timer_service.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace detent::asio_port {
namespace {

bool starts_a_coroutine(const char* function) noexcept
{
  return function && function[0] == 'c' && std::strcmp(function, "co_spawn_entry_point") == 0;
}

// What the network keeps tells one socket from another, also when it moves.
operation_words words_for_socket(const machine& world, int number, const void* object, const char* operation)
{
  if (network::is_one(number))
    object = const_cast<machine&>(world).this_host().sockets.object(number);
  constexpr std::pair<std::string_view, const char*> verbs[] = {
      {"async_accept", "waits to accept from"},
      {"async_connect", "waits for the connection of"},
      {"async_receive", "waits to receive from"},
      {"async_send", "waits to send to"},
      {"async_wait", "waits for"},
      {"cancel", "cancels what waits for"},
  };
  for (const auto& [asio, ours] : verbs)
    if (operation == asio)
      return {ours, "socket", object};
  return {operation, "socket", object};
}

// "waits for timer 1", "receives from channel 2", "posts".
operation_words words_for(
    const machine& world, const char* object_type, const void* object, std::uintmax_t handle, const char* operation)
{
  const auto is = [](const char* text, std::string_view word) { return text == word; };
  switch (object_type[0])
  {
  case 'd': // deadline_timer
    return {is(operation, "async_wait")   ? "waits for"
            : is(operation, "cancel_one") ? "cancels one wait of"
                                          : "cancels",
        "timer", object};
  case 'c': // channel
    return {is(operation, "async_send") ? "sends on" : "receives from", "channel", object};
  case 's': // strand, strand_executor; not signal_set, say
    if (object_type[1] == 't')
      return {"posts to", "strand", object};
    if (object_type[1] == 'o')
      return words_for_socket(world, static_cast<int>(handle), object, operation);
    return {is(operation, "async_wait") ? "waits for" : operation, "signal set", object};
  case 'r': // resolver
    return {is(operation, "async_resolve") ? "looks up a name by" : "cancels", "resolver", object};
  case 'i': // io_context
    return {"posts"};
  default:
    break;
  }
  return {operation, object_type, object};
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
// is resumed. To be asked where the location begins: an operation that completes inside its own initiation, a dispatch
// say, resumes them there, and then the frames may be gone before the location is.
std::string chain_of(tracking_state& own, const tracking::location* at)
{
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
    if (at && at->chain && !at->chain->empty())
      return *at->chain;
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
  : task(no_task), stack(in.identity), frame(in.frame), usual(in.usual), file(in_file), line(at_line),
    function(in_function), outer_(state().innermost), runs_in_(no_task)
{
  tracking_state& own = state();
  own.innermost = this;
  machine* world = machine::current();
  if (!world || !stack)
    return;
  if (world->recording_events()) [[unlikely]]
    own.over_if(*world, [this](const auto& one) { return one.stack == stack; });
  stack_table::entry* known = own.stacks.find(stack, world->epoch());
  const bool entry_point = starts_a_coroutine(function);
  // A stack that ends without ever suspending names its entry point a second time, to post its completion.
  const bool ends = entry_point && known && known->at == stack_table::phase::started;
  if (known && (!entry_point || ends))
  {
    if (known->at == stack_table::phase::awaited)
      own.started_at.erase(stack);
    known->at = ends ? stack_table::phase::ended : stack_table::phase::awaited;
    task = known->task;
    if (world->tracing())
    {
      known->cancellation = in.cancellation(in.frame);
      touch_cancellation(*world, own.stacks, stack);
    }
    if (world->recording_events() && task != world->current_task() && !ends)
      world->event(event_kind::resumes, task, {});
    if (world->recording_call_sites()) [[unlikely]]
      note_chain();
    return;
  }
  start_stack(*world, in, entry_point);
  if (world->recording_call_sites()) [[unlikely]]
    note_chain();
}

[[gnu::noinline, gnu::cold]] void tracking::location::note_chain()
{
  if (usual && (!file || starts_a_coroutine(function)))
    chain = std::make_unique<std::string>(chain_of(state(), this));
}

[[gnu::noinline]] void tracking::location::start_stack(machine& world, const coroutine_stack& in, bool entry_point)
{
  tracking_state& own = state();
  stack_table::entry& started = own.stacks.insert(stack, world.epoch());
  if (!entry_point)
    task = world.current_task();
  else
  {
    // What the spawner has started up to here is not the new coroutine's. Where the spawner is already on the
    // coroutine's executor, its first steps run inside this scope.
    world.demote_open();
    std::string where;
    if (world.recording_call_sites())
    {
      where = mark_of_fresh(own, world);
      // || and && spawn their operands together.
      if (own.spawned_step == world.steps() && own.spawner == world.current_task())
        where += own.spawned_where;
      own.spawned_step = world.steps();
      own.spawner = world.current_task();
      own.spawned_where = where;
    }
    task = world.next_owner() != no_task ? world.next_owner() : world.spawn(where);
    if (world.recording_events())
    {
      own.forget_other_schedules(world);
      own.started_at[stack] = where;
    }
    runs_in_ = world.current_task();
    world.set_current_task(task);
  }
  started.task = task;
  started.cancellation = world.tracing() ? in.cancellation(in.frame) : nullptr;
  // Only what awaits it is sure to outlive it.
  started.outer = outer_ && !starts_a_coroutine(outer_->function) ? outer_->stack : nullptr;
  started.at = entry_point ? stack_table::phase::started : stack_table::phase::awaited;
}

void note_allocation(const machine& world)
{
  tracking_state& own = state();
  own.forget_other_schedules(world);
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

// An async_initiate() of the program's own, say: Asio counts its work at most. Who awaits it tells more than its line.
[[gnu::noinline, gnu::cold]] void tracking::location::note_unknown_operation(machine& world)
{
  tracking_state& own = state();
  own.forget_other_schedules(world);
  const std::string where = usual && world.recording_call_sites() ? chain_of(own, this) : place(own, world, this);
  own.unknown.push_back({frame, stack, world.started(task, {"waits for an operation that is not Asio's"}, where)});
}

void tracking::frame_gone(const void* memory, std::size_t size) noexcept
{
  machine* const world = machine::current();
  if (!world || !world->recording_events()) [[likely]]
    return;
  tracking_state& own = state();
  const auto is_in_it = [begin = static_cast<const char*>(memory), size](
                            const void* frame) { return frame >= begin && frame < begin + size; };
  for (location* at = own.innermost; at; at = at->outer_)
    if (is_in_it(at->frame))
      at->frame = nullptr;
  own.over_if(*world, [&](const auto& one) { return is_in_it(one.frame); });
}

tracking::location::~location()
{
  state().innermost = outer_;
  if (outer_)
    outer_->names_operation |= names_operation;
  if (stack && frame && !names_operation && !starts_a_coroutine(function))
    if (machine* world = machine::current(); world && world->recording_events()) [[unlikely]]
      note_unknown_operation(*world);
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
    void* object, std::uintmax_t handle, const char* operation)
{
  machine* world = machine::current();
  if (!world)
    return;
  tracking_state& own = state();
  location* at = own.innermost;
  if (at)
    at->names_operation = true;
  handler.stack = at ? at->stack : nullptr;
  const bool wakes = at && own.completing && own.completing->inside == at;
  if (wakes)
  {
    handler.task = own.completing->task;
    handler.stack = own.completing->stack;
  }
  else if (world->next_owner() == no_task && at && at->task != no_task)
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
  own.forget_other_schedules(*world);
  handler.told = wakes
      ? world->started(handler.task, {"is made ready"})
      : world->started(handler.task, words_for(*world, object_type, object, handle, operation), place(own, *world, at));
}

void tracking::operation(boost::asio::execution_context&, const char* object_type, void* object, std::uintmax_t handle,
    const char* operation)
{
  machine* world = machine::current();
  if (!world)
    return;
  touch_object(*world, object_type, object);
  // That a socket is closed is told where it is.
  if (world->recording_events() && std::strcmp(operation, "close") != 0)
    world->acted(words_for(*world, object_type, object, handle, operation));
}

void tracking::destroyed(tracked_handler& handler) noexcept
{
  if (machine* world = machine::current())
    world->over(handler.told, false);
}

tracking::completion::completion(tracked_handler& handler)
  : inside(nullptr), task(handler.task), stack(handler.stack), before_(no_task)
{
  machine* world = machine::current();
  if (!world)
    return;
  before_ = world->current_task();
  world->settle(handler.task);
  world->set_current_task(handler.task);
  tracking_state& own = state();
  if (own.innermost)
  {
    inside = own.innermost;
    own.completing = this;
  }
  if (world->tracing())
    touch_cancellation(*world, own.stacks, handler.stack);
  if (handler.told != 0) [[unlikely]]
    world->over(std::exchange(handler.told, 0), true);
}

tracking::completion::~completion()
{
  if (inside)
    state().completing = nullptr;
  if (before_ != no_task)
    if (machine* world = machine::current())
      world->set_current_task(before_);
}

void note_started(operation& op, std::int64_t deadline) { machine::current()->waits_until(op.told, deadline); }

void report_waiting(machine& world, long outstanding)
{
  if (recording* const run = world.record())
  {
    run->header().outstanding = static_cast<std::uint64_t>(outstanding);
    run->header().waits_known = true;
  }
}

} // namespace detent::asio_port
