// stop() keeps the lock while it waits for the running tasks, which need it to end. After cockroach#1055.
#pragma once

#include "sync.hpp"

namespace corpus {

class stopper
{
public:
  stopper(executor on, variant which) : lock_(on), drained_(on), which_(which) {}

  asio::awaitable<bool> enter()
  {
    co_await lock_.lock();
    detent::touch(this, detent::access::write);
    const bool may = !stopping_;
    active_ += may;
    lock_.unlock();
    co_return may;
  }

  task leave()
  {
    co_await lock_.lock();
    detent::touch(this, detent::access::write);
    --active_;
    drained_.notify_all();
    lock_.unlock();
  }

  task stop()
  {
    co_await lock_.lock();
    stopping_ = true;
    while (is_active())
    {
      if (which_ == variant::fixed)
        lock_.unlock();
      co_await drained_.wait();
      if (which_ == variant::fixed)
        co_await lock_.lock();
    }
    lock_.unlock();
  }

private:
  bool is_active() const
  {
    detent::touch(this, detent::access::write);
    return active_ != 0;
  }

  mutex lock_;
  condition drained_;
  variant which_;
  int active_ = 0;
  bool stopping_ = false;
};

inline task stopper_drains(executor on, variant which)
{
  stopper running(on, which);
  const auto work = [&]() -> task {
    const bool entered = co_await running.enter();
    if (!entered)
      co_return;
    co_await sleep(on, 9ms);
    co_await running.leave();
  };
  group workers(on);
  workers.spawn(work());
  co_await sleep(on, 10ms);
  co_await running.stop();
  co_await workers.join();
}

} // namespace corpus
