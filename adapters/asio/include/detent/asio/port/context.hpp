// The state that Detent keeps for each of Asio's schedulers: its lane, and its timers.
//
// A scheduler has a place for a pointer to its "task" (the reactor, in Asio's own port). It holds this.
#pragma once

#include <detent/asio/port/version.hpp>
#include <detent/error.hpp>
#include <detent/machine.hpp>

#include <boost/asio/detail/scheduler_operation.hpp>
#include <boost/asio/detail/scheduler_task.hpp>
#include <boost/asio/detail/scheduler_thread_info.hpp>
#include <boost/asio/detail/timer_queue_base.hpp>

#include <vector>

namespace detent::asio_port {

namespace asio_detail = boost::asio::detail;
using operation = asio_detail::scheduler_operation;

// The task that an operation belongs to. Tracked, it has a field of its own; untracked, the field that
// carries epoll's events to a descriptor's operation is free, since the port has its own of those.
inline task_id& task_of(operation& op) noexcept
{
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  return op.task;
#else
  struct reach : operation
  {
    static unsigned int operation::*result() { return &reach::task_result_; }
  };
  return op.*reach::result();
#endif
}

class descriptor;

class context_state final : public asio_detail::scheduler_task, public lane, public timer_source
{
public:
  context_state(machine& m, bool one_thread) : lane(one_thread), world(m), epoch_(m.epoch()) { world.open(*this); }

  ~context_state()
  {
    if (has_timers_)
      world.remove(*this);
  }

  // Of another schedule: even its machine may be gone.
  bool is_stale() const noexcept
  {
    const machine* const here = machine::current();
    return here != &world || here->epoch() != epoch_;
  }

  context_state(const context_state&) = delete;
  context_state& operator=(const context_state&) = delete;

  machine& world;
  asio_detail::scheduler_thread_info* running = nullptr; // innermost run() of this context

  std::vector<descriptor*> descriptors; // sockets that are open

  // Makes up for another schedule, where a context is for all of them: the system's.
  void (*renew)(asio_detail::scheduler& of) = nullptr;

  // Using a context is only possible in the schedule, and on the thread, that made it.
  void check_home() const
  {
    if (is_stale()) [[unlikely]]
      refuse_stranger();
  }

  void push(operation& op) { world.push(*this, &op, task_of(op)); }

  void add(asio_detail::timer_queue_base& queue)
  {
    if (!has_timers_)
      world.add(*this);
    has_timers_ = true;
    queues_.push_back(&queue);
  }

  void remove(asio_detail::timer_queue_base& queue) noexcept { std::erase(queues_, &queue); }
  const std::vector<asio_detail::timer_queue_base*>& queues() const noexcept { return queues_; }

  std::int64_t next_deadline() noexcept override;
  void expire(std::int64_t now, machine& m) override;

  void run(long, asio_detail::op_queue<operation>&) override {}
  void interrupt() override {}

private:
  [[noreturn]] void refuse_stranger() const
  {
    if (!machine::current())
      throw usage_error("an io_context is used on a thread that Detent does not control",
          "run and post to it on the thread that made it, or on threads that the simulation has made");
    throw usage_error("an io_context is used in another schedule, or another simulation, than the one that made it",
        "make the io_context inside the body that is explored, or use sim.context()");
  }

  std::vector<asio_detail::timer_queue_base*> queues_;
  std::uint64_t epoch_;
  bool has_timers_ = false;
};

} // namespace detent::asio_port
