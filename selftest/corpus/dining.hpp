// Philosophers who each take the left fork first. They come one after the other, so that nobody waits in the usual
// order.
#pragma once

#include "sync.hpp"

#include <deque>

namespace corpus {

inline task dining(executor on, variant which, int count)
{
  std::deque<mutex> forks;
  for (int i = 0; i < count; ++i)
    forks.emplace_back(on);
  const auto eat = [&](int i) -> task {
    int first = i;
    int second = (i + 1) % count;
    if (which == variant::fixed && second < first)
      std::swap(first, second);
    co_await forks[static_cast<std::size_t>(first)].lock();
    co_await yield(on);
    co_await forks[static_cast<std::size_t>(second)].lock();
    co_await yield(on);
    forks[static_cast<std::size_t>(second)].unlock();
    forks[static_cast<std::size_t>(first)].unlock();
  };
  group philosophers(on);
  for (int i = 0; i < count; ++i)
  {
    philosophers.spawn(eat(i));
    co_await yield(on, 2);
  }
  co_await philosophers.join();
}

} // namespace corpus
