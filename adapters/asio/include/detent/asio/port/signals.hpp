// signal_set: refused by name, before anything of it is made.
#pragma once

#include <detent/asio/port/reactor.hpp>

#include <boost/asio/detail/signal_set_service.hpp>

namespace boost {
namespace asio {
namespace detail {

signal_set_service::signal_set_service(execution_context& context)
  : execution_context_service_base<signal_set_service>(context),
    scheduler_(boost::asio::use_service<scheduler_impl>(context)), reactor_(boost::asio::use_service<reactor>(context)),
    next_(nullptr), prev_(nullptr)
{
  ::detent::asio_port::refuse_descriptor("signal_set");
}

// The constructor throws, so none of these is ever called.
signal_set_service::~signal_set_service() = default;
void signal_set_service::shutdown() {}
void signal_set_service::notify_fork(execution_context::fork_event) {}
void signal_set_service::construct(implementation_type&) {}
void signal_set_service::destroy(implementation_type&) {}
void signal_set_service::cancel_ops_by_key(implementation_type&, void*) {}
void signal_set_service::start_wait_op(implementation_type&, signal_op*) {}

#if DETENT_ASIO_HAS_IMMEDIATE_EXECUTORS
boost::system::error_code signal_set_service::add(
    implementation_type&, int, signal_set_base::flags_t, boost::system::error_code& ec)
#else
boost::system::error_code signal_set_service::add(implementation_type&, int, boost::system::error_code& ec)
#endif
{
  return ec;
}

boost::system::error_code signal_set_service::remove(implementation_type&, int, boost::system::error_code& ec)
{
  return ec;
}

boost::system::error_code signal_set_service::clear(implementation_type&, boost::system::error_code& ec) { return ec; }

boost::system::error_code signal_set_service::cancel(implementation_type&, boost::system::error_code& ec) { return ec; }

} // namespace detail
} // namespace asio
} // namespace boost
