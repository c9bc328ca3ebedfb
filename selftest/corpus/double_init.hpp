// A value that is loaded on first use, by two at once.
#pragma once

#include "sync.hpp"

namespace corpus {

inline task double_init(executor on, variant which)
{
  mutex loading(on);
  bool loaded = false;
  int loads = 0;
  const auto use = [&](int later) -> task {
    co_await yield(on, later);
    if (which == variant::fixed)
      co_await loading.lock();
    detent::touch(&loaded, detent::access::read);
    if (!loaded)
    {
      co_await yield(on, 2);
      detent::touch(&loads, detent::access::write);
      ++loads;
      detent::touch(&loaded, detent::access::write);
      loaded = true;
    }
    if (which == variant::fixed)
      loading.unlock();
  };
  group users(on);
  users.spawn(use(0));
  users.spawn(use(5));
  users.spawn(use(6));
  co_await users.join();
  check(loads == 1, "it was loaded twice");
}

} // namespace corpus
