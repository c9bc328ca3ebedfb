// Signals from one task to others: what is set once, and what is set and reset.
//
//     oneshot<reply> answer(executor);
//     answer.set(r);                            // or answer.fail(error): whatever comes first
//     reply r = co_await answer.wait();         // now or later, by as many as like
//
//     event ready(executor);
//     ready.set();                              // all who wait go on, and so does who comes until ready.reset()
//
// Contract
//   resumption     set() resumes nobody inside it: who waits is posted. Who comes later goes on without a suspension
//   twice          setting a oneshot again throws std::logic_error; set() of an event that is set does nothing
//   reset()        concerns who comes later: who was waiting when it was set goes on
//   cancellation   of a wait ends that wait only
//   lifetime       what waits when it is destroyed ends with operation_aborted
#pragma once

#include "outcome.hpp"
#include "wait_list.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace toolkit {

class event
{
public:
  explicit event(asio::any_io_executor executor) : waiting_(std::move(executor)) {}

  void set()
  {
    set_ = true;
    waiting_.wake_all();
  }
  void reset() noexcept { set_ = false; }
  bool is_set() const noexcept { return set_; }

  asio::awaitable<void> wait()
  {
    if (!set_)
      co_await waiting_.wait();
  }

private:
  bool set_ = false;
  wait_list waiting_;
};

template <class T> class oneshot
{
public:
  explicit oneshot(asio::any_io_executor executor) : done_(std::move(executor)) {}

  void set(value_of<T> value = {})
  {
    refuse_second();
    result_.succeed(std::move(value));
    done_.set();
  }
  void fail(std::exception_ptr error)
  {
    refuse_second();
    result_.fail(std::move(error));
    done_.set();
  }
  bool is_set() const noexcept { return done_.is_set(); }

  // A copy for each who waits.
  asio::awaitable<T> wait()
  {
    co_await done_.wait();
    outcome<T> own = result_;
    co_return own.get();
  }

private:
  void refuse_second() const
  {
    if (done_.is_set())
      throw std::logic_error("a oneshot is set for the second time");
  }

  event done_;
  outcome<T> result_;
};

} // namespace toolkit
