// A lane: the ready steps of one execution context, oldest first.
//
// For adapters. A lane is created by the adapter of a context (an io_context, say), registered with
// machine::open and removed with machine::close. Its order says what may run next:
//
//   order::fifo   only the oldest step, as one thread runs them
//   order::any    any of them, as several threads do; steps stay atomic
//
// Steps that were pushed as followers stay behind the step pushed before them, also with order::any: the
// waits on one timer complete in the order in which they were made.
//
// Complexity: push O(1), removing the i-th step O(min(i, n - i)).
#pragma once

#include <detent/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace detent {

enum class order : std::uint8_t { fifo, any };

// `work` belongs to the adapter. `task` points at the task id that the adapter keeps with the work; it is
// read when the step is chosen, since a task id may still change until the step that made it has ended.
struct ready_step
{
  void* work;
  task_id* task;
  std::int64_t since;
  bool follows;
};

class ready_queue
{
public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t held() const noexcept { return held_; }

  const ready_step& operator[](std::size_t i) const noexcept { return ring_[(head_ + i) & mask_]; }

  void push(const ready_step& step)
  {
    if (size_ > mask_ || !ring_)
      grow();
    ready_step& slot = ring_[(head_ + size_) & mask_];
    slot = step;
    slot.follows = step.follows && size_ != 0;
    held_ += slot.follows;
    ++size_;
  }

  ready_step take_front() noexcept
  {
    const ready_step taken = ring_[head_];
    head_ = (head_ + 1) & mask_;
    if (--size_ != 0 && held_ != 0)
      release(0);
    return taken;
  }

  ready_step take(std::size_t i) noexcept;

  // The queue index of the i-th step that may run, with order::any.
  std::size_t free_index(std::size_t i) const noexcept;

private:
  void grow();
  ready_step& at(std::size_t i) noexcept { return ring_[(head_ + i) & mask_]; }

  void release(std::size_t i) noexcept
  {
    held_ -= at(i).follows;
    at(i).follows = false;
  }

  std::unique_ptr<ready_step[]> ring_;
  std::size_t mask_ = 0;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t held_ = 0;
};

class lane
{
public:
  explicit lane(bool one_thread) noexcept : one_thread_(one_thread) {}

  // Whether the program itself said that one thread runs this context: it is fifo in every schedule.
  bool one_thread() const noexcept { return one_thread_; }
  detent::order order() const noexcept { return order_; }
  std::uint32_t number() const noexcept { return number_; }

  std::size_t enabled() const noexcept
  {
    return order_ == order::fifo ? !ready.empty() : ready.size() - ready.held();
  }

  ready_queue ready;

private:
  friend class machine;

  detent::order order_ = order::fifo;
  bool one_thread_;
  std::uint32_t number_ = 0;
};

} // namespace detent
