// What a real thread keeps for the simulations that run on it. The threads of the operating system that a simulation
// has made share that of the thread that runs the simulation.
#pragma once

#include <detent/threads/world.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace detent::threads {

// Who holds a mutex, which the real one cannot tell: all threads are one to it.
class owners
{
public:
  struct entry
  {
    thread* owner;
    std::uint32_t depth;
  };

  entry* find(const void* mutex)
  {
    const auto found = held_.find(mutex);
    return found == held_.end() ? nullptr : &found->second;
  }
  void take(const void* mutex, thread& by) { held_[mutex] = {&by, 1}; }
  void release(const void* mutex) { held_.erase(mutex); }

  // Those of another schedule do not count.
  void belong_to(const world& w)
  {
    if (epoch_ == w.epoch())
      return;
    held_.clear();
    epoch_ = w.epoch();
  }

private:
  std::unordered_map<const void*, entry> held_;
  std::uint64_t epoch_ = 0;
};

class home
{
public:
  // Of the calling thread. Never destroyed, since static objects may ask for it when the program ends; kept in a list,
  // so that it does not count as leaked once its thread is gone.
  static home& here()
  {
    if (!own_) [[unlikely]]
      own_ = &make();
    return *own_;
  }

  // The calling thread belongs to another one's simulation.
  static void move_in(home& other) noexcept { own_ = &other; }

  owners& held_in(const world& w)
  {
    held_.belong_to(w);
    return held_;
  }

  // Of this thread's machines: the exploration's, and the implicit one.
  std::vector<std::pair<machine*, std::unique_ptr<world>>> worlds;

  // The mutexes of a library that holds each within one step only, Asio's own: locking one is no event, and no point
  // for another thread to run. Known from their construction to their destruction.
  std::unordered_set<const void*> internal_mutexes;

  // Which pthread_once is being run, and in which schedule.
  std::unordered_map<const void*, std::uint64_t> once;

private:
  static home& make()
  {
    struct every_thread
    {
      std::atomic_flag busy; // a mutex would ask for a home
      std::vector<std::unique_ptr<home>> homes;
    };
    static auto& all = *new every_thread;
    auto made = std::make_unique<home>();
    home& own = *made;
    while (all.busy.test_and_set(std::memory_order_acquire))
    {
    }
    all.homes.push_back(std::move(made));
    all.busy.clear(std::memory_order_release);
    return own;
  }

  static inline constinit thread_local home* own_ = nullptr;

  owners held_;
};

} // namespace detent::threads
