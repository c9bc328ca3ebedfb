// Several operations at once.
//
//     std::vector<page> pages = co_await all(std::move(downloads));
//     reply first = co_await race(std::move(replicas));
//
//   all            every value, in the order of the operations; the first error cancels the others and is thrown
//   all_settled    an outcome for each; cancels nothing
//   race           whatever ends first, a value or an error; the others are cancelled
//   any            the first value; errors are thrown only if there is nothing else, the last with the earlier as
//                  causes
//
// Contract
//   structure      none of them returns before every operation has ended, the cancelled ones too: nothing is left
//                  running
//   errors         of all: what the others throw besides is attached as causes (error_chain.hpp); that they were
//                  cancelled is not an error of theirs
//   cancellation   while they wait, it is passed on to every operation; then their results decide as ever, and what was
//                  cancelled throws operation_aborted
//   ties           of two that end at one instant the one whose completion runs first counts; its value is never lost
//   no operations  all gives no values; race and any throw std::invalid_argument
#pragma once

#include "child.hpp"
#include "error_chain.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace toolkit {

// Runs them all; decides(i, outcome) says whether the others are to be cancelled, which happens once.
template <class T, class Decides>
asio::awaitable<std::vector<outcome<T>>> settle(std::vector<asio::awaitable<T>> operations, Decides decides)
{
  struct state
  {
    explicit state(asio::any_io_executor executor) : ended(std::move(executor)) {}
    void cancel_all()
    {
      for (const auto& one : children)
        if (one)
          one->cancel();
    }

    std::vector<std::shared_ptr<child<T>>> children;
    std::size_t left = 0;
    bool decided = false;
    wait_list ended;
  };
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto shared = std::make_shared<state>(executor);
  shared->left = operations.size();
  shared->children.resize(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i)
  {
    const std::weak_ptr<state> weak = shared; // an abandoned caller takes its state with it
    auto started = child<T>::start(executor, std::move(operations[i]), [weak, decides, i](outcome<T>& result) mutable {
      const auto s = weak.lock();
      if (!s)
        return;
      if (!s->decided && decides(i, result))
      {
        s->decided = true;
        s->cancel_all();
      }
      if (--s->left == 0)
        s->ended.wake_one();
    });
    shared->children[i] = std::move(started);
  }
  while (shared->left != 0)
    co_await shared->ended.wait_on([&shared] { shared->cancel_all(); });
  std::vector<outcome<T>> results;
  for (const auto& one : shared->children)
    results.push_back(std::move(one->result));
  co_return results;
}

template <class T> asio::awaitable<std::vector<outcome<T>>> all_settled(std::vector<asio::awaitable<T>> operations)
{
  return settle(std::move(operations), [](std::size_t, const outcome<T>&) { return false; });
}

template <class T> asio::awaitable<std::vector<value_of<T>>> all(std::vector<asio::awaitable<T>> operations)
{
  std::exception_ptr first;
  auto results = co_await settle(std::move(operations), [&first](std::size_t, const outcome<T>& ended) {
    if (!ended)
      first = ended.error();
    return !ended;
  });
  if (first)
  {
    std::vector<std::exception_ptr> others;
    for (const outcome<T>& one : results)
      if (one.error() && one.error() != first && !is_cancellation(one.error()))
        others.push_back(one.error());
    throw_chained(first, std::move(others));
  }
  std::vector<value_of<T>> values;
  for (outcome<T>& one : results)
    if constexpr (std::is_void_v<T>)
      values.emplace_back();
    else
      values.push_back(one.get());
  co_return values;
}

template <class T> asio::awaitable<T> race(std::vector<asio::awaitable<T>> operations)
{
  if (operations.empty())
    throw std::invalid_argument("race() of no operations");
  std::size_t winner = 0;
  auto results = co_await settle(std::move(operations), [&winner](std::size_t i, const outcome<T>&) {
    winner = i;
    return true;
  });
  co_return results[winner].get();
}

template <class T> asio::awaitable<T> any(std::vector<asio::awaitable<T>> operations)
{
  if (operations.empty())
    throw std::invalid_argument("any() of no operations");
  std::size_t winner = 0;
  std::vector<std::exception_ptr> errors; // in the order in which they came
  auto results = co_await settle(std::move(operations), [&](std::size_t i, const outcome<T>& ended) {
    if (!ended)
      errors.push_back(ended.error());
    else
      winner = i;
    return static_cast<bool>(ended);
  });
  if (errors.size() == results.size())
  {
    const std::exception_ptr last = errors.back();
    errors.pop_back();
    throw_chained(last, std::move(errors));
  }
  co_return results[winner].get();
}

} // namespace toolkit
