// A gauge counts something that a test wants bounds on: operations in flight, items in a queue.
//
//     detent::gauge in_flight;
//     auto call = [&]() -> asio::awaitable<void> {
//       const auto counted = in_flight.hold();          // one more, until it goes out of scope
//       co_await request();
//     };
//     ...
//     REQUIRE(in_flight.most() == 2);
//     REQUIRE(in_flight.current() == 0);
//
// history() has a sample for each change, with its virtual time: several of one instant in the order in which they were
// made. Time is that of the running simulation; outside any, it is 0. A gauge belongs to one thread, and outlives its
// holds. Whether calls ran side by side is a matter of the clock: three that take 10 ms each take 10 ms together, and
// simulation::elapsed() says so to the nanosecond.
#pragma once

#include <detent/machine.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace detent {

class gauge
{
public:
  struct sample
  {
    std::chrono::nanoseconds at;
    std::int64_t value;
  };

  class hold_type
  {
  public:
    explicit hold_type(gauge& of) noexcept : of_(&of) {}
    hold_type(hold_type&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    hold_type& operator=(hold_type&&) = delete;
    ~hold_type()
    {
      if (of_)
        of_->add(-1);
    }

  private:
    gauge* of_;
  };

  gauge() = default;
  gauge(const gauge&) = delete;
  gauge& operator=(const gauge&) = delete;

  [[nodiscard]] hold_type hold()
  {
    add(1);
    return hold_type(*this);
  }

  void add(std::int64_t change) { set(current_ + change); }

  void set(std::int64_t value)
  {
    const machine* world = machine::current();
    current_ = value;
    most_ = std::max(most_, value);
    history_.push_back({std::chrono::nanoseconds(world ? world->now() : 0), value});
  }

  std::int64_t current() const noexcept { return current_; }
  std::int64_t most() const noexcept { return most_; }
  std::span<const sample> history() const noexcept { return history_; }

private:
  std::int64_t current_ = 0;
  std::int64_t most_ = 0;
  std::vector<sample> history_;
};

} // namespace detent
