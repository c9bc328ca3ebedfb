// Callbacks, futures and coroutines, one as the other.
//
//     reply r = co_await from_callback<reply>([&](auto done) { library.call(request, done); });
//     to_callback(executor, coroutine(), [](outcome<reply> r) { ... });
//     reply r = co_await from_future(executor, pool, std::move(future));
//     std::future<reply> f = asio::co_spawn(executor, coroutine(), asio::use_future);      // Asio's own
//
// Contract
//   from_callback   `done(value)` or `done.fail(error)` completes it: once, a second time has no effect and is answered
//                   with false. Always asynchronous: also where it is called inside the call that starts it. When every
//                   copy of `done` is gone uncalled, broken_promise is thrown: no caller is left waiting for ever
//   to_callback     calls back exactly once, on the executor, never inside to_callback()
//   from_future     waits on a thread of the pool, which it occupies as long
//   threads         `done` may be called on the executor's thread only; from elsewhere post it there
//   cancellation    of from_callback ends the wait; the value that comes later is dropped. Of from_future: the same
#pragma once

#include "child.hpp"
#include "event.hpp"

#include <boost/asio/post.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

namespace toolkit {

struct broken_promise : std::logic_error
{
  broken_promise() : std::logic_error("the callback was destroyed without having been called") {}
};

template <class T> class completion
{
public:
  explicit completion(const asio::any_io_executor& executor) : shared_(std::make_shared<last_copy>(executor)) {}

  bool operator()(value_of<T> value = {}) const
  {
    if (shared_->result->is_set())
      return false;
    shared_->result->set(std::move(value));
    return true;
  }
  bool fail(std::exception_ptr error) const
  {
    if (shared_->result->is_set())
      return false;
    shared_->result->fail(std::move(error));
    return true;
  }

  std::shared_ptr<oneshot<T>> result() const { return shared_->result; }

private:
  struct last_copy
  {
    explicit last_copy(const asio::any_io_executor& executor) : result(std::make_shared<oneshot<T>>(executor)) {}
    ~last_copy()
    {
      if (!result->is_set())
        result->fail(std::make_exception_ptr(broken_promise()));
    }
    std::shared_ptr<oneshot<T>> result;
  };

  std::shared_ptr<last_copy> shared_;
};

template <class T, class Start> asio::awaitable<T> from_callback(Start start)
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::shared_ptr<oneshot<T>> result;
  {
    const completion<T> done(executor);
    result = done.result();
    start(done);
  }
  if (result->is_set())
    co_await asio::post(executor, asio::use_awaitable);
  co_return co_await result->wait();
}

template <class T, class Callback>
void to_callback(const asio::any_io_executor& executor, asio::awaitable<T> operation, Callback callback)
{
  child<T>::start(executor, std::move(operation),
      [callback = std::move(callback)](outcome<T>& result) mutable { callback(std::move(result)); });
}

template <class T>
asio::awaitable<T> from_future(asio::any_io_executor executor, asio::any_io_executor pool, std::future<T> future)
{
  const auto shared = std::make_shared<std::future<T>>(std::move(future));
  const auto wait = [shared, executor, pool](completion<T> done) {
    asio::any_io_executor own = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    asio::post(pool, [shared, own, done]() mutable {
      if (shared->valid())
        shared->wait();
      asio::post(own, [shared, done = std::move(done)] {
        try
        {
          if constexpr (std::is_void_v<T>)
          {
            shared->get();
            done();
          }
          else
            done(shared->get());
        }
        catch (...)
        {
          done.fail(std::current_exception());
        }
      });
    });
  };
  co_return co_await from_callback<T>(wait);
}

} // namespace toolkit
