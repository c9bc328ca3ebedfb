// Detent for Boost.Asio: coroutine bodies, sim.context() and sim.executor().
//
//     #include <detent/asio.hpp>
//
//     detent::result r = detent::explore([](detent::simulation& sim) -> asio::awaitable<void> {
//       co_await code_under_test(sim.executor());
//     });
//
// The body is spawned on sim.context() as task "main" and resumes there. A lambda's captures live until the
// schedule has ended. What it co_spawns detached goes on beside it, and ends with it.
#pragma once

#include <detent/explore.hpp>
#include <detent/outcomes.hpp>
#include <detent/simulation.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace detent {

namespace asio_port {

// With options::leaks: nothing may be outstanding any more.
void check_leaks(boost::asio::io_context& context);

} // namespace asio_port

struct runtime
{
  static boost::asio::io_context& context(simulation& sim)
  {
    std::shared_ptr<void>& state = sim.runtime_state();
    if (!state)
      state = std::make_shared<boost::asio::io_context>();
    return *static_cast<boost::asio::io_context*>(state.get());
  }

  static boost::asio::io_context::executor_type executor(simulation& sim) { return context(sim).get_executor(); }
};

template <class F>
concept coroutine_body = std::same_as<std::invoke_result_t<F&, simulation&>, boost::asio::awaitable<void>>;

// The plain form of a coroutine body.
template <coroutine_body F> body as_body(F coroutine)
{
  return [coroutine = std::move(coroutine)](simulation& sim) mutable {
    boost::asio::io_context& context = sim.context();
    std::exception_ptr error;
    sim.world().next_belongs_to(main_task);
    boost::asio::co_spawn(
        context, [&]() { return coroutine(sim); },
        [&](std::exception_ptr e) {
          error = e;
          sim.world().stop_clock();
          context.stop();
        });
    run_to_end(sim.world(), [&] { context.run(); });
    if (error)
      std::rethrow_exception(error);
    context.restart();
    run_to_end(sim.world(), [&] { context.poll(); });
    asio_port::check_leaks(context);
  };
}

template <coroutine_body F> result explore(const options& how, F coroutine)
{
  return explore(how, as_body(std::move(coroutine)));
}

template <coroutine_body F> result replay(std::string_view token_or_pin, const options& how, F coroutine)
{
  return replay(token_or_pin, how, as_body(std::move(coroutine)));
}

// The coroutine returns its result as text: awaitable<std::string>.
template <class F>
requires std::same_as<std::invoke_result_t<F&, simulation&>, boost::asio::awaitable<std::string>> outcome_list outcomes(
    const options& how, F coroutine)
{
  return outcomes(how, valued_body([coroutine = std::move(coroutine)](simulation& sim) mutable {
    std::string value;
    const auto run = [&](simulation& s) -> boost::asio::awaitable<void> { value = co_await coroutine(s); };
    as_body(run)(sim);
    return value;
  }));
}

template <coroutine_body F> result explore(F coroutine) { return explore(options{}, as_body(std::move(coroutine))); }

template <coroutine_body F> result simulate(const options& how, F coroutine)
{
  return simulate(how, as_body(std::move(coroutine)));
}

template <coroutine_body F> result simulate(F coroutine) { return simulate(options{}, as_body(std::move(coroutine))); }

} // namespace detent
