// What the programs are built from: a group to join, a mutex, a condition.
#pragma once

#include "corpus.hpp"

#include <detent/touch.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <list>
#include <utility>

namespace corpus {

using namespace std::chrono_literals;

inline task yield(executor on, int times = 1)
{
  for (int i = 0; i < times; ++i)
    co_await asio::post(on, asio::use_awaitable);
}

inline task sleep(executor on, std::chrono::nanoseconds time)
{
  asio::steady_timer timer(on, time);
  co_await timer.async_wait(asio::use_awaitable);
}

// Waiters in order of arrival. A waiter is not woken by a signal that came before it.
class condition
{
public:
  explicit condition(executor on) : on_(std::move(on)) { detent::declare(this); }

  task wait()
  {
    detent::touch(this, detent::access::write);
    const auto self = waiters_.emplace(waiters_.end(), on_, asio::steady_timer::time_point::max());
    boost::system::error_code cancelled;
    co_await self->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    detent::touch(this, detent::access::write);
    gone_.erase(self);
  }

  bool notify_one()
  {
    detent::touch(this, detent::access::write);
    if (waiters_.empty())
      return false;
    gone_.splice(gone_.end(), waiters_, waiters_.begin());
    gone_.back().cancel();
    return true;
  }

  void notify_all()
  {
    while (notify_one())
    {
    }
  }

private:
  executor on_;
  std::list<asio::steady_timer> waiters_;
  std::list<asio::steady_timer> gone_; // woken, and not resumed yet
};

// Fair: an unlock hands over to the oldest waiter.
class mutex
{
public:
  explicit mutex(executor on) : free_(std::move(on)) { detent::declare(this); }

  task lock()
  {
    detent::touch(this, detent::access::write);
    if (locked_)
      co_await free_.wait();
    detent::touch(this, detent::access::write);
    locked_ = true;
  }

  void unlock()
  {
    detent::touch(this, detent::access::write);
    locked_ = free_.notify_one();
  }

private:
  bool locked_ = false;
  condition free_;
};

// Tasks that are joined one after the other, so that they do not depend on each other's ends. What one of them throws
// ends the program.
class group
{
public:
  explicit group(executor on) : on_(on) {}

  void spawn(task code)
  {
    child& made = children_.emplace_back(on_);
    asio::co_spawn(on_, std::move(code), [&made](std::exception_ptr error) {
      if (error)
        std::rethrow_exception(error);
      detent::touch(&made, detent::access::write);
      made.ended = true;
      made.end.notify_all();
    });
  }

  task join()
  {
    for (child& c : children_)
    {
      detent::touch(&c, detent::access::read);
      if (!c.ended)
        co_await c.end.wait();
    }
  }

private:
  struct child
  {
    explicit child(executor on) : end(std::move(on)) { detent::declare(this); }

    bool ended = false;
    condition end;
  };

  executor on_;
  std::list<child> children_;
};

} // namespace corpus
