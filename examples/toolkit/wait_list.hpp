// Who waits to be woken, oldest first: what everything here that waits for another task is made of.
//
//     co_await list.wait();        // elsewhere: list.wake_one();
//
// Contract
//   order         first come, first woken
//   resumption    never inside wake_*() or wait(): a woken waiter is posted to its own executor
//   cancellation  of any type ends a wait with operation_aborted. Who was woken before has not been cancelled: the
//                 wake-up counts, so that what was handed over with it is not lost
//   lifetime      what still waits when the list is destroyed ends with operation_aborted; when the context goes first,
//                 what waits goes with it
//   threads       one at a time: use it from one strand, or a context that one thread runs. The same goes for every
//                 part of this library
#pragma once

#include "outcome.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <utility>

namespace toolkit {

class wait_list
{
  struct waiter
  {
    asio::any_completion_handler<void(error_code)> handler;
    asio::any_io_executor executor; // with work, which keeps the context running
  };
  using place = std::list<waiter>::iterator;

  // Who waits keeps its list, often, and the list keeps who waits: a context that is destroyed has to part them.
  class all_of_context : public asio::execution_context::service
  {
  public:
    static inline asio::execution_context::id id;

    explicit all_of_context(asio::execution_context& context) : asio::execution_context::service(context) {}

    void add(wait_list& one)
    {
      const guard hold(busy_);
      one.place_ = lists_.insert(lists_.end(), &one);
    }
    void remove(const wait_list& one)
    {
      const guard hold(busy_);
      lists_.erase(one.place_);
    }

  private:
    struct guard // lists of several strands come and go on several threads
    {
      explicit guard(std::atomic_flag& f) : flag(f)
      {
        while (flag.test_and_set(std::memory_order_acquire))
        {
        }
      }
      ~guard() { flag.clear(std::memory_order_release); }
      guard(const guard&) = delete;
      std::atomic_flag& flag;
    };

    void shutdown() noexcept override
    {
      std::list<waiter> abandoned;
      for (wait_list* one : lists_)
      {
        one->all_ = nullptr;
        abandoned.splice(abandoned.end(), one->waiting_);
      }
      lists_.clear();
    } // here they go, and lists with them

    std::atomic_flag busy_;
    std::list<wait_list*> lists_;
  };

public:
  explicit wait_list(asio::any_io_executor executor)
    : executor_(std::move(executor)),
      all_(&asio::use_service<all_of_context>(asio::query(executor_, asio::execution::context)))
  {
    all_->add(*this);
  }
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;
  ~wait_list()
  {
    wake_all(asio::error::operation_aborted);
    if (all_)
      all_->remove(*this);
  }

  // void(error_code)
  template <class Token = asio::use_awaitable_t<>> auto wait(Token&& token = {})
  {
    return asio::async_initiate<Token, void(error_code)>(
        [this](
            auto handler) { add(std::move(handler), [this](place at) { end(at, asio::error::operation_aborted); }); },
        token);
  }

  // Goes on waiting when it is cancelled, and calls a function then: for those who must see others end first.
  template <class OnCancel> asio::awaitable<void> wait_on(OnCancel on_cancel)
  {
    const asio::cancellation_state before = co_await asio::this_coro::cancellation_state;
    if (before.cancelled() != asio::cancellation_type::none)
      on_cancel();
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto begin = [this, &on_cancel](
                           auto handler) { add(std::move(handler), [&on_cancel](place) { on_cancel(); }); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(begin, asio::use_awaitable);
    co_await asio::this_coro::throw_if_cancelled(throws);
  }

  bool wake_one(error_code with = {})
  {
    if (waiting_.empty())
      return false;
    end(waiting_.begin(), with);
    return true;
  }

  void wake_all(error_code with = {})
  {
    for (std::size_t left = waiting_.size(); left != 0; --left)
      end(waiting_.begin(), with);
  }

  bool empty() const noexcept { return waiting_.empty(); }
  std::size_t size() const noexcept { return waiting_.size(); }
  const asio::any_io_executor& executor() const noexcept { return executor_; }

private:
  template <class Handler, class OnCancel> void add(Handler handler, OnCancel on_cancel)
  {
    asio::any_io_executor own = asio::get_associated_executor(handler, executor_);
    const place at = waiting_.insert(waiting_.end(),
        waiter{std::move(handler), asio::prefer(std::move(own), asio::execution::outstanding_work.tracked)});
    auto slot = asio::get_associated_cancellation_slot(at->handler);
    if (slot.is_connected())
      slot.assign([at, on_cancel](asio::cancellation_type) { on_cancel(at); });
  }

  void end(place at, error_code with)
  {
    waiter ended = std::move(*at);
    waiting_.erase(at);
    auto slot = asio::get_associated_cancellation_slot(ended.handler);
    if (slot.is_connected())
      slot.clear();
    asio::post(ended.executor, asio::append(std::move(ended.handler), with));
  }

  asio::any_io_executor executor_;
  all_of_context* all_; // null once the context shuts down
  std::list<wait_list*>::iterator place_{};
  std::list<waiter> waiting_;
};

} // namespace toolkit
