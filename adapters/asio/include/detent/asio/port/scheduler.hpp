// The scheduler behind io_context: ready operations go to the machine, which chooses.
#pragma once

#include <detent/asio/port/context.hpp>
#include <detent/asio/port/reveal.hpp>

#include <boost/asio/detail/concurrency_hint.hpp>
#include <boost/asio/detail/scheduler.hpp>

#include <limits>
#include <utility>

namespace boost {
namespace asio {
namespace detail {

// One run(), run_one(), poll() or wait_one(): the innermost is the context's `running`. (Asio's declaration
// of scheduler names this class for the thread that some schedulers own; here none does.)
class scheduler::thread_function
{
public:
  using state_type = ::detent::asio_port::context_state;

  explicit thread_function(scheduler& s)
    : scheduler_(s), state_(state_of(s)), outer_(state_.running), mark_(&s, thread_)
  {
    thread_.private_outstanding_work = 0;
    state_.running = &thread_;
  }

  ~thread_function() { state_.running = outer_; }

  static state_type& state_of(const scheduler& s) noexcept { return *static_cast<state_type*>(s.task_); }

  // Where it may be used.
  static state_type& at_home(scheduler& s)
  {
    if (state_of(s).renew && state_of(s).is_stale()) [[unlikely]]
      state_of(s).renew(s);
    state_of(s).check_home();
    return state_of(s);
  }

  // That of the innermost run() of this context, on this thread.
  static thread_info* running(const scheduler& s) noexcept
  {
    const state_type& state = state_of(s);
    if (state.world.threads()) [[unlikely]]
      return static_cast<thread_info*>(thread_call_stack::contains(const_cast<scheduler*>(&s)));
    return state.running;
  }

  // How every way to run a context begins; false when it has no work, which stops it.
  static bool may_enter(scheduler& s, boost::system::error_code& ec)
  {
    ec = boost::system::error_code();
    at_home(s);
    if (s.outstanding_work_ == 0)
      s.stop();
    return s.outstanding_work_ != 0;
  }

  // Runs the next operation; false when there is none up to `limit`.
  bool step(std::int64_t limit)
  {
    if (state_.world.threads()) [[unlikely]]
      if (!may_run(limit))
        return false;
    if (scheduler_.stopped_)
      return false;
    void* work = state_.world.next(state_, limit);
    if (!work)
    {
      if (state_.world.failed()) [[unlikely]]
        throw ::detent::schedule_ended("detent: this schedule has failed already");
      return false;
    }
    const end_of_step on_exit{*this};
    static_cast<operation*>(work)->complete(&scheduler_, boost::system::error_code(), 0);
    thread_.rethrow_pending_exception();
    return true;
  }

  // With several threads: waits until there is something to run, or to leave for. `limit` becomes the present, since it
  // is the threads that wait for the clock.
  bool may_run(std::int64_t& limit);

  // Nothing is ready and no deadline lies ahead, but operations are outstanding.
  [[noreturn]] void deadlock();

private:
  struct end_of_step
  {
    thread_function& run;

    ~end_of_step()
    {
      // One unit of work ended with the operation; those that it started were counted privately.
      long& started = run.thread_.private_outstanding_work;
      if (started > 1)
        run.scheduler_.outstanding_work_ += started - 1;
      else if (started < 1)
        run.scheduler_.work_finished();
      started = 0;
      run.state_.world.end_step();
    }
  };

