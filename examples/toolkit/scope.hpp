// Resources whose release takes time.
//
//     co_await with_scope([&](scope& s) -> asio::awaitable<void> {
//       auto connection = co_await open();
//       s.on_exit([&] { return close(connection); });
//       co_await use(connection);
//     });                                    // here it is closed, whatever happened
//
// Contract
//   order          releases run one after the other, the last registered first, on every exit: at the end, for an
//                  error, for a cancellation
//   cancellation   ends the body, and does not reach the releases: they run to their end
//   errors         each release is run, also when another one failed. What they throw is attached to the body's error
//                  as causes; without one the first is thrown, with the others as its causes. None is lost
//   lifetime       what a release refers to must outlive with_scope()'s body: its captures are kept, its locals are not
#pragma once

#include "error_chain.hpp"
#include "shield.hpp"

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace toolkit {

class scope
{
public:
  scope() = default;
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  void on_exit(std::function<asio::awaitable<void>()> release) { releases_.push_back(std::move(release)); }

  // What has been thrown, in order.
  asio::awaitable<std::vector<std::exception_ptr>> leave()
  {
    std::vector<std::exception_ptr> errors;
    while (!releases_.empty())
    {
      const std::function<asio::awaitable<void>()> release = std::move(releases_.back());
      releases_.pop_back();
      try
      {
        co_await release();
      }
      catch (...)
      {
        errors.push_back(std::current_exception());
      }
    }
    co_return errors;
  }

private:
  std::vector<std::function<asio::awaitable<void>()>> releases_;
};

template <class Body> std::invoke_result_t<Body&, scope&> with_scope(Body body)
{
  using value = typename std::invoke_result_t<Body&, scope&>::value_type;
  scope own;
  outcome<value> result = co_await outcome_of(body(own));
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false); // else a cancelled caller would not even begin
  std::vector<std::exception_ptr> errors = co_await shield(own.leave());
  co_await asio::this_coro::throw_if_cancelled(throws);
  std::exception_ptr first = result.error();
  if (!first && !errors.empty())
  {
    first = errors.front();
    errors.erase(errors.begin());
  }
  if (first)
    throw_chained(first, std::move(errors));
  co_return result.get();
}

} // namespace toolkit
