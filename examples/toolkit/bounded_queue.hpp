// A queue between tasks that does not grow without end.
//
//     bounded_queue<job> jobs(executor, 100);
//     co_await jobs.push(next);                        // waits while the queue is full: backpressure
//     std::optional<job> one = co_await jobs.pop();    // nothing when it is closed and empty
//
// Contract
//   overflow       what push() does with a full queue:
//                    block         waits for room; who waits longest pushes first
//                    drop_newest   drops what is pushed
//                    drop_oldest   drops what is next to be popped
//                    keep_latest   drops all that is queued
//                    fail          throws queue_full
//                    on_demand     waits until request() asks for more: as in Reactive Streams, never more is pushed
//                                  than was asked for. The capacity is not used
//                  What is dropped is counted
//   order          first in, first out, for one producer
//   close()        ends pop() with nothing once the queue is empty, and push() with queue_closed: also those that wait
//   cancellation   of push(): it threw, and the value is not in the queue; of pop(): no value was taken. What happens
//                  at one instant happens in some order, so a value may be taken although a cancellation was on its way
//   try_push       false where push() would wait or throw
#pragma once

#include "wait_list.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace toolkit {

enum class overflow : std::uint8_t
{
  block,
  drop_newest,
  drop_oldest,
  keep_latest,
  fail,
  on_demand
};

struct queue_closed : std::runtime_error
{
  queue_closed() : std::runtime_error("the queue is closed") {}
};
struct queue_full : std::runtime_error
{
  queue_full() : std::runtime_error("the queue is full") {}
};

template <class T> class bounded_queue
{
public:
  bounded_queue(asio::any_io_executor executor, std::size_t capacity, overflow policy = overflow::block)
    : room_(policy == overflow::on_demand ? 0 : capacity), policy_(policy), producers_(executor), consumers_(executor)
  {
    if (capacity == 0 && policy != overflow::on_demand)
      throw std::invalid_argument("a bounded_queue of capacity 0 holds nothing");
  }

  asio::awaitable<void> push(T value)
  {
    if (closed_)
      throw queue_closed();
    if (room_ != 0)
      --room_;
    else if (policy_ == overflow::fail)
      throw queue_full();
    else if (policy_ == overflow::block || policy_ == overflow::on_demand)
    {
      co_await producers_.wait(); // who wakes it leaves it the room, so that nobody overtakes
      if (closed_)
        throw queue_closed();
    }
    else if (!drop())
      co_return;
    put(std::move(value));
  }

  bool try_push(T value)
  {
    if (closed_ || room_ == 0)
      return false;
    --room_;
    put(std::move(value));
    return true;
  }

  asio::awaitable<std::optional<T>> pop()
  {
    if (values_.size() <= promised_ && closed_)
      co_return std::nullopt;
    if (values_.size() <= promised_)
      do
      {
        co_await consumers_.wait();
        --promised_;
      } while (values_.empty() && !closed_);
    if (values_.empty())
      co_return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    if (policy_ != overflow::on_demand)
      make_room();
    co_return value;
  }

  // The consumer takes so many more.
  void request(std::size_t more)
  {
    for (std::size_t i = 0; i < more; ++i)
      make_room();
  }

  void close()
  {
    closed_ = true;
    promised_ += consumers_.size();
    consumers_.wake_all();
    producers_.wake_all();
  }

  bool closed() const noexcept { return closed_; }
  std::size_t size() const noexcept { return values_.size(); }
  std::uint64_t dropped() const noexcept { return dropped_; }

private:
  void put(T value)
  {
    values_.push_back(std::move(value));
    if (consumers_.wake_one())
      ++promised_;
  }

  void make_room()
  {
    if (!producers_.wake_one())
      ++room_;
  }

  // Whether there is room now.
  bool drop()
  {
    if (policy_ == overflow::drop_newest)
    {
      ++dropped_;
      return false;
    }
    const std::size_t count = policy_ == overflow::drop_oldest ? 1 : values_.size();
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(count));
    dropped_ += count;
    room_ += count - 1;
    return true;
  }

  std::size_t room_;         // that nobody has been promised
  std::size_t promised_ = 0; // values, to consumers that have been woken and not run yet
  overflow policy_;
  bool closed_ = false;
  std::uint64_t dropped_ = 0;
  std::deque<T> values_;
  wait_list producers_;
  wait_list consumers_;
};

} // namespace toolkit