  scheduler& scheduler_;
  state_type& state_;
  thread_info* outer_;
  thread_info thread_;
  thread_call_stack::context mark_;
};

bool scheduler::thread_function::may_run([[maybe_unused]] std::int64_t& limit)
{
#if DETENT_PRIVATE_VIRTUAL_THREADS
  ::detent::threads::world& all = ::detent::threads::world::of(state_.world);
  const auto goes_on = [](void* self) {
    auto& run = *static_cast<thread_function*>(self);
    return run.state_.enabled() != 0 || run.scheduler_.stopped_ || run.state_.world.clock_stopped();
  };
  all.preempt();
  while (!goes_on(this) && limit > state_.world.now()) // another thread may take what this one was woken for
  {
    all.running().may_throw = true;
    static_cast<void>(all.block_until(goes_on, this, {"waits for work on", "context", &state_}, limit));
  }
  limit = state_.world.now();
#endif
  return state_.enabled() != 0 && !scheduler_.stopped_;
}

void scheduler::thread_function::deadlock()
{
  ::detent::machine& world = state_.world;
  ::detent::asio_port::report_waiting(world, scheduler_.outstanding_work_);
  const std::string what = "work is outstanding, but nothing is ready and no deadline lies ahead: run() would wait "
                           "for ever";
  world.fail(::detent::verdict::deadlock, what);
  throw ::detent::deadlock_error(
      "detent: deadlock: " + what + "\n  Next: explore the code to see who waits for what: detent::explore(body)");
}

scheduler::scheduler(boost::asio::execution_context& ctx, int concurrency_hint, bool own_thread, get_task_func_type)
  : execution_context_service_base<scheduler>(ctx),
    one_thread_(concurrency_hint == 1 || concurrency_hint == BOOST_ASIO_CONCURRENCY_HINT_1), mutex_(false),
    task_(nullptr), get_task_(nullptr), task_interrupted_(true), outstanding_work_(0), stopped_(false),
    shutdown_(false), concurrency_hint_(concurrency_hint), thread_(nullptr)
{
  BOOST_ASIO_HANDLER_TRACKING_INIT;
  ::detent::asio_port::check_program();
  ::detent::machine* world = ::detent::machine::current();
  task_ = new ::detent::asio_port::context_state(world ? *world : ::detent::machine::implicit(), one_thread_);
  if (!own_thread)
    return;
  work_started();
  thread_ = new thread([this] {
    boost::system::error_code ec;
    run(ec);
  });
}

scheduler::~scheduler()
{
  auto* state = &thread_function::state_of(*this);
  while (!state->ready.empty()) // posted by a handler's destructor during shutdown
    static_cast<operation*>(state->ready.take_front().work)->destroy();
  delete state;
}

void scheduler::shutdown()
{
  shutdown_ = true;
  if (thread_)
  {
    stop();
    thread_->join();
    delete std::exchange(thread_, nullptr);
  }
  auto& state = thread_function::state_of(*this);
  state.world.settle_all();
  while (!state.ready.empty())
    static_cast<operation*>(state.ready.take_front().work)->destroy();
}

void scheduler::init_task() {}

scheduler_task* scheduler::get_default_task(boost::asio::execution_context&) { return nullptr; }

std::size_t scheduler::run(boost::system::error_code& ec)
{
  if (!thread_function::may_enter(*this, ec))
    return 0;
  thread_function here(*this);
  std::size_t count = 0;
  for (;;)
  {
    while (here.step(::detent::machine::forever))
      if (count != (std::numeric_limits<std::size_t>::max)())
        ++count;
    if (stopped_ || thread_function::state_of(*this).world.clock_stopped())
      return count;
    here.deadlock();
  }
}

std::size_t scheduler::run_one(boost::system::error_code& ec)
{
  if (!thread_function::may_enter(*this, ec))
    return 0;
  thread_function here(*this);
  if (here.step(::detent::machine::forever))
    return 1;
  if (stopped_ || thread_function::state_of(*this).world.clock_stopped())
    return 0;
  here.deadlock();
}

// Callers loop until their own clock says that the time is over; they round it down to microseconds. The
// rest is waited for in steps of a nanosecond, so that they end at their very limit.
std::size_t scheduler::wait_one(long usec, boost::system::error_code& ec)
{
  if (!thread_function::may_enter(*this, ec))
    return 0;
  auto& state = thread_function::state_of(*this);
  thread_function here(*this);
  const std::int64_t nanoseconds = usec > 0 ? static_cast<std::int64_t>(usec) * 1'000 : 1;
  return here.step(state.world.now() + nanoseconds) ? 1 : 0;
}

std::size_t scheduler::poll(boost::system::error_code& ec)
{
  if (!thread_function::may_enter(*this, ec))
    return 0;
  auto& state = thread_function::state_of(*this);
  thread_function here(*this);
  std::size_t count = 0;
  while (here.step(state.world.now()))
    if (count != (std::numeric_limits<std::size_t>::max)())
      ++count;
  if (count == 0 && !stopped_)
    state.world.idle_poll();
  return count;
}

std::size_t scheduler::poll_one(boost::system::error_code& ec)
{
  if (!thread_function::may_enter(*this, ec))
    return 0;
  auto& state = thread_function::state_of(*this);
  thread_function here(*this);
  if (here.step(state.world.now()))
    return 1;
  if (!stopped_)
    state.world.idle_poll();
  return 0;
}

void scheduler::stop() { stopped_ = true; }
bool scheduler::stopped() const { return stopped_; }
void scheduler::restart() { stopped_ = false; }

bool scheduler::can_dispatch()
{
  const auto& state = thread_function::state_of(*this);
  return thread_function::running(*this) && ::detent::machine::current() == &state.world;
}

void scheduler::compensating_work_started()
{
  if (thread_info* running = thread_function::running(*this))
    ++running->private_outstanding_work;
}

void scheduler::capture_current_exception()
{
  if (thread_info* running = thread_function::running(*this))
    running->capture_current_exception();
}

void scheduler::post_immediate_completion(operation* op, bool)
{
  auto& state = thread_function::at_home(*this);
  if (thread_info* running = thread_function::running(*this))
    ++running->private_outstanding_work;
  else
    work_started();
  ::detent::asio_port::operation_posted(state.world, *op);
  state.push(*op);
}

void scheduler::post_immediate_completions(std::size_t, op_queue<operation>& ops, bool is_continuation)
{
  while (operation* op = ops.front())
  {
    ops.pop();
    post_immediate_completion(op, is_continuation);
  }
}

void scheduler::post_deferred_completion(operation* op) { thread_function::state_of(*this).push(*op); }

// The waits that one cancel() ends, in the order in which they were made.
void scheduler::post_deferred_completions(op_queue<operation>& ops)
{
  auto& state = thread_function::state_of(*this);
  state.world.touch_clock(::detent::access::read);
  bool follows = false;
  while (operation* op = ops.front())
  {
    ops.pop();
    state.world.push(state, op, ::detent::asio_port::task_of(*op), follows);
    follows = true;
  }
}

void scheduler::do_dispatch(operation* op)
{
  auto& state = thread_function::at_home(*this);
  work_started();
  ::detent::asio_port::operation_posted(state.world, *op);
  state.push(*op);
}

void scheduler::abandon_operations(op_queue<operation>& ops)
{
  thread_function::state_of(*this).world.settle_all();
  op_queue<operation> destroyed;
  destroyed.push(ops);
}

} // namespace detail
} // namespace asio
} // namespace boost

