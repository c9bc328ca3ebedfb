// A value for each real thread that is never destroyed, since static objects may ask for it when the program ends. Kept
// in a list, so that it does not count as leaked once its thread is gone.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace detent::threads {

template <class T> T& real_thread_local()
{
  struct every_thread
  {
    std::atomic_flag busy; // a mutex would ask for such a value
    std::vector<std::unique_ptr<T>> values;
  };
  static auto& all = *new every_thread;
  thread_local T* own = nullptr;
  if (!own)
  {
    auto made = std::make_unique<T>();
    own = made.get();
    while (all.busy.test_and_set(std::memory_order_acquire))
    {
    }
    all.values.push_back(std::move(made));
    all.busy.clear(std::memory_order_release);
  }
  return *own;
}

} // namespace detent::threads
