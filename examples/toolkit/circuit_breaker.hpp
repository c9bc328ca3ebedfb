// Stops calling what fails, and finds out when it works again.
//
//     circuit_breaker breaker({.failure_rate = 0.5, .window = 20, .open_for = 30s});
//     reply r = co_await breaker.run([&] { return server.call(); });     // or throws circuit_open, at once
//
//   closed      calls pass. When of the last `window` ones at least `failure_rate` failed (and `least_calls` are known)
//               it opens
//   open        calls fail at once, for `open_for`
//   half_open   the first `probes` calls pass, all others fail at once. When as many have succeeded it closes; the
//               first that fails opens it again
//
// Contract
//   what counts   an error for which is_failure(error) is true; by default any but a cancellation. A call that was
//                 cancelled tells nothing: it is neither, and a probe's place is free again
//   late results  of a call that began before the last change of state are not counted
//   on_change     is called after each change, with the new state; it must not throw
#pragma once

#include "outcome.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace toolkit {

enum class circuit : std::uint8_t
{
  closed,
  open,
  half_open
};

struct circuit_open : std::runtime_error
{
  circuit_open() : std::runtime_error("the circuit is open: not called") {}
};

struct breaker_options
{
  double failure_rate = 0.5;
  std::size_t window = 20;
  std::size_t least_calls = 10;
  std::chrono::steady_clock::duration open_for = std::chrono::seconds(30);
  std::size_t probes = 1;
  std::function<bool(const std::exception_ptr&)> is_failure = [](const std::exception_ptr&) { return true; };
  std::function<void(circuit)> on_change = [](circuit) {};
};

class circuit_breaker
{
public:
  using clock = std::chrono::steady_clock;

  explicit circuit_breaker(breaker_options options) : options_(std::move(options)) {}
  circuit_breaker(const circuit_breaker&) = delete;
  circuit_breaker& operator=(const circuit_breaker&) = delete;

  template <class Operation> std::invoke_result_t<Operation&> run(Operation operation)
  {
    if (state() == circuit::open || (state_ == circuit::half_open && probing_ + succeeded_ >= options_.probes))
      throw circuit_open();
    attempt call(*this);
    auto result = co_await outcome_of(operation());
    if (!is_cancellation(result.error()))
      call.ends(result || !options_.is_failure(result.error()));
    co_return result.get();
  }

  // As it is now: an open circuit becomes half-open when its time is over.
  circuit state()
  {
    if (state_ == circuit::open && clock::now() >= changed_ + options_.open_for)
      become(circuit::half_open);
    return state_;
  }

private:
  // A call that passes; one that ends without a result was cancelled.
  class attempt
  {
  public:
    explicit attempt(circuit_breaker& of) : of_(of), change_(of.changes_), probes_(of.state_ == circuit::half_open)
    {
      of_.probing_ += probes_;
    }
    ~attempt()
    {
      if (probes_ && change_ == of_.changes_)
        --of_.probing_;
    }
    attempt(const attempt&) = delete;

    void ends(bool well)
    {
      if (change_ != of_.changes_)
        return;
      if (probes_)
        of_.count_probe(well);
      else
        of_.count(well);
    }

  private:
    circuit_breaker& of_;
    std::uint64_t change_;
    bool probes_;
  };

  void become(circuit next)
  {
    state_ = next;
    ++changes_;
    probing_ = succeeded_ = failures_ = 0;
    last_.clear();
    changed_ = clock::now();
    options_.on_change(next);
  }

  void count(bool well)
  {
    last_.push_back(well);
    failures_ += !well;
    if (last_.size() > options_.window)
    {
      failures_ -= !last_.front();
      last_.pop_front();
    }
    const auto known = static_cast<double>(last_.size());
    if (last_.size() >= options_.least_calls && static_cast<double>(failures_) >= options_.failure_rate * known)
      become(circuit::open);
  }

  void count_probe(bool well)
  {
    if (!well)
      become(circuit::open);
    else if (++succeeded_ == options_.probes)
      become(circuit::closed);
  }

  breaker_options options_;
  circuit state_ = circuit::closed;
  clock::time_point changed_{};
  std::uint64_t changes_ = 0;
  std::deque<bool> last_;
  std::size_t failures_ = 0;
  std::size_t probing_ = 0;
  std::size_t succeeded_ = 0;
};

} // namespace toolkit
