// signal_set: hears what simulation::raise, or the program's own raise(), gives the host.
//
// Whoever waits when a signal comes is told of it, all of them; a signal for which nobody waits is kept for the next wait.
#pragma once

#include <detent/asio/port/abort_waiting.hpp>
#include <detent/asio/port/context.hpp>
#include <detent/host.hpp>
#include <detent/threads/real.hpp>

#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/detail/signal_set_service.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <signal.h>
#include <unistd.h>

namespace detent::asio_port {

class signal_registrations final : public signal_table::listener
{
public:
  using queue = asio_detail::op_queue<asio_detail::signal_op>;

  signal_registrations(asio_detail::scheduler& scheduler, queue& waiting) : scheduler_(scheduler), waiting_(waiting) {}

  bool has(int signal) const { return std::ranges::find(all_, signal, &one::signal) != all_.end(); }

  void add(int signal)
  {
    all_.push_back({signal, 0});
    table().add(signal, *this);
  }

  void remove(int signal)
  {
    std::erase_if(all_, [&](const one& known) { return known.signal == signal; });
    if (!state_of(scheduler_).is_stale())
      table().remove(signal, *this);
  }

  void clear()
  {
    while (!all_.empty())
      remove(all_.back().signal);
  }

  void raised(int signal) override
  {
    used();
    if (waiting_.empty())
      ++std::ranges::find(all_, signal, &one::signal)->undelivered;
    asio_detail::op_queue<operation> told;
    while (asio_detail::signal_op* const op = waiting_.front())
    {
      waiting_.pop();
      op->signal_number_ = signal;
      told.push(op);
    }
    scheduler_.post_deferred_completions(told);
  }

  // For exhaustive search.
  void used() { state_of(scheduler_).world.touch(this, access::write); }

  // One that came while nobody waited; 0 for none.
  int take_undelivered()
  {
    for (one& known : all_)
      if (known.undelivered != 0)
      {
        --known.undelivered;
        return known.signal;
      }
    return 0;
  }

private:
  struct one
  {
    int signal;
    std::size_t undelivered;
  };

  signal_table& table() const { return state_of(scheduler_).world.this_host().signals; }

  asio_detail::scheduler& scheduler_;
  queue& waiting_;
  std::vector<one> all_;
};

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

// A place for Asio's list of registrations holds Detent's: nobody but the service looks at it.
static ::detent::asio_port::signal_registrations* known(signal_set_service::registration* signals) noexcept
{
  return reinterpret_cast<::detent::asio_port::signal_registrations*>(signals);
}

signal_set_service::signal_set_service(execution_context& context)
  : execution_context_service_base<signal_set_service>(context),
    scheduler_(boost::asio::use_service<scheduler_impl>(context)), reactor_(boost::asio::use_service<reactor>(context)),
    next_(nullptr), prev_(nullptr)
{
  std::fill(std::begin(registrations_), std::end(registrations_), nullptr);
}

signal_set_service::~signal_set_service() = default;
void signal_set_service::notify_fork(execution_context::fork_event) {}

// The sets take their operations with them.
void signal_set_service::shutdown() {}

void signal_set_service::construct(implementation_type& impl)
{
  impl.signals_ =
      reinterpret_cast<registration*>(new ::detent::asio_port::signal_registrations(scheduler_, impl.queue_));
}

void signal_set_service::destroy(implementation_type& impl)
{
  boost::system::error_code ec;
  clear(impl, ec);
  cancel(impl, ec);
  delete known(std::exchange(impl.signals_, nullptr));
}

#if DETENT_ASIO_HAS_IMMEDIATE_EXECUTORS
boost::system::error_code signal_set_service::add(
    implementation_type& impl, int signal, signal_set_base::flags_t, boost::system::error_code& ec)
#else
boost::system::error_code signal_set_service::add(implementation_type& impl, int signal, boost::system::error_code& ec)
#endif
{
  ec = boost::system::error_code();
  if (signal <= 0 || signal >= max_signal_number)
    ec = boost::asio::error::invalid_argument;
  else if (!known(impl.signals_)->has(signal))
    known(impl.signals_)->add(signal);
  return ec;
}

boost::system::error_code signal_set_service::remove(
    implementation_type& impl, int signal, boost::system::error_code& ec)
{
  ec = boost::system::error_code();
  if (signal <= 0 || signal >= max_signal_number)
    ec = boost::asio::error::invalid_argument;
  else
    known(impl.signals_)->remove(signal);
  return ec;
}

boost::system::error_code signal_set_service::clear(implementation_type& impl, boost::system::error_code& ec)
{
  known(impl.signals_)->clear();
  return ec = boost::system::error_code();
}

boost::system::error_code signal_set_service::cancel(implementation_type& impl, boost::system::error_code& ec)
{
  cancel_ops_by_key(impl, nullptr);
  return ec = boost::system::error_code();
}

void signal_set_service::cancel_ops_by_key(implementation_type& impl, void* key)
{
  ::detent::asio_port::abort_waiting(impl.queue_, key, scheduler_);
}

void signal_set_service::start_wait_op(implementation_type& impl, signal_op* op)
{
#if !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  ::detent::asio_port::state_of(scheduler_).world.adopt(::detent::asio_port::task_of(*op));
#endif
  known(impl.signals_)->used();
  scheduler_.work_started();
  if (const int signal = known(impl.signals_)->take_undelivered())
  {
    op->signal_number_ = signal;
    scheduler_.post_deferred_completion(op);
  }
  else
    impl.queue_.push(op);
}

} // namespace detail
} // namespace asio
} // namespace boost

extern "C" {

// The kernel's, where nobody in the simulation listens.
int raise(int signal) noexcept
{
  if (detent::machine* const m = detent::machine::current(); m && m->this_host().signals.raise(signal))
    return 0;
  return DETENT_PRIVATE_REAL(raise)(signal);
}

int kill(pid_t process, int signal) noexcept
{
  if (process == ::getpid() && signal != 0)
    if (detent::machine* const m = detent::machine::current(); m && m->this_host().signals.raise(signal))
      return 0;
  return DETENT_PRIVATE_REAL(kill)(process, signal);
}

} // extern "C"
