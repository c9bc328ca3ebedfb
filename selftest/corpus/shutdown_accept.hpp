// A session whose handshake ends after close_all() has gone through the list stays open. After socket.io#1862.
#pragma once

#include "sync.hpp"

#include <detent/shared.hpp>

#include <deque>

namespace corpus {

inline task shutdown_accept(executor on, variant which)
{
  struct session
  {
    bool open = true;
  };
  std::deque<session> sessions;
  detent::shared<bool> stopping = false;
  const auto accept = [&](int later) -> task {
    co_await yield(on, later);
    if (stopping)
      co_return;
    co_await yield(on, 2); // handshake
    detent::touch(&sessions, detent::access::write);
    sessions.emplace_back();
    if (which == variant::fixed && stopping)
      sessions.back().open = false;
  };
  const auto close_all = [&]() -> task {
    co_await yield(on, 5);
    stopping = true;
    co_await yield(on);
    detent::touch(&sessions, detent::access::write);
    for (session& s : sessions)
      s.open = false;
  };
  group all(on);
  all.spawn(accept(0));
  all.spawn(accept(1));
  all.spawn(close_all());
  co_await all.join();
  for (const session& s : sessions)
    check(!s.open, "a session outlives the server");
}

} // namespace corpus
