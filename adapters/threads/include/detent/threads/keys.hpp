// What pthread_setspecific keeps, of one fiber. (A thread of the operating system has libc's own.)
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <limits.h>
#include <pthread.h>

namespace detent::threads {

class specific_values
{
public:
  using destructor = void (*)(void*);

  static bool keeps(pthread_key_t key) noexcept { return key < keys.size() && keys[key].made; }

  void* get(pthread_key_t key) const noexcept { return key < values_.size() ? values_[key] : nullptr; }

  void set(pthread_key_t key, const void* value)
  {
    if (key >= values_.size())
      values_.resize(key + 1);
    values_[key] = const_cast<void*>(value);
  }

  // The thread ends: as often as libc would, since destructors may set values again.
  void destroy()
  {
    for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; ++round)
      for (std::size_t key = 0; key < values_.size(); ++key)
        if (void* const value = values_[key])
        {
          values_[key] = nullptr;
          if (keys[key].at_end)
            keys[key].at_end(value);
        }
    values_.clear();
  }

  // Without destructors: the thread was abandoned.
  void forget() noexcept { values_.clear(); }

  static void made(pthread_key_t key, destructor at_end) noexcept
  {
    if (key < keys.size())
      keys[key] = {true, at_end};
  }

private:
  struct known
  {
    bool made;
    destructor at_end;
  };

  static inline constinit std::array<known, PTHREAD_KEYS_MAX> keys{};

  std::vector<void*> values_;
};

} // namespace detent::threads
