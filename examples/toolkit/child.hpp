// An operation that runs beside its caller, can be cancelled by itself, and is waited for: what task groups, races and
// time limits are made of.
#pragma once

#include "wait_list.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>

#include <memory>
#include <utility>

namespace toolkit {

template <class T> class child
{
public:
  // Calls on_end when the operation has ended, on the executor and never inside start(). That happens in any case:
  // cancelled or not, a child runs to its own end.
  template <class OnEnd>
  static std::shared_ptr<child> start(const asio::any_io_executor& executor, asio::awaitable<T> operation, OnEnd on_end)
  {
    auto self = std::make_shared<child>();
    auto ends = [self, executor, on_end = std::move(on_end)](std::exception_ptr) mutable {
      auto finish = [self, on_end = std::move(on_end)]() mutable {
        self->ended_ = true;
        on_end();
      };
      if (self->is_starting_)
        asio::post(executor, std::move(finish));
      else
        finish();
    };
    // On the executor already, so that nothing can come between this and the coroutine's first step.
    asio::dispatch(executor, [self, executor, operation = std::move(operation), ends = std::move(ends)]() mutable {
      if (self->is_cancelled_)
      {
        self->result.fail(cancellation());
        ends(nullptr);
        return;
      }
      self->has_begun_ = true;
      asio::co_spawn(executor, run(std::move(operation), self),
          asio::bind_cancellation_slot(self->cancel_.slot(), std::move(ends)));
    });
    self->is_starting_ = false;
    return self;
  }

  void cancel()
  {
    is_cancelled_ = true;
    if (has_begun_ && !ended_)
      cancel_.emit(asio::cancellation_type::all);
  }
  bool ended() const noexcept { return ended_; }

  outcome<T> result;

private:
  // Asio's co_spawn awaits once more when this has returned, and what that threw would leave the context's run().
  static asio::awaitable<void> run(asio::awaitable<T> operation, std::shared_ptr<child> self)
  {
    try
    {
      if constexpr (std::is_void_v<T>)
      {
        co_await std::move(operation);
        self->result.succeed({});
      }
      else
        self->result.succeed(co_await std::move(operation));
    }
    catch (...)
    {
      self->result.fail(std::current_exception());
    }
    co_await asio::this_coro::throw_if_cancelled(false);
  }

  asio::cancellation_signal cancel_;
  bool is_starting_ = true;
  bool is_cancelled_ = false;
  bool has_begun_ = false;
  bool ended_ = false;
};

} // namespace toolkit
