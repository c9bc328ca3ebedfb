// The simulation: what a test body sees of the simulated machine.
//
//     detent::explore([](detent::simulation& sim) -> asio::awaitable<void> {
//       asio::steady_timer timer(sim.executor(), 5ms);   // any Asio object, on virtual time
//       co_await timer.async_wait(asio::use_awaitable);
//       REQUIRE(sim.elapsed() == 5ms);
//     });
//
// A body has one of two forms:
//
//   awaitable<void>(simulation&)   a coroutine, run on sim.context(); the schedule ends when it returns
//   void(simulation&)              plain code, which makes and runs its own contexts, or runs sim.context()
//
// After the body has returned, the clock stands still, what is ready runs to its end, and everything else is
// destroyed. A simulation lives for one schedule and belongs to the thread that runs it.
#pragma once

#include <detent/error.hpp>
#include <detent/machine.hpp>
#include <detent/property.hpp>
#include <detent/random.hpp>
#include <detent/statistics.hpp>
#include <detent/trace.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace detent {

// The types of the executors in use; defined by the adapter that is included, <detent/asio.hpp> say.
struct runtime;

class simulation
{
public:
  explicit simulation(machine& world) : world_(world) {}
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;

  // The context that the body runs on (an io_context&), and its executor. In exploration its order is
  // both fifo, as one thread would run it, and any, as several would. Needs <detent/asio.hpp>.
  template <class Runtime = runtime> decltype(auto) context() { return Runtime::context(*this); }
  template <class Runtime = runtime> auto executor() { return Runtime::executor(*this); }

  // Virtual time since the simulation's start.
  std::chrono::nanoseconds elapsed() const noexcept { return std::chrono::nanoseconds(world_.now()); }

  // The running step takes this long: a slow computation. Timers that become due meanwhile are late.
  void elapse(std::chrono::nanoseconds time) { world_.elapse(time.count()); }

  // A decision of the test's own, 0 .. n-1, explored like any other choice. 0 is the dullest.
  std::uint32_t choose(std::uint32_t n) { return world_.choose(choice_kind::value, n); }

  // Random data for the test: seeded for each schedule, the same again in its replay.
  generator& rng() noexcept { return world_.rng(); }

  // Ends this schedule, which is of no interest: its random input makes no sense, say. It counts neither as passed nor
  // as failed, but as discarded; an exploration that discards all its schedules fails.
  [[noreturn]] void discard()
  {
    world_.discard();
    throw schedule_ended("detent: this schedule was discarded by the test");
  }

  // See <detent/property.hpp>.
  property invariant(std::string_view name, std::function<bool()> holds)
  {
    return property(world_, name, std::move(holds), machine::forever);
  }
  property eventually(std::string_view name, std::function<bool()> comes_true, std::chrono::nanoseconds within)
  {
    return property(world_, name, std::move(comes_true), world_.now() + within.count());
  }

  // The program gets a signal: who waits for it with an asio::signal_set hears it. Where nobody does the schedule fails,
  // as the program would end.
  void raise(int signal);

  // What this schedule has cost so far.
  statistics stats() const { return world_.stats(); }

  // What has happened so far: see <detent/trace.hpp>. Kept with options::trace, and by simulate().
  detent::trace trace() const;

  // A line in the report, in the column of the running task; an event of the trace.
  void note(std::string_view text) { world_.event(event_kind::notes, text); }

  // For adapters.
  machine& world() noexcept { return world_; }
  std::shared_ptr<void>& runtime_state() noexcept { return runtime_state_; }

private:
  machine& world_;
  std::shared_ptr<void> runtime_state_;
};

// Set-up that is not explored: as long as one of these lives, every choice is the dullest one, unasked.
//
//     {
//       detent::unexplored setup;
//       co_await server.start();
//     }
//
// What runs beside the set-up runs on in order, too. A region that is nested in another ends with the outer one.
class unexplored
{
public:
  unexplored() : world_(machine::current()), epoch_(world_ ? world_->epoch() : 0)
  {
    if (world_)
      world_->stop_exploring();
  }
  ~unexplored()
  {
    if (world_ && world_->epoch() == epoch_)
      world_->go_on_exploring();
  }
  unexplored(const unexplored&) = delete;
  unexplored& operator=(const unexplored&) = delete;

private:
  machine* world_;
  std::uint64_t epoch_;
};

// The running task's name in reports, instead of its path. No effect outside a simulation.
void name_task(std::string_view name);

using body = std::function<void(simulation&)>;

} // namespace detent
