// The context behind system_executor: one for the whole program, with threads of its own. Those end with their
// schedule, so each schedule that uses it has others.
#pragma once

#include <detent/asio/port/reveal.hpp>
#include <detent/asio/port/scheduler.hpp>

#include <boost/asio/system_context.hpp>

#include <vector>

namespace detent::asio_port {

struct system_threads_tag
{
  friend auto revealed(system_threads_tag);
};

struct system_thread_count_tag
{
  friend auto revealed(system_thread_count_tag);
};

template struct reveal<system_threads_tag, &boost::asio::system_context::threads_>;
template struct reveal<system_thread_count_tag, &boost::asio::system_context::num_threads_>;

inline void start_system_threads(asio_detail::scheduler& s)
{
  s.work_started();
  auto& context = static_cast<boost::asio::system_context&>(s.context());
  (context.*revealed(system_threads_tag{}))
      .create_threads(
          [&s] {
            boost::system::error_code ec;
            s.run(ec);
          },
          context.*revealed(system_thread_count_tag{}));
}

// What was left to run in another schedule is dropped.
inline void renew_system_scheduler(asio_detail::scheduler& s)
{
  static auto& retired = *new std::vector<context_state*>;
  auto*& place = s.*revealed(scheduler_task_tag{});
  auto* const old = static_cast<context_state*>(place);
  machine* const here = machine::current();
  auto* const fresh = new context_state(here ? *here : machine::implicit(), false);
  for (asio_detail::timer_queue_base* queue : std::vector(old->queues()))
  {
    old->remove(*queue);
    fresh->add(*queue);
  }
  fresh->renew = old->renew;
  place = fresh;
  while (!old->ready.empty())
    static_cast<operation*>(old->ready.take_front().work)->destroy();
  if (&old->world == &fresh->world)
    delete old;
  else
    static_cast<void>(retired.emplace_back(old)); // its machine may still look at it, or be gone
  s.*revealed(outstanding_work_tag{}) = 0;
  s.*revealed(scheduler_stopped_tag{}) = false;
  auto& context = static_cast<boost::asio::system_context&>(s.context());
  (context.*revealed(system_threads_tag{})).join(); // they are gone
  start_system_threads(s);
}

} // namespace detent::asio_port

namespace boost {
namespace asio {

system_context::system_context() : scheduler_(add_scheduler(new detail::scheduler(*this, 0, false)))
{
  num_threads_ = detail::thread::hardware_concurrency();
  ::detent::asio_port::state_of(scheduler_).renew = ::detent::asio_port::renew_system_scheduler;
  ::detent::asio_port::start_system_threads(scheduler_);
}

system_context::~system_context()
{
  auto& state = ::detent::asio_port::state_of(scheduler_);
  if (state.is_stale())
    ::detent::asio_port::renew_system_scheduler(scheduler_);
  stop();
  join();
}

void system_context::stop() { scheduler_.stop(); }
bool system_context::stopped() const noexcept { return scheduler_.stopped(); }

void system_context::join()
{
  scheduler_.work_finished();
  threads_.join();
}

detail::scheduler& system_context::add_scheduler(detail::scheduler* made)
{
  boost::asio::add_service<detail::scheduler>(*this, made);
  return *made;
}

} // namespace asio
} // namespace boost
