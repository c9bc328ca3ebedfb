// What surrounds a call to another service, in the order that works.
//
//     pipeline calls(executor, {.at_once = 20, .waiting = 100, .limit = 200ms, .breaker = {}});
//     reply r = co_await calls.run(idempotent([&](int attempt) { return server.call(request, attempt); }), delays);
//
// From the outside in: a bulkhead (at most so many at once, and so many that wait), a circuit breaker, retries, and a
// time limit for each attempt.
//
//   bulkhead   outermost: a slow service may use up its own places, and nobody else's; a call that is refused for want
//              of room has cost nothing, and says nothing about the service
//   breaker    around the retries: it counts calls as their users see them. Inside, a retry would find it open and wait
//              for nothing
//   timeout    innermost: each attempt has its own. Around the retries, the first slow attempt would use up the time of
//              all
//
// Contract
//   full           bulkhead_full is thrown at once, when all places are taken and as many wait as may
//   cancellation   reaches the attempt that runs, or ends the wait
#pragma once

#include "circuit_breaker.hpp"
#include "limiter.hpp"
#include "retry.hpp"
#include "timeout.hpp"

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace toolkit {

struct bulkhead_full : std::runtime_error
{
  bulkhead_full() : std::runtime_error("the bulkhead is full: not called") {}
};

class bulkhead
{
public:
  bulkhead(asio::any_io_executor executor, std::size_t at_once, std::size_t waiting)
    : places_(std::move(executor), at_once), most_(at_once), waiting_(waiting)
  {
  }

  template <class Operation> std::invoke_result_t<Operation&> run(Operation operation)
  {
    if (places_.active() >= most_ && places_.pending() >= waiting_)
      throw bulkhead_full();
    co_return co_await places_.run(std::move(operation));
  }

  std::size_t active() const noexcept { return places_.active(); }
  std::size_t pending() const noexcept { return places_.pending(); }

private:
  limiter places_;
  std::size_t most_;
  std::size_t waiting_;
};

struct pipeline_options
{
  std::size_t at_once = 20;
  std::size_t waiting = 100;
  std::chrono::steady_clock::duration limit = std::chrono::seconds(1); // of one attempt
  breaker_options breaker = {};
};

class pipeline
{
public:
  pipeline(asio::any_io_executor executor, pipeline_options how)
    : places_(std::move(executor), how.at_once, how.waiting), breaker_(std::move(how.breaker)), limit_(how.limit)
  {
  }

  template <class Call, class Delays, class Transient = any_error>
  auto run(idempotent_call<Call> operation, Delays delays, Transient transient = {}) -> std::invoke_result_t<Call&, int>
  {
    const auto attempt = [this, &operation](int number) { return timeout(operation.call(number), limit_); };
    const auto attempts = [&] { return retry(idempotent(attempt), delays, transient); };
    const auto guarded = [&] { return breaker_.run(attempts); };
    co_return co_await places_.run(guarded);
  }

  bulkhead& places() noexcept { return places_; }
  circuit_breaker& breaker() noexcept { return breaker_; }

private:
  bulkhead places_;
  circuit_breaker breaker_;
  std::chrono::steady_clock::duration limit_;
};

} // namespace toolkit
