// A lane: the ready steps of one execution context, oldest first.
//
// For adapters. A lane is created by the adapter of a context (an io_context, say), and registered
// with machine::open. Its order says what may run next:
//
//   order::fifo   only the oldest step, as one thread runs them
//   order::any    any of them, as several threads do; steps stay atomic
//
// Steps that were pushed as followers stay behind the step pushed before them, also with order::any: the
// waits on one timer complete in the order in which they were made.
//
// Complexity, n ready steps: O(log n) for pushing (amortised), finding and removing the i-th.
#pragma once

#include <detent/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace detent {

enum class order : std::uint8_t
{
  fifo,
  any
};

// `work` belongs to the adapter. `task` points at the task id that the adapter keeps with the work; it is
// read when the step is chosen, since a task id may still change until the step that made it has ended.
struct ready_step
{
  void* work;
  task_id* task;
  std::int64_t since;
  std::uint32_t arrival; // steps become ready in this order: 1 for a schedule's first
  std::uint32_t waker;   // the number of events before it became ready, so its cause is the last of them
};

// The queue of a lane. Choices are random, so that a branch or a loop that depends on one is mispredicted in
// every other step; both representations find and remove the i-th step without.
//
//   small   at most 16 steps: a permutation of 16 slots in one word, four bits a place. The first size()
//           places are the steps in order of age, the rest are free slots. Removing the i-th moves the places
//           after it down and its slot to the end.
//   large   slots in order of age, and a bit for each that is still there. The i-th is found by selection
//           among bits, in the word that partial sums over words lead to.
//
// A queue becomes large with its 17th step, and small again when it is empty.
//
// Invariants: live_ has size() bits set, all below tail_, in a large queue; a held slot is live, and the live
// slot before it is the step it follows; sums_ are those of the live slots that are not held.
class ready_queue
{
public:
  // Where a step is; valid until the next push or take.
  struct place
  {
    std::size_t slot;
    std::size_t rank; // in a small queue
  };

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t held() const noexcept { return held_count_; }

  const ready_step& front() const noexcept { return slots_[find(0).slot]; }

  // The i-th step that may run, with order::any; the first is the oldest of all.
  [[gnu::always_inline]] place find(std::size_t i) const noexcept
  {
    return easy_ != 0 ? place{slot_of_rank(i), i} : find_slowly(i);
  }

  const ready_step& at(place p) const noexcept { return slots_[p.slot]; }

  static constexpr std::size_t absent = ~std::size_t{0};

  // The inverse: which of the steps that may run has this arrival number.
  std::size_t rank_of(std::uint32_t arrival) const noexcept;

  [[gnu::always_inline]] void push(const ready_step& step, bool follows = false)
  {
    const std::size_t slot = size_ < easy_ ? slot_of_rank(size_) : push_slowly();
    slots_[slot] = step;
    if (follows && size_ != 0) [[unlikely]]
      hold(slot);
    ++size_;
  }

  // `waker` becomes the cause of the follower that this releases, if any.
  [[gnu::always_inline]] void remove(place p, std::uint32_t waker = 0) noexcept
  {
    if (easy_ == 0) [[unlikely]]
    {
      remove_slowly(p, waker);
      return;
    }
    --size_;
    free_small(p.slot, p.rank);
  }

  // find() and remove() in one. What is returned is valid until the next push.
  [[gnu::always_inline]] const ready_step& remove_at(std::size_t i) noexcept
  {
    const place p = find(i);
    remove(p);
    return slots_[p.slot];
  }

  ready_step take(place p) noexcept
  {
    const ready_step taken = slots_[p.slot];
    remove(p);
    return taken;
  }

  ready_step take_front() noexcept { return take(find(0)); }

private:
  static constexpr std::size_t small_size = 16;
  static constexpr std::size_t word_bits = 64;

  std::size_t slot_of_rank(std::size_t rank) const noexcept { return (order_ >> (rank * 4)) & 15; }

  [[gnu::always_inline]] void free_small(std::size_t slot, std::size_t rank) noexcept
  {
    const std::size_t shift = rank * 4;
    const std::uint64_t before = order_ & ((std::uint64_t{1} << shift) - 1);
    const std::uint64_t after = (order_ >> shift >> 4) << shift;
    order_ = before | after | (std::uint64_t{slot} << 60);
  }

  place find_slowly(std::size_t i) const noexcept;
  void remove_slowly(place p, std::uint32_t waker) noexcept;
  void see_whether_easy() noexcept { easy_ = small_ && held_count_ == 0 && capacity_ != 0 ? small_size : 0; }
  std::size_t push_slowly();
  void take_large(std::size_t slot) noexcept;
  void hold(std::size_t slot) noexcept;
  void release_after(place p, std::uint32_t waker) noexcept;
  void release(std::size_t slot, std::uint32_t waker) noexcept;
  void become_large();
  void count(std::size_t word, std::uint32_t more) noexcept;
  void count_all() noexcept;
  void make_room();
  void grow();

  std::unique_ptr<ready_step[]> slots_;
  std::uint64_t order_ = 0xfedcba9876543210;
  std::size_t size_ = 0;
  std::size_t held_count_ = 0;
  std::size_t easy_ = 0; // small_size if it is small, has memory, and holds nothing back, else 0
  bool small_ = true;
  std::unique_ptr<std::uint64_t[]> live_;
  std::unique_ptr<std::uint64_t[]> held_;
  // Partial sums: the i-th, from 1, counts the words up to i, as many as i's lowest bit says. Source: Fenwick, "A new
  // data structure for cumulative frequency tables" (1994).
  std::unique_ptr<std::uint32_t[]> sums_;
  std::size_t capacity_ = 0; // words are a power of two
  std::size_t tail_ = 0;
};

class lane
{
public:
  explicit lane(bool one_thread) noexcept : one_thread_(one_thread) {}

  // Whether the program itself said that one thread runs this context: it is fifo in every schedule.
  bool one_thread() const noexcept { return one_thread_; }
  detent::order order() const noexcept { return order_; }
  std::uint32_t number() const noexcept { return number_; }

  std::size_t enabled() const noexcept { return order_ == order::fifo ? !ready.empty() : ready.size() - ready.held(); }

  ready_queue ready;

private:
  friend class machine;

  detent::order order_ = order::fifo;
  bool one_thread_;
  std::uint32_t number_ = 0;
};

} // namespace detent
