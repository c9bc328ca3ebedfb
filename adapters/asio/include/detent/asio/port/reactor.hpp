// The reactor: timers, and the simulated network's sockets. Other descriptors are refused by name.
#pragma once

#include <detent/asio/port/context.hpp>
#include <detent/asio/port/descriptor.hpp>
#include <detent/asio/port/timer_queue.hpp>

#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/detail/select_interrupter.hpp>

#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

namespace detent::asio_port {

context_state& state_of(asio_detail::scheduler& s) noexcept;
void note_started(operation& op, std::int64_t deadline);

[[noreturn]] inline void refuse_descriptor(const char* what)
{
  throw usage_error(std::string("the program opens a ") + what + ", which Detent does not simulate yet",
      "keep it behind an interface and give the test another implementation (an experimental::channel, "
      "say); docs/limitations.md lists what is simulated");
}

inline void wait_started(const void* timer, asio_detail::wait_op& op, std::int64_t deadline)
{
  machine* world = machine::current();
  if (!world)
    return;
  world->touch(timer, access::write);
  if (deadline != timer_source::never)
    world->touch_clock(access::read); // also if it is not the earliest, and so does not concern the clock yet
#if !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  world->adopt(task_of(op));
#endif
  if (world->recording_events())
    note_started(op, deadline);
}

// --- where the machine asks for deadlines ---------------------------------------------------------------------

inline std::int64_t foreign_deadline(asio_detail::timer_queue_base& queue, machine& world)
{
  // Asio asks its queues in whole microseconds, rounded down but never to 0 while a wait is not due.
  if (queue.empty())
    return timer_source::never;
  constexpr long longest = 1'000'000'000'000; // about 11 days; further off looks the same and is asked again
  const long microseconds = queue.wait_duration_usec(longest);
  const std::int64_t now = world.now();
  if (microseconds == 0)
    return now;
  // The clock of the program may be moved to look: nothing runs meanwhile.
  const auto due_at = [&](std::int64_t time) {
    const machine::peek later(world, time);
    return queue.wait_duration_usec(1) == 0;
  };
  std::int64_t early = now + (static_cast<std::int64_t>(microseconds) - 1) * 1'000;
  std::int64_t late = early + 2'001;
  if (!due_at(late))
    return microseconds == longest ? timer_source::never : late;
  while (late - early > 1)
    (due_at(early + (late - early) / 2) ? late : early) = early + (late - early) / 2;
  return late;
}

inline std::int64_t context_state::next_deadline() noexcept
{
  std::int64_t earliest = never;
  for (asio_detail::timer_queue_base* queue : queues_)
  {
    const bool known = queue->wait_duration_msec(known_queue_probe) == known_queue;
    earliest = std::min(earliest, known ? queue->wait_duration_usec(0) : foreign_deadline(*queue, world));
  }
  return earliest;
}

inline void context_state::expire(std::int64_t now, machine& m)
{
  const auto hand_over = [&](asio_detail::op_queue<operation>& waits) {
    bool follows = false;
    while (operation* op = waits.front())
    {
      waits.pop();
      m.expired(*this, op, task_of(*op), follows);
      follows = true;
    }
  };
  for (asio_detail::timer_queue_base* queue : queues_)
  {
    asio_detail::op_queue<operation> waits;
    if (queue->wait_duration_msec(known_queue_probe) == known_queue)
      while (queue->wait_duration_usec(0) <= now)
      {
        queue->get_ready_timers(waits);
        hand_over(waits);
      }
    else
    {
      queue->get_ready_timers(waits);
      hand_over(waits);
    }
  }
}

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

// --- timer_queue, specialised ---------------------------------------------------------------------------------

#define DETENT_PRIVATE_TIMER_QUEUE(traits)                                                                             \
  template <> bool timer_queue<traits>::enqueue_timer(const time_type& time, per_timer_data& timer, wait_op* op)       \
  {                                                                                                                    \
    const std::int64_t deadline = ::detent::asio_port::virtual_time(time);                                             \
    const bool armed = timers_ == &timer || timer.prev_ != nullptr;                                                    \
    if (!armed)                                                                                                        \
    {                                                                                                                  \
      const std::size_t last = heap_.size();                                                                           \
      heap_.push_back({time, &timer}); /* may throw, so it comes first */                                              \
      timer.heap_index_ = last;                                                                                        \
      up_heap(last);                                                                                                   \
      timer.prev_ = nullptr;                                                                                           \
      timer.next_ = timers_;                                                                                           \
      if (timer.next_)                                                                                                 \
        timer.next_->prev_ = &timer;                                                                                   \
      timers_ = &timer;                                                                                                \
    }                                                                                                                  \
    timer.op_queue_.push(op);                                                                                          \
    ::detent::asio_port::wait_started(&timer, *op, deadline);                                                          \
    return timer.heap_index_ == 0 && timer.op_queue_.front() == op;                                                    \
  }                                                                                                                    \
  template <> long timer_queue<traits>::wait_duration_msec(long probe) const                                           \
  {                                                                                                                    \
    return probe == ::detent::asio_port::known_queue_probe ? ::detent::asio_port::known_queue : 0;                     \
  }                                                                                                                    \
  template <> long timer_queue<traits>::wait_duration_usec(long) const                                                 \
  {                                                                                                                    \
    return heap_.empty() ? ::detent::timer_source::never : ::detent::asio_port::virtual_time(heap_.front().time_);     \
  }                                                                                                                    \
  template <> void timer_queue<traits>::get_ready_timers(op_queue<operation>& ops)                                     \
  {                                                                                                                    \
    if (heap_.empty())                                                                                                 \
      return;                                                                                                          \
    per_timer_data& earliest = *heap_.front().timer_;                                                                  \
    while (wait_op* op = earliest.op_queue_.front())                                                                   \
    {                                                                                                                  \
      earliest.op_queue_.pop();                                                                                        \
      op->ec_ = boost::system::error_code();                                                                           \
      ops.push(op);                                                                                                    \
    }                                                                                                                  \
    if (::detent::machine* const world = ::detent::machine::current())                                                 \
      world->touch(&earliest, ::detent::access::write);                                                                \
    remove_timer(earliest);                                                                                            \
  }                                                                                                                    \
  /* Where enqueue_timer tends to be inlined; this definition replaces the copies that are not. */                     \
  template <>                                                                                                          \
  void epoll_reactor::schedule_timer<traits>(timer_queue<traits> & queue, const traits::time_type& time,               \
      timer_queue<traits>::per_timer_data& timer, wait_op* op)                                                         \
  {                                                                                                                    \
    if (shutdown_)                                                                                                     \
    {                                                                                                                  \
      scheduler_.post_immediate_completion(op, false);                                                                 \
      return;                                                                                                          \
    }                                                                                                                  \
    const bool is_earliest = queue.enqueue_timer(time, timer, op);                                                     \
    scheduler_.work_started();                                                                                         \
    if (is_earliest)                                                                                                   \
      update_timeout();                                                                                                \
  }

DETENT_PRIVATE_TIMER_QUEUE(::detent::asio_port::steady_traits)
DETENT_PRIVATE_TIMER_QUEUE(::detent::asio_port::system_traits)
#undef DETENT_PRIVATE_TIMER_QUEUE

// deadline_timer's queue wraps one over its own clock; that one is foreign here, at its microseconds.
#if defined(BOOST_ASIO_HAS_BOOST_DATE_TIME)
using ptime_queue = timer_queue<time_traits<boost::posix_time::ptime>>;

ptime_queue::timer_queue() = default;
ptime_queue::~timer_queue() = default;

bool ptime_queue::enqueue_timer(const time_type& time, per_timer_data& timer, wait_op* op)
{
  const bool earliest = impl_.enqueue_timer(time, timer, op);
  ::detent::asio_port::wait_started(
      &timer, *op, ::detent::machine::current() ? ::detent::machine::current()->now() : 0);
  return earliest;
}

bool ptime_queue::empty() const { return impl_.empty(); }
long ptime_queue::wait_duration_msec(long longest) const { return impl_.wait_duration_msec(longest); }
long ptime_queue::wait_duration_usec(long longest) const { return impl_.wait_duration_usec(longest); }
void ptime_queue::get_ready_timers(op_queue<operation>& ops) { impl_.get_ready_timers(ops); }
void ptime_queue::get_all_timers(op_queue<operation>& ops) { impl_.get_all_timers(ops); }

std::size_t ptime_queue::cancel_timer(per_timer_data& timer, op_queue<operation>& ops, std::size_t most)
{
  return impl_.cancel_timer(timer, ops, most);
}

void ptime_queue::cancel_timer_by_key(per_timer_data* timer, op_queue<operation>& ops, void* key)
{
  impl_.cancel_timer_by_key(timer, ops, key);
}

void ptime_queue::move_timer(per_timer_data& to, per_timer_data& from) { impl_.move_timer(to, from); }
#endif

// --- the reactor ----------------------------------------------------------------------------------------------

epoll_reactor::epoll_reactor(boost::asio::execution_context& ctx)
  : execution_context_service_base<epoll_reactor>(ctx), scheduler_(boost::asio::use_service<scheduler>(ctx)),
    mutex_(false), epoll_fd_(-1), timer_fd_(-1), shutdown_(false), registered_descriptors_mutex_(false)
{
}

epoll_reactor::~epoll_reactor() = default;

void epoll_reactor::shutdown()
{
  shutdown_ = true;
  op_queue<operation> abandoned;
  for (timer_queue_base* queue : ::detent::asio_port::state_of(scheduler_).queues())
    queue->get_all_timers(abandoned);
  for (::detent::asio_port::descriptor* d : std::vector(::detent::asio_port::state_of(scheduler_).descriptors))
    d->abandon(abandoned);
  scheduler_.abandon_operations(abandoned);
}

void epoll_reactor::do_add_timer_queue(timer_queue_base& queue)
{
  ::detent::asio_port::state_of(scheduler_).add(queue);
}
void epoll_reactor::do_remove_timer_queue(timer_queue_base& queue)
{
  ::detent::asio_port::state_of(scheduler_).remove(queue);
}

// Called when the earliest wait of a queue has changed.
void epoll_reactor::update_timeout()
{
  ::detent::asio_port::context_state& state = ::detent::asio_port::state_of(scheduler_);
  state.check_home();
  state.world.armed(state.next_deadline());
}

void epoll_reactor::init_task() {}
void epoll_reactor::notify_fork(boost::asio::execution_context::fork_event) {}
void epoll_reactor::run(long, op_queue<operation>&) {}
void epoll_reactor::interrupt() {}

// A place for Asio's own state of a descriptor holds Detent's: nobody but the reactor looks at it.
static ::detent::asio_port::descriptor* known(epoll_reactor::per_descriptor_data data) noexcept
{
  return reinterpret_cast<::detent::asio_port::descriptor*>(data);
}

int epoll_reactor::register_descriptor(socket_type number, per_descriptor_data& data)
{
  if (!::detent::network::is_one(number))
    ::detent::asio_port::refuse_descriptor("datagram socket, a socket of files, or another file descriptor");
  auto& state = ::detent::asio_port::state_of(scheduler_);
  state.check_home();
  data = reinterpret_cast<per_descriptor_data>(new ::detent::asio_port::descriptor(scheduler_, state, number));
  return 0;
}

int epoll_reactor::register_internal_descriptor(int, socket_type, per_descriptor_data&, reactor_op*)
{
  ::detent::asio_port::refuse_descriptor("descriptor of Asio's own");
}

void epoll_reactor::move_descriptor(socket_type, per_descriptor_data& to, per_descriptor_data& from)
{
  to = from;
  from = nullptr;
}

#if DETENT_ASIO_HAS_IMMEDIATE_EXECUTORS
void epoll_reactor::start_op(int type, socket_type, per_descriptor_data& data, reactor_op* op, bool is_continuation,
    bool may_be_at_once, void (*on_immediate)(operation*, bool, const void*), const void* argument)
#else
void epoll_reactor::start_op(
    int type, socket_type, per_descriptor_data& data, reactor_op* op, bool is_continuation, bool may_be_at_once)
#endif
{
  using direction = ::detent::asio_port::descriptor::direction;
  if (!data)
    op->ec_ = boost::asio::error::bad_descriptor;
  if (!data || shutdown_ || (may_be_at_once && known(data)->try_at_once(direction(type), *op)))
  {
#if DETENT_ASIO_HAS_IMMEDIATE_EXECUTORS
    on_immediate(op, is_continuation, argument);
#else
    scheduler_.post_immediate_completion(op, is_continuation);
#endif
    return;
  }
#if !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  ::detent::asio_port::state_of(scheduler_).world.adopt(::detent::asio_port::task_of(*op));
#endif
  scheduler_.work_started();
  known(data)->wait(direction(type), *op);
}

#if DETENT_ASIO_HAS_IMMEDIATE_EXECUTORS
void epoll_reactor::call_post_immediate_completion(operation* op, bool is_continuation, const void* self)
{
  static_cast<const epoll_reactor*>(self)->scheduler_.post_immediate_completion(op, is_continuation);
}
#endif

void epoll_reactor::cancel_ops(socket_type, per_descriptor_data& data)
{
  if (data)
    known(data)->cancel();
}

void epoll_reactor::cancel_ops_by_key(socket_type, per_descriptor_data& data, int type, void* key)
{
  if (data)
    known(data)->cancel(::detent::asio_port::descriptor::direction(type), key);
}

void epoll_reactor::deregister_descriptor(socket_type, per_descriptor_data& data, bool) { cancel_ops(-1, data); }
void epoll_reactor::deregister_internal_descriptor(socket_type, per_descriptor_data&) {}

void epoll_reactor::cleanup_descriptor_data(per_descriptor_data& data)
{
  if (auto* const gone = known(std::exchange(data, nullptr)))
    gone->release();
}

// Asio opens an eventfd here to interrupt epoll_wait; there is no epoll_wait.
eventfd_select_interrupter::eventfd_select_interrupter() : read_descriptor_(-1), write_descriptor_(-1) {}
eventfd_select_interrupter::~eventfd_select_interrupter() = default;
void eventfd_select_interrupter::recreate() {}
void eventfd_select_interrupter::interrupt() {}
bool eventfd_select_interrupter::reset() { return true; }

} // namespace detail
} // namespace asio
} // namespace boost
