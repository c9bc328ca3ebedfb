// Values that follow a task wherever it goes: the id of a request, its deadline, who asked.
//
//     const local<std::string> request_id("none");                  // once, at namespace scope
//
//     co_await request_id.with("r-17", handle(request));            // in handle(), and all that it calls and spawns:
//     log(co_await request_id.get());                               // r-17
//
// Contract
//   follows        the executor: a coroutine and all it awaits, timers and sockets made with its this_coro::executor, what
//                  is spawned or posted to that. What is spawned on another executor, as in a task_group made elsewhere,
//                  has the values that executor has
//   nesting        the innermost with() counts; after it the value is what it was. Values of several locals do not meet
//   resumption     the operation runs on the caller's executor with the value added, its caller goes on on its own
//   cancellation   of the caller is passed on to the operation, whose answer is thrown
//   threads        a value is constant, and shared by all who have it
#pragma once

#include "child.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace toolkit {

// An executor that does what the one inside does, and carries values.
class local_executor
{
public:
  struct frame
  {
    const void* key;
    std::shared_ptr<const void> value;
    std::shared_ptr<const frame> outer;
  };

  local_executor(asio::any_io_executor inner, std::shared_ptr<const frame> values)
    : inner_(std::move(inner)), values_(std::move(values))
  {
  }

  template <class Function> void execute(Function&& f) const { inner_.execute(std::forward<Function>(f)); }

  template <class Property>
  requires asio::can_query_v<const asio::any_io_executor&, Property>
  decltype(auto) query(const Property& property) const { return asio::query(inner_, property); }
  template <class Property>
  requires asio::can_require_v<const asio::any_io_executor&, Property> local_executor require(const Property& property)
  const { return {asio::require(inner_, property), values_}; }
  template <class Property>
  requires asio::can_prefer_v<const asio::any_io_executor&, Property> local_executor prefer(const Property& property)
  const { return {asio::prefer(inner_, property), values_}; }

  friend bool operator==(const local_executor& a, const local_executor& b) noexcept
  {
    return a.inner_ == b.inner_ && a.values_ == b.values_;
  }

  static const frame* values_of(const asio::any_io_executor& executor)
  {
    const auto* own = executor.target<local_executor>();
    return own ? own->values_.get() : nullptr;
  }

  // The executor with one more value.
  static asio::any_io_executor with(
      const asio::any_io_executor& executor, const void* key, std::shared_ptr<const void> value)
  {
    const auto* own = executor.target<local_executor>();
    auto added = std::make_shared<const frame>(frame{key, std::move(value), own ? own->values_ : nullptr});
    return local_executor(own ? own->inner_ : executor, std::move(added));
  }

private:
  asio::any_io_executor inner_;
  std::shared_ptr<const frame> values_;
};

template <class T> class local
{
public:
  explicit local(T otherwise = {}) : otherwise_(std::move(otherwise)) {}
  local(const local&) = delete;
  local& operator=(const local&) = delete;

  // The value, where no with() surrounds it the one given at construction.
  asio::awaitable<T> get() const
  {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_return of(executor);
  }

  const T& of(const asio::any_io_executor& executor) const
  {
    for (const auto* at = local_executor::values_of(executor); at; at = at->outer.get())
      if (at->key == this)
        return *static_cast<const T*>(at->value.get());
    return otherwise_;
  }

  template <class Result> asio::awaitable<Result> with(T value, asio::awaitable<Result> operation) const
  {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto running = child<Result>::start(
        local_executor::with(executor, this, std::make_shared<const T>(std::move(value))), std::move(operation));
    co_await running->wait_on([&running] { running->cancel(); });
    co_return running->result.get();
  }

private:
  T otherwise_;
};

} // namespace toolkit
