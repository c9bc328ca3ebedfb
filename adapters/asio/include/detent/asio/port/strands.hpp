// Strands: Asio's promises (first in, first out; never two at once), one handler a step.
//
// Asio's own strand runs all handlers that are ready in one go. Here each is a step of its own, so that
// another task can come between two of them, as it can when the strand's turn ends in production.
#pragma once

#include <detent/asio/port/context.hpp>

#include <boost/asio/detail/call_stack.hpp>
#include <boost/asio/detail/strand_executor_service.hpp>
#include <boost/asio/detail/strand_service.hpp>

namespace detent::asio_port {

// The operation that runs a strand belongs to the task of the handler that it will run.
inline void strand_scheduled()
{
  if (machine* world = machine::current())
    world->join_next();
}

inline void handler_queued(const void* strand, operation& op)
{
  machine* const world = machine::current();
  if (!world)
    return;
  world->touch(strand, access::write);
#if !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  world->adopt(task_of(op));
#else
  static_cast<void>(op);
#endif
}

// A handler runs inside the step that queued it.
inline void handler_runs(operation& op)
{
  if (machine* world = machine::current())
  {
    world->settle(task_of(op));
    world->join_nothing();
  }
}

// The next operation that is started runs the strand for this handler.
inline void strand_goes_on_with(const operation& next)
{
  if (machine* world = machine::current())
    world->next_belongs_to(task_of(const_cast<operation&>(next)));
}

// An io_context::strand is an operation itself, which is posted for the handler that it will run. Tracked, nothing
// creates it, so it takes the handler's task here; untracked, posting it adopts it.
inline void strand_posted_for(operation& strand, const operation& handler, bool just_queued)
{
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  task_of(strand) = task_of(const_cast<operation&>(handler));
  static_cast<void>(just_queued);
#else
  static_cast<void>(strand);
  if (just_queued)
    strand_scheduled();
  else
    strand_goes_on_with(handler);
#endif
}

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {

// --- strand<Executor> -----------------------------------------------------------------------------------------

strand_executor_service::strand_executor_service(execution_context& ctx)
  : execution_context_service_base<strand_executor_service>(ctx), salt_(0), impl_list_(nullptr)
{
}

void strand_executor_service::shutdown()
{
  op_queue<scheduler_operation> abandoned;
  for (strand_impl* strand = impl_list_; strand; strand = strand->next_)
  {
    strand->shutdown_ = true;
    abandoned.push(strand->waiting_queue_);
    abandoned.push(strand->ready_queue_);
  }
}

strand_executor_service::implementation_type strand_executor_service::create_implementation()
{
  implementation_type made(new strand_impl);
  made->mutex_ = nullptr; // one thread
  made->locked_ = false;
  made->shutdown_ = false;
  made->service_ = this;
  made->prev_ = nullptr;
  made->next_ = impl_list_;
  if (impl_list_)
    impl_list_->prev_ = made.get();
  impl_list_ = made.get();
  ::detent::declare(made.get());
  return made;
}

strand_executor_service::strand_impl::~strand_impl()
{
  ::detent::forget(this);
  (prev_ ? prev_->next_ : service_->impl_list_) = next_;
  if (next_)
    next_->prev_ = prev_;
}

bool strand_executor_service::enqueue(const implementation_type& strand, scheduler_operation* op)
{
  if (strand->shutdown_)
  {
    op->destroy();
    return false;
  }
  ::detent::asio_port::handler_queued(strand.get(), *op);
  if (strand->locked_)
  {
    strand->waiting_queue_.push(op);
    return false;
  }
  strand->locked_ = true;
  strand->ready_queue_.push(op);
  ::detent::asio_port::strand_scheduled();
  return true;
}

bool strand_executor_service::running_in_this_thread(const implementation_type& strand)
{
  return call_stack<strand_impl>::contains(strand.get()) != nullptr;
}

void strand_executor_service::run_ready_handlers(implementation_type& strand)
{
  const call_stack<strand_impl>::context mark(strand.get());
  scheduler_operation* op = strand->ready_queue_.front();
  if (!op)
    return;
  strand->ready_queue_.pop();
  ::detent::asio_port::handler_runs(*op);
  op->complete(strand.get(), boost::system::error_code(), 0);
}

bool strand_executor_service::push_waiting_to_ready(implementation_type& strand)
{
  if (strand->ready_queue_.empty())
    strand->ready_queue_.push(strand->waiting_queue_);
  strand->locked_ = !strand->ready_queue_.empty();
  if (strand->locked_)
    ::detent::asio_port::strand_goes_on_with(*strand->ready_queue_.front());
  return strand->locked_;
}

// --- io_context::strand ---------------------------------------------------------------------------------------

strand_service::strand_service(boost::asio::io_context& ctx)
  : service_base<strand_service>(ctx), io_context_(ctx),
    io_context_impl_(boost::asio::use_service<io_context_impl>(ctx)), salt_(0)
{
}

void strand_service::shutdown()
{
  op_queue<operation> abandoned;
  for (auto& strand : implementations_)
    if (strand.get())
    {
      abandoned.push(strand->waiting_queue_);
      abandoned.push(strand->ready_queue_);
    }
}

// Asio spreads strands over its implementations by address, so two may share one, at random. Here they are
// dealt out in turn.
void strand_service::construct(implementation_type& strand)
{
  auto& slot = implementations_[salt_++ % num_implementations];
  if (!slot.get())
  {
    slot.reset(new strand_impl);
    ::detent::declare(slot.get());
  }
  strand = slot.get();
}

bool strand_service::running_in_this_thread(const implementation_type& strand) const
{
  return call_stack<strand_impl>::contains(strand) != nullptr;
}

struct strand_service::on_do_complete_exit
{
  scheduler& context;
  strand_impl* strand;

  ~on_do_complete_exit()
  {
    if (strand->ready_queue_.empty())
      strand->ready_queue_.push(strand->waiting_queue_);
    strand->locked_ = !strand->ready_queue_.empty();
    if (strand->locked_)
    {
      ::detent::asio_port::strand_posted_for(*strand, *strand->ready_queue_.front(), false);
      context.post_immediate_completion(strand, true);
    }
  }
};

void strand_service::do_dispatch(implementation_type& strand, operation* op)
{
  ::detent::asio_port::handler_queued(strand, *op);
  if (strand->locked_)
  {
    strand->waiting_queue_.push(op);
    return;
  }
  strand->locked_ = true;
  if (io_context_impl_.can_dispatch())
  {
    const call_stack<strand_impl>::context mark(strand);
    const on_do_complete_exit next{io_context_impl_, strand};
    ::detent::asio_port::handler_runs(*op);
    op->complete(&io_context_impl_, boost::system::error_code(), 0);
    return;
  }
  strand->ready_queue_.push(op);
  ::detent::asio_port::strand_posted_for(*strand, *op, true);
  io_context_impl_.post_immediate_completion(strand, false);
}

void strand_service::do_post(implementation_type& strand, operation* op, bool is_continuation)
{
  ::detent::asio_port::handler_queued(strand, *op);
  if (strand->locked_)
  {
    strand->waiting_queue_.push(op);
    return;
  }
  strand->locked_ = true;
  strand->ready_queue_.push(op);
  ::detent::asio_port::strand_posted_for(*strand, *op, true);
  io_context_impl_.post_immediate_completion(strand, is_continuation);
}

void strand_service::do_complete(void* owner, operation* base, const boost::system::error_code&, std::size_t)
{
  if (!owner)
    return; // the strand outlives the scheduler's shutdown; its handlers are destroyed by the service
  auto* strand = static_cast<strand_impl*>(base);
  const call_stack<strand_impl>::context mark(strand);
  const on_do_complete_exit next{*static_cast<scheduler*>(owner), strand};
  if (operation* op = strand->ready_queue_.front())
  {
    strand->ready_queue_.pop();
    ::detent::asio_port::handler_runs(*op);
    op->complete(owner, boost::system::error_code(), 0);
  }
}

} // namespace detail
} // namespace asio
} // namespace boost
