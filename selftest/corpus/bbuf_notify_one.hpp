// A bounded buffer with one condition for both sides: notify_one wakes the wrong one.
#pragma once

#include "sync.hpp"

namespace corpus {

inline task bbuf_notify_one(executor on, variant which)
{
  condition changed(on);
  int items = 0;
  const auto notify = [&] {
    if (which == variant::fixed)
      changed.notify_all();
    else
      changed.notify_one();
  };
  const auto produce = [&]() -> task {
    co_await yield(on);
    detent::touch(&items, detent::access::write);
    while (items == 1)
    {
      co_await changed.wait();
      detent::touch(&items, detent::access::write);
    }
    ++items;
    notify();
  };
  const auto consume = [&]() -> task {
    co_await yield(on);
    detent::touch(&items, detent::access::write);
    while (items == 0)
    {
      co_await changed.wait();
      detent::touch(&items, detent::access::write);
    }
    --items;
    notify();
  };
  group all(on);
  all.spawn(produce());
  all.spawn(produce());
  all.spawn(consume());
  all.spawn(consume());
  co_await all.join();
}

} // namespace corpus