namespace detent::asio_port {

struct scheduler_task_tag
{
  friend auto revealed(scheduler_task_tag);
};

template struct reveal<scheduler_task_tag, &asio_detail::scheduler::task_>;

// Whose threads are those of one schedule: in the next one it begins anew.
struct scheduler_stopped_tag
{
  friend auto revealed(scheduler_stopped_tag);
};

template struct reveal<scheduler_stopped_tag, &asio_detail::scheduler::stopped_>;

struct outstanding_work_tag
{
  friend auto revealed(outstanding_work_tag);
};

template struct reveal<outstanding_work_tag, &asio_detail::scheduler::outstanding_work_>;

context_state& state_of(asio_detail::scheduler& s) noexcept
{
  return *static_cast<context_state*>(s.*revealed(scheduler_task_tag{}));
}

void check_leaks(boost::asio::io_context& context)
{
  auto& s = boost::asio::use_service<asio_detail::scheduler>(context);
  machine& world = state_of(s).world;
  const long outstanding = s.*revealed(outstanding_work_tag{});
  if (!world.settings().leaks || world.failed() || outstanding == 0)
    return;
  report_waiting(world, outstanding);
  world.fail(
      verdict::leak, "the test has ended, and not all that it started: what is left is destroyed with the context");
}

} // namespace detent::asio_port
