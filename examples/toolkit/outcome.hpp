// What an operation ended with: a value, or an error.
//
//     std::vector<outcome<reply>> all = co_await all_settled(std::move(calls));
//     for (outcome<reply>& one : all)
//       if (one)
//         use(one.get());
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace toolkit {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

// void as a value that can be kept.
template <class T> using value_of = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T> class outcome
{
public:
  outcome() = default;

  void succeed(value_of<T> value) { value_.emplace(std::move(value)); }
  void fail(std::exception_ptr error) { error_ = std::move(error); }

  explicit operator bool() const noexcept { return value_.has_value(); }
  std::exception_ptr error() const noexcept { return error_; }

  // The value, moved out; or throws the error.
  T get()
  {
    if (error_)
      std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<T>)
      return std::move(*value_);
  }

private:
  std::optional<value_of<T>> value_;
  std::exception_ptr error_;
};

// What an operation ends with, not thrown.
template <class T> asio::awaitable<outcome<T>> outcome_of(asio::awaitable<T> operation)
{
  outcome<T> result;
  try
  {
    if constexpr (std::is_void_v<T>)
    {
      co_await std::move(operation);
      result.succeed({});
    }
    else
      result.succeed(co_await std::move(operation));
  }
  catch (...)
  {
    result.fail(std::current_exception());
  }
  co_return result;
}

// Whether an error is what a cancelled operation ends with.
inline bool is_cancellation(const std::exception_ptr& error)
{
  if (!error)
    return false;
  try
  {
    std::rethrow_exception(error);
  }
  catch (const system_error& e)
  {
    return e.code() == asio::error::operation_aborted;
  }
  catch (...)
  {
    return false;
  }
}

inline std::exception_ptr cancellation()
{
  return std::make_exception_ptr(system_error(asio::error::operation_aborted));
}

} // namespace toolkit
