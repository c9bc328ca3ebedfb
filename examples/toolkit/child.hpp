// An operation that runs beside its caller, can be cancelled by itself, and is waited for: what task groups, races and
// time limits are made of.
//
//     const auto running = child<int>::start(executor, count());
//     running->cancel();
//     co_await running->wait();
//     use(running->result.get());
//
// Contract
//   end            cancelled or not, a child runs to its own end. on_end is called there with its result, on the
//                  executor and never inside start(); who waits goes on after it
//   cancellation   of who waits ends wait(), and not the child; wait_on() goes on until the child has ended
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
  struct nothing
  {
    void operator()(const outcome<T>&) const noexcept {}
  };

public:
  explicit child(const asio::any_io_executor& executor) : waiting_(executor) {}

  template <class OnEnd = nothing>
  static std::shared_ptr<child> start(
      const asio::any_io_executor& executor, asio::awaitable<T> operation, OnEnd on_end = {})
  {
    auto self = std::make_shared<child>(executor);
    auto ends = [self, executor, on_end = std::move(on_end)](std::exception_ptr) mutable {
      auto finish = [self, on_end = std::move(on_end)]() mutable {
        self->ended_ = true;
        on_end(self->result);
        self->waiting_.wake_all();
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

  asio::awaitable<void> wait()
  {
    if (!ended_)
      co_await waiting_.wait();
  }

  // Calls a function when the caller is cancelled meanwhile.
  template <class OnCancel> asio::awaitable<void> wait_on(OnCancel on_cancel)
  {
    while (!ended_)
      co_await waiting_.wait_on(on_cancel);
  }

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

  wait_list waiting_;
  asio::cancellation_signal cancel_;
  bool is_starting_ = true;
  bool is_cancelled_ = false;
  bool has_begun_ = false;
  bool ended_ = false;
};

} // namespace toolkit
