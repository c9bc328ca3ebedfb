// An operation that runs beside its caller, can be cancelled by itself, and is waited for: what task groups, races and
// time limits are made of.
#pragma once

#include "wait_list.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <utility>

namespace toolkit {

template <class T> class child : public std::enable_shared_from_this<child<T>>
{
public:
  // Calls on_end when the operation has ended, on the executor and never inside start(). That happens in any case:
  // cancelled or not, a child runs to its own end.
  template <class OnEnd>
  static std::shared_ptr<child> start(const asio::any_io_executor& executor, asio::awaitable<T> operation, OnEnd on_end)
  {
    auto self = std::make_shared<child>();
    auto ends = [self, executor, on_end = std::move(on_end)](std::exception_ptr error) mutable {
      if (error)
        self->result.fail(std::move(error));
      auto finish = [self, on_end = std::move(on_end)]() mutable {
        self->ended_ = true;
        on_end();
      };
      if (self->starting_)
        asio::post(executor, std::move(finish));
      else
        finish();
    };
    asio::co_spawn(
        executor, run(std::move(operation), self), asio::bind_cancellation_slot(self->cancel_.slot(), std::move(ends)));
    self->starting_ = false;
    return self;
  }

  void cancel()
  {
    if (!ended_)
      cancel_.emit(asio::cancellation_type::all);
  }
  bool ended() const noexcept { return ended_; }

  outcome<T> result;

private:
  static asio::awaitable<void> run(asio::awaitable<T> operation, std::shared_ptr<child> self)
  {
    if constexpr (std::is_void_v<T>)
    {
      co_await std::move(operation);
      self->result.succeed({});
    }
    else
      self->result.succeed(co_await std::move(operation));
  }

  asio::cancellation_signal cancel_;
  bool starting_ = true;
  bool ended_ = false;
};

} // namespace toolkit
