// A simulated socket in the reactor: the operations that wait for it, and the steps in which they are done.
//
// When a socket becomes ready for an operation that waits, a step becomes ready in its context. When that is chosen the
// operation is tried, and if it is done its handler runs in the same step, as epoll's reactor has it. In between others may
// receive what has arrived, more may arrive, and cancel() still finds the operation.
#pragma once

#include <detent/asio/port/abort_waiting.hpp>
#include <detent/asio/port/context.hpp>
#include <detent/host.hpp>

#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/op_queue.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/detail/scheduler.hpp>

#include <utility>

namespace detent::asio_port {

class descriptor final : private network::watcher
{
public:
  using reactor_op = asio_detail::reactor_op;
  enum direction
  {
    reads = asio_detail::epoll_reactor::read_op,
    writes = asio_detail::epoll_reactor::write_op,
    errors = asio_detail::epoll_reactor::except_op, // urgent data, which is not simulated: never ready
    directions
  };

  descriptor(asio_detail::scheduler& scheduler, context_state& context, int number)
    : scheduler_(scheduler), context_(context), number_(number)
  {
    context_.descriptors.push_back(this);
    net().watch(number_, this);
  }

  // Its steps that are ready still come.
  void release()
  {
    forget();
    released_ = true;
    destroy_if_unused();
  }

  // Tried at once, where it may be and none is before it; true if it is done.
  bool try_at_once(direction d, reactor_op& op) { return waiting_[d].empty() && op.perform() != reactor_op::not_done; }

  void wait(direction d, reactor_op& op)
  {
    touch();
    waiting_[d].push(&op);
    look(d);
  }

  // What waits, or of it what has this key, is aborted.
  void cancel(direction d, void* key = nullptr)
  {
    touch();
    abort_waiting(waiting_[d], key, scheduler_);
  }

  void cancel()
  {
    for (const direction d : {reads, writes, errors})
      cancel(d);
  }

  // The context is going: takes all operations out, and is not told any more.
  void abandon(asio_detail::op_queue<operation>& into)
  {
    forget();
    for (auto& queue : waiting_)
      while (reactor_op* const op = queue.front())
      {
        queue.pop();
        into.push(op);
      }
  }

private:
  // The step. Its own task is that of the operation for which it became ready.
  struct readiness : operation
  {
    readiness(descriptor& to, direction towards) : operation(&complete), of(to), d(towards) {}

    static void complete(void* owner, operation* base, const boost::system::error_code&, std::size_t)
    {
      auto& self = *static_cast<readiness*>(base);
      self.queued = false;
      if (owner)
        self.of.perform(self.d, owner);
      else
        self.of.destroy_if_unused();
    }

    descriptor& of;
    direction d;
    bool queued = false;
  };

  ~descriptor() = default;

  // What waits for a socket is a part of it.
  void touch() const
  {
    if (context_.is_stale())
      return;
    if (const void* const socket = net().object(number_))
      context_.world.touch(socket, access::write);
  }

  network& net() const { return context_.world.this_host().sockets; }
  bool ready(direction d) const
  {
    return d == reads ? net().readable(number_) : d == writes && net().writable(number_);
  }

  void changed() override
  {
    look(reads);
    look(writes);
  }

  void look(direction d)
  {
    readiness& step = steps_[d];
    if (step.queued || waiting_[d].empty() || !ready(d))
      return;
    step.queued = true;
    task_of(step) = task_of(*waiting_[d].front());
    context_.push(step);
  }

  void perform(direction d, void* owner)
  {
    touch(); // also if nothing waits any more
    asio_detail::op_queue<operation> done;
    while (reactor_op* const op = waiting_[d].front())
    {
      if (op->perform() == reactor_op::not_done)
        break;
      waiting_[d].pop();
      done.push(op);
    }
    operation* const first = done.front();
    if (!first)
    {
      scheduler_.compensating_work_started(); // the step was nobody's
      destroy_if_unused();                    // nothing waits for a socket that is gone, so here is where it ends
      return;
    }
    done.pop();
    scheduler_.post_deferred_completions(done);
    context_.world.set_current_task(task_of(*first));
    first->complete(owner, boost::system::error_code(), 0);
  }

  void forget()
  {
    std::erase(context_.descriptors, this);
    if (!context_.is_stale())
      net().watch(number_, nullptr);
  }

  void destroy_if_unused()
  {
    if (released_ && !steps_[reads].queued && !steps_[writes].queued)
      delete this;
  }

  asio_detail::scheduler& scheduler_;
  context_state& context_;
  int number_;
  bool released_ = false;
  asio_detail::op_queue<reactor_op> waiting_[directions];
  readiness steps_[directions] = {{*this, reads}, {*this, writes}, {*this, errors}};
};

} // namespace detent::asio_port
