// How an operation that waits for something is cancelled, whatever it waits for.
#pragma once

#include <boost/asio/detail/op_queue.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/error.hpp>

namespace detent::asio_port {

// Those with this key complete as aborted, the others go on waiting; null is every operation's.
template <class Operation>
void abort_waiting(
    boost::asio::detail::op_queue<Operation>& waiting, void* key, boost::asio::detail::scheduler& scheduler)
{
  boost::asio::detail::op_queue<boost::asio::detail::scheduler_operation> aborted;
  boost::asio::detail::op_queue<Operation> others;
  while (Operation* const op = waiting.front())
  {
    waiting.pop();
    if (key && op->cancellation_key_ != key)
    {
      others.push(op);
      continue;
    }
    op->ec_ = boost::asio::error::operation_aborted;
    aborted.push(op);
  }
  waiting.push(others);
  scheduler.post_deferred_completions(aborted);
}

} // namespace detent::asio_port
