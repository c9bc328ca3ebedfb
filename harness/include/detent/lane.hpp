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
// Complexity, n ready steps: push O(1) amortised, finding and removing the i-th O(1 + n / 64).
#pragma once

#include <detent/task.hpp>

#include <bit>
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

// Steps lie in slots in the order of their pushing; a bit a slot says which are still there, another which are
// held back behind the step before them. Finding the i-th is a selection among bits, without a branch that
// depends on the choice: choices are random, so such a branch would be mispredicted in every other step.
//
// Invariants: size() is the number of set bits in live_; all of them lie in [head_, tail_); a held slot is
// live, and the slot before it that is live is the step it follows.
class ready_queue
{
public:
  static constexpr std::size_t word_bits = 64;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t held() const noexcept { return held_count_; }

  const ready_step& front() const noexcept { return slots_[first()]; }

  // The slot of the i-th step that may run, with order::any; the first one's is that of the oldest.
  std::size_t slot(std::size_t i) const noexcept { return i == 0 ? first() : select(i); }
  const ready_step& at(std::size_t slot) const noexcept { return slots_[slot]; }

  void push(const ready_step& step)
  {
    if (tail_ == capacity_)
      make_room();
    slots_[tail_] = step;
    const std::uint64_t bit = std::uint64_t{1} << (tail_ % word_bits);
    live_[tail_ / word_bits] |= bit;
    if (step.follows && size_ != 0) [[unlikely]]
    {
      held_[tail_ / word_bits] |= bit;
      ++held_count_;
    }
    ++tail_;
    ++size_;
  }

  ready_step take_front() noexcept { return take(first()); }
  ready_step take(std::size_t slot) noexcept
  {
    live_[slot / word_bits] &= ~(std::uint64_t{1} << (slot % word_bits));
    const ready_step taken = slots_[slot];
    if (--size_ == 0)
      head_ = tail_ = 0;
    else if (held_count_ != 0) [[unlikely]]
      release_after(slot);
    return taken;
  }

private:
  std::size_t first() const noexcept
  {
    std::size_t word = head_ / word_bits;
    while (live_[word] == 0)
      ++word;
    return word * word_bits + static_cast<std::size_t>(std::countr_zero(live_[word]));
  }

  std::size_t select(std::size_t i) const noexcept;

  void release_after(std::size_t slot) noexcept;
  void make_room();
  void grow();

  std::unique_ptr<ready_step[]> slots_;
  std::unique_ptr<std::uint64_t[]> live_;
  std::unique_ptr<std::uint64_t[]> held_;
  std::size_t capacity_ = 0; // a multiple of word_bits
  std::size_t head_ = 0;     // no live slot lies before it
  std::size_t tail_ = 0;
  std::size_t size_ = 0;
  std::size_t held_count_ = 0;
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
