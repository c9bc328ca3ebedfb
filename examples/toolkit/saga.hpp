// Several services changed as if at once: all steps, or none that lasts.
//
//     std::vector<saga_step> steps{
//         {"reserve", reserve, release},
//         {"charge", charge, refund}};
//     co_await run_saga(steps, journal, exponential(100ms, 1min));
//
//     co_await recover_saga(steps, journal, exponential(100ms, 1min));      // after a crash, before anything else
//
// Contract
//   failure        of a step compensates it and those before it, in reverse order; then its error is thrown. The failed
//                  step too: an error does not tell whether its effect took place
//   compensation   is repeated after each of the delays until it succeeds; it does not listen to cancellations. When
//                  the delays are over its error is thrown, with the step's as cause, and the journal still knows what
//                  is left
//   idempotence    a compensation may run twice, or without its step having done anything: it must be able to
//   journal        is told before a step begins and after it was compensated. A crash anywhere leaves in it what
//                  recover_saga() needs: a saga that was not complete is compensated
//   cancellation   is a failure of the step that runs
#pragma once

#include "retry.hpp"
#include "shield.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace toolkit {

struct saga_step
{
  std::string name;
  std::function<asio::awaitable<void>()> act;
  std::function<asio::awaitable<void>()> compensate;
};

// To be kept where a crash leaves it. Each call is durable when it returns.
class saga_journal
{
public:
  virtual ~saga_journal() = default;
  virtual void begins(const std::string& step) = 0;
  virtual void compensated(const std::string& step) = 0;
  virtual void completed() = 0; // the saga: nothing is left to be compensated

  // The steps that have begun and were not compensated, oldest first; none of a saga that is complete.
  virtual std::vector<std::string> pending() const = 0;
};

template <class Delays>
asio::awaitable<void> compensate_saga(const std::vector<saga_step>& steps, saga_journal& journal, Delays delays)
{
  std::vector<std::string> begun = journal.pending();
  for (auto name = begun.rbegin(); name != begun.rend(); ++name)
  {
    const auto step = std::ranges::find(steps, *name, &saga_step::name);
    if (step == steps.end())
      throw std::logic_error("the saga has no step " + *name + ", which its journal knows");
    const auto attempt = [&step](int) { return step->compensate(); };
    co_await retry(idempotent(attempt), delays);
    journal.compensated(*name);
  }
}

template <class Delays>
asio::awaitable<void> recover_saga(const std::vector<saga_step>& steps, saga_journal& journal, Delays delays)
{
  co_await shield(compensate_saga(steps, journal, delays));
}

template <class Delays>
asio::awaitable<void> run_saga(const std::vector<saga_step>& steps, saga_journal& journal, Delays delays)
{
  std::exception_ptr error;
  try
  {
    for (const saga_step& step : steps)
    {
      journal.begins(step.name);
      co_await step.act();
    }
    journal.completed();
    co_return;
  }
  catch (...)
  {
    error = std::current_exception();
  }
  std::exception_ptr left;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false); // else a cancelled caller would not even begin
  try
  {
    co_await shield(compensate_saga(steps, journal, delays));
  }
  catch (...)
  {
    left = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (left)
    throw_chained(left, {error});
  std::rethrow_exception(error);
}

} // namespace toolkit
