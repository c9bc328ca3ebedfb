// All examples in one list, for the tests that go through them: the code under test and whether its result is
// right, on virtual time.
#pragma once

#include "half_line/half_line.hpp"
#include "lost_update/lost_update.hpp"
#include "missing_strand/missing_strand.hpp"
#include "queue_deadlock/queue_deadlock.hpp"
#include "queued_timeout/queued_timeout.hpp"
#include "retry_backoff/retry_backoff.hpp"
#include "semaphore_leak/semaphore_leak.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace catalogue {

namespace asio = boost::asio;

// Throws if the result is wrong.
using scenario = std::function<asio::awaitable<void>(asio::any_io_executor)>;

struct example
{
  std::string name;
  scenario broken;
  scenario fixed;
  bool exact_time = false; // checked to the nanosecond: with max_lag = 0
  bool deadlocks = false;  // the bug is a deadlock, not a wrong result
};

template <class Result, class Check>
scenario checked(asio::awaitable<Result> (*code)(asio::any_io_executor), Check is_right)
{
  return [=](asio::any_io_executor executor) -> asio::awaitable<void> {
    const Result result = co_await code(executor);
    if (!is_right(result))
      throw std::runtime_error("the result is wrong");
  };
}

template <class Result, class Check>
example pair(std::string name, asio::awaitable<Result> (*broken)(asio::any_io_executor),
    asio::awaitable<Result> (*fixed)(asio::any_io_executor), Check is_right, bool exact_time = false,
    bool deadlocks = false)
{
  return {std::move(name), checked(broken, is_right), checked(fixed, is_right), exact_time, deadlocks};
}

inline std::vector<example> all()
{
  using namespace std::chrono_literals;
  const auto is = [](auto expected) { return [expected](const auto& result) { return result == expected; }; };
  return {
      pair("half_line", &half_line::broken, &half_line::fixed, is(std::string("withdraw 30"))),
      pair("lost_update", &lost_update::broken, &lost_update::fixed, is(70)),
      pair("missing_strand", &missing_strand::broken, &missing_strand::fixed, is(std::string("<hello world>"))),
      pair("queue_deadlock", &queue_deadlock::broken, &queue_deadlock::fixed, is(10), false, true),
      pair("queued_timeout", &queued_timeout::broken, &queued_timeout::fixed, is(1)),
      pair(
          "retry_backoff", &retry_backoff::broken, &retry_backoff::fixed,
          [](const retry_backoff::durations& d) { return d.first == 30ms && d.second == 30ms; }, true),
      pair("semaphore_leak", &semaphore_leak::broken, &semaphore_leak::fixed, is(1)),
  };
}

} // namespace catalogue
