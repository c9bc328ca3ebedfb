// Two variables that are set one after the other by many, and looked at by one. After reorder_N of SCTBench.
#pragma once

#include "sync.hpp"

#include <detent/shared.hpp>

namespace corpus {

inline task reorder(executor on, variant which, int setters)
{
  detent::shared<int> a = 0;
  detent::shared<int> b = 0;
  const auto set = [&]() -> task {
    a = 1;
    if (which == variant::broken)
      co_await yield(on);
    b = -1;
    co_await yield(on);
  };
  const auto look = [&]() -> task {
    co_await yield(on, 3);
    check((a == 0 && b == 0) || (a == 1 && b == -1), "one variable was set and the other not");
  };
  group all(on);
  for (int i = 0; i < setters; ++i)
    all.spawn(set());
  all.spawn(look());
  co_await all.join();
}

} // namespace corpus
