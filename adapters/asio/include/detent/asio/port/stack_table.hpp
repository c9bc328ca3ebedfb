// What is known of coroutine stacks: whose task each is, and who awaits it.
#pragma once

#include <detent/task.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace detent::asio_port {
namespace {

// The coroutine stacks of one schedule, by the address that identifies them. Entries of earlier schedules
// count as absent, so that starting a schedule costs nothing.
class stack_table
{
public:
  enum class phase : std::uint32_t
  {
    started,
    awaited,
    ended
  };

  struct entry
  {
    const void* stack;
    std::uint64_t epoch;
    task_id task;
    phase at;
    const void* cancellation; // an address in its state, null if nothing can cancel it
    const void* outer;        // the stack that awaits this one
  };

  stack_table() : slots_(256) {}

  entry* find(const void* stack, std::uint64_t epoch) noexcept
  {
    entry& slot = slot_of(stack, epoch);
    return slot.epoch == epoch ? &slot : nullptr;
  }

  entry& insert(const void* stack, std::uint64_t epoch)
  {
    if (epoch != epoch_)
    {
      epoch_ = epoch;
      used_ = 0;
    }
    if (++used_ * 2 > slots_.size())
      grow();
    entry& slot = slot_of(stack, epoch);
    slot = entry{stack, epoch, main_task, phase::started, nullptr, nullptr};
    return slot;
  }

private:
  entry& slot_of(const void* stack, std::uint64_t epoch) noexcept
  {
    std::size_t i = (reinterpret_cast<std::uintptr_t>(stack) * 0x9e3779b97f4a7c15u) >> 20;
    for (;; ++i)
    {
      entry& slot = slots_[i & (slots_.size() - 1)];
      if (slot.epoch != epoch || slot.stack == stack)
        return slot;
    }
  }

  void grow()
  {
    std::vector<entry> old(slots_.size() * 2);
    old.swap(slots_);
    for (const entry& e : old)
      if (e.epoch == epoch_)
        slot_of(e.stack, epoch_) = e;
  }

  std::vector<entry> slots_;
  std::uint64_t epoch_ = 0;
  std::size_t used_ = 0;
};

} // namespace
} // namespace detent::asio_port
