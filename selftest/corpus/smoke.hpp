// Programs that almost any schedule but the dullest breaks: they show that a strategy works at all.
#pragma once

#include "sync.hpp"

#include <detent/shared.hpp>

#include <set>
#include <string>

namespace corpus {

// Read, suspend, write.
inline task lost_update(executor on, variant which)
{
  detent::shared<int> balance = 100;
  mutex account(on);
  const auto withdraw = [&](int later, int amount) -> task {
    co_await yield(on, later);
    if (which == variant::fixed)
      co_await account.lock();
    const int seen = balance;
    co_await yield(on);
    balance = seen - amount;
    if (which == variant::fixed)
      account.unlock();
  };
  group both(on);
  both.spawn(withdraw(0, 10));
  both.spawn(withdraw(3, 20));
  co_await both.join();
  check(balance == 70, "a withdrawal was lost");
}

// A port that was free when it was probed. After get-port#23.
inline task port_toctou(executor on, variant which)
{
  std::set<int> bound;
  const auto serve = [&](int later) -> task {
    co_await yield(on, later);
    detent::touch(&bound, detent::access::write);
    int port = 1024;
    while (bound.contains(port))
      ++port;
    if (which == variant::broken)
      co_await yield(on);
    detent::touch(&bound, detent::access::write);
    check(bound.insert(port).second, "the address is in use");
  };
  group both(on);
  both.spawn(serve(0));
  both.spawn(serve(2));
  co_await both.join();
}

// Two locks in two orders.
inline task abba(executor on, variant which)
{
  mutex a(on);
  mutex b(on);
  const auto use = [&](mutex& first, mutex& second, int later) -> task {
    co_await yield(on, later);
    co_await first.lock();
    co_await yield(on);
    co_await second.lock();
    second.unlock();
    first.unlock();
  };
  group both(on);
  both.spawn(use(a, b, 0));
  both.spawn(which == variant::fixed ? use(a, b, 3) : use(b, a, 3));
  co_await both.join();
}

// A queue of writes whose writer stops at an error and leaves the flag up.
inline task writeq_error(executor on, variant which)
{
  int queued = 0;
  int written = 0;
  bool writing = false;
  detent::shared<bool> broken_pipe = false;
  const auto write = [&](int later) -> task {
    co_await yield(on, later);
    detent::touch(&queued, detent::access::write);
    ++queued;
    if (writing)
      co_return; // the writer sees it
    writing = true;
    while (queued != 0)
    {
      --queued;
      co_await yield(on);
      detent::touch(&queued, detent::access::write);
      ++written;
      if (broken_pipe && which == variant::broken)
        co_return;
    }
    writing = false;
  };
  const auto hiccup = [&]() -> task {
    co_await yield(on, 9);
    broken_pipe = true;
    co_await yield(on);
    broken_pipe = false;
  };
  group all(on);
  all.spawn(write(0));
  all.spawn(write(4));
  all.spawn(hiccup());
  co_await all.join();
  check(!writing && written == 2, "the writer ended and its flag stayed up");
}

// A cancellation that comes before there is anything to cancel, and is not remembered.
inline task cancel_edge_lost(executor on, variant which)
{
  condition cancelled(on);
  detent::shared<bool> requested = false;
  const auto wait = [&]() -> task {
    co_await yield(on, 2);
    if (which == variant::broken || !requested)
      co_await cancelled.wait();
  };
  const auto cancel = [&]() -> task {
    co_await yield(on, 5);
    requested = true;
    cancelled.notify_all();
  };
  group both(on);
  both.spawn(wait());
  both.spawn(cancel());
  co_await both.join();
}

// Followers wait for the leader's result; one that comes when the leader is just done waits for ever.
inline task leader_follower(executor on, variant which)
{
  condition ready(on);
  detent::shared<bool> leading = false;
  detent::shared<bool> done = false;
  const auto get = [&](int later) -> task {
    co_await yield(on, later);
    if (leading)
    {
      co_await yield(on);
      if (which == variant::broken || !done)
        co_await ready.wait();
      co_return;
    }
    leading = true;
    co_await yield(on, 6);
    done = true;
    ready.notify_all();
  };
  group both(on);
  both.spawn(get(0));
  both.spawn(get(2));
  co_await both.join();
}

// Readers wait for a waiting writer, which waits for a reader that reads twice.
inline task rwlock_writerpref(executor on, variant which)
{
  condition changed(on);
  int readers = 0;
  bool writer_waits = false;
  const auto lock_shared = [&](bool reentrant) -> task {
    detent::touch(&readers, detent::access::write);
    while (writer_waits && !(reentrant && which == variant::fixed))
    {
      co_await changed.wait();
      detent::touch(&readers, detent::access::write);
    }
    ++readers;
  };
  const auto unlock_shared = [&] {
    detent::touch(&readers, detent::access::write);
    --readers;
    changed.notify_all();
  };
  const auto read_twice = [&]() -> task {
    co_await lock_shared(false);
    co_await yield(on);
    co_await lock_shared(true);
    unlock_shared();
    unlock_shared();
  };
  const auto write = [&]() -> task {
    co_await yield(on, 4);
    detent::touch(&readers, detent::access::write);
    writer_waits = true;
    while (readers != 0)
    {
      co_await changed.wait();
      detent::touch(&readers, detent::access::write);
    }
    writer_waits = false;
    changed.notify_all();
  };
  group both(on);
  both.spawn(read_twice());
  both.spawn(write());
  co_await both.join();
}

// A barrier without generations: who is fast enters the second round before the first is over.
inline task barrier_nogen(executor on, variant which)
{
  condition all_here(on);
  int here = 0;
  int generation = 0;
  const auto arrive = [&]() -> task {
    detent::touch(&here, detent::access::write);
    const int mine = generation;
    if (++here == 2)
    {
      ++generation;
      if (which == variant::fixed)
        here = 0;
      all_here.notify_all();
      co_return;
    }
    if (which == variant::fixed)
      while (generation == mine)
      {
        co_await all_here.wait();
        detent::touch(&here, detent::access::write);
      }
    else
    {
      while (here < 2)
      {
        co_await all_here.wait();
        detent::touch(&here, detent::access::write);
      }
      here = 0;
    }
  };
  const auto rounds = [&](int later) -> task {
    co_await arrive();
    co_await yield(on, later);
    co_await arrive();
  };
  group both(on);
  both.spawn(rounds(3));
  both.spawn(rounds(3));
  co_await both.join();
}

// Two stages that should be seen together. After twostage of SCTBench.
inline task twostage(executor on, variant which)
{
  detent::shared<int> first = 0;
  detent::shared<int> second = 0;
  const auto set = [&]() -> task {
    first = 1;
    if (which == variant::broken)
      co_await yield(on);
    second = first + 1;
  };
  const auto look = [&]() -> task {
    co_await yield(on, 4);
    const int seen = first;
    check(seen == 0 || second == seen + 1, "the second stage is missing");
  };
  group both(on);
  both.spawn(set());
  both.spawn(look());
  co_await both.join();
}

} // namespace corpus
