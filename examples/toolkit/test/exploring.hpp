// How the toolkit's parts are explored: what each part's test has in common.
#pragma once

#include "toolkit/child.hpp"
#include "toolkit/error_chain.hpp"

#include <detent/catch2.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// 10,000 schedules of the default strategy, and every operation has to have ended.
inline const detent::options thorough = [] {
  detent::options how;
  how.schedules = 10'000;
  how.leaks = true;
  return how;
}();

// All schedules, of what is small enough, on an exact clock. Nothing here is declared to Detent, so no two orders are
// taken for one.
inline const detent::options exhaustive = [] {
  detent::options how;
  how.schedules = 3'000'000;
  how.time = 60s;
  how.strategy = "depth_first";
  how.max_lag = 0ns;
  how.leaks = true;
  return how;
}();

// One thread and an idle machine: what happens at which millisecond.
inline const detent::options exact = [] {
  detent::options how;
  how.order = detent::ordering::fifo;
  how.max_lag = 0ns;
  how.leaks = true;
  return how;
}();

inline asio::awaitable<void> sleep_for(std::chrono::nanoseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

// Another task may run.
inline asio::awaitable<void> give_way() { return sleep_for(0ns); }

inline std::chrono::nanoseconds since(std::chrono::steady_clock::time_point start)
{
  return std::chrono::steady_clock::now() - start;
}

inline void require(bool condition, const char* what)
{
  if (!condition)
    throw std::runtime_error(what);
}

// Counts those inside.
struct inside
{
  explicit inside(int& in) : count(in) { ++count; }
  ~inside() { --count; }
  inside(const inside&) = delete;
  int& count;
};

// What explain() says of its error; "none" without one.
template <class T> asio::awaitable<std::string> failure_of(asio::awaitable<T> operation)
{
  const auto result = co_await toolkit::outcome_of(std::move(operation));
  co_return result ? "none" : toolkit::explain(result.error());
}

template <class T, class... Operations> std::vector<asio::awaitable<T>> list_of(Operations... operations)
{
  std::vector<asio::awaitable<T>> all;
  (all.push_back(std::move(operations)), ...);
  return all;
}

// A task of its own, which can be cancelled and may outlive this. What it throws is kept, for those who ask.
class task
{
public:
  task(const asio::any_io_executor& executor, asio::awaitable<void> body)
    : running_(toolkit::child<void>::start(executor, std::move(body)))
  {
  }
  void cancel() { running_->cancel(); }
  bool ended() const { return running_->ended(); }
  bool failed() const { return ended() && running_->result.error(); }

  // "" for none.
  std::string error() const
  {
    if (!failed())
      return "";
    return toolkit::is_cancellation(running_->result.error()) ? "aborted" : toolkit::what_of(running_->result.error());
  }

private:
  std::shared_ptr<toolkit::child<void>> running_;
};

// Keeps an object until all that was left on its context has been destroyed: what lies on a coroutine's stack may refer
// to it.
template <class T> class kept_by_context : public asio::execution_context::service
{
public:
  static inline asio::execution_context::id id;

  template <class Argument>
  kept_by_context(asio::execution_context& context, Argument argument)
    : asio::execution_context::service(context), object(std::move(argument))
  {
  }
  void shutdown() noexcept override {}

  T object;
};

// Gives a scenario up after each of its steps in turn: once it is cancelled there and has to end, once its context is
// destroyed. The scenario is made anew each time; it is an object with run(), a coroutine, and check(), which throws.
template <class Scenario> void abandon_everywhere()
{
  for (const bool destroys : {false, true})
  {
    bool was_over = false;
    for (std::size_t steps = 0; !was_over; ++steps)
    {
      detent::options how;
      how.leaks = !destroys;
      const detent::result r = detent::simulate(how, [&](detent::simulation& sim) {
        asio::steady_timer first(sim.executor()); // timers outlive what is kept
        auto* const kept = new kept_by_context<Scenario>(sim.context(), sim.executor());
        asio::add_service(sim.context(), kept);
        Scenario& scenario = kept->object;
        task main(sim.executor(), scenario.run());
        for (std::size_t i = 0; i < steps && !main.ended(); ++i)
          sim.context().run_one();
        was_over = main.ended();
        if (destroys)
          return;
        main.cancel();
        sim.context().run();
        require(main.ended(), "what was cancelled goes on");
        scenario.check();
      });
      INFO("abandoned after step " << steps << (destroys ? ", destroyed" : ", cancelled"));
      INFO(r.report);
      REQUIRE(r.passed());
    }
  }
}

// Crashes a program after each of its steps in turn, and lets the next one begin with what lasts, a Lasting made of the
// arguments. Begin gives the coroutine that crashes; recover has to end, and judges what is left. How often it crashed.
template <class Lasting, class Begin, class Recover, class... Arguments>
std::size_t crash_everywhere(Begin begin, Recover recover, const Arguments&... arguments)
{
  bool was_over = false;
  std::size_t steps = 0;
  for (; !was_over; ++steps)
  {
    Lasting lasting(arguments...);
    const detent::result first = detent::simulate([&](detent::simulation& sim) {
      asio::steady_timer timers_outlive_what_is_kept(sim.executor());
      task main(sim.executor(), begin(sim, lasting));
      for (std::size_t i = 0; i < steps && !main.ended(); ++i)
        sim.context().run_one();
      was_over = main.ended();
    });
    const detent::result second = detent::simulate([&](detent::simulation& sim) { recover(sim, lasting); });
    INFO("crashed after step " << steps);
    INFO(first.report << second.report);
    REQUIRE(first.passed());
    REQUIRE(second.passed());
  }
  return steps;
}

// A scenario in all its schedules, which have to come to an end.
template <class Scenario> void in_every_order()
{
  const detent::result r = detent::explore(exhaustive, [](detent::simulation& sim) -> asio::awaitable<void> {
    Scenario scenario(sim.executor());
    co_await scenario.run();
    scenario.check();
  });
  INFO(r.report);
  REQUIRE(r.passed());
  const auto is_set = [](const char* name) { return std::getenv(name) != nullptr; };
  if (!is_set("DETENT_SCHEDULES") && !is_set("DETENT_STRATEGY") && !is_set("DETENT_TIME") && !is_set("DETENT_REPLAY"))
    REQUIRE(r.coverage == detent::coverage::complete);
}
