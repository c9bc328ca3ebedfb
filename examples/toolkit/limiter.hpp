// At most so many operations at once.
//
//     limiter calls(executor, 10);
//     reply r = co_await calls.run([&] { return server.call(); });
//
//     co_await for_each_bounded(urls, 10, [&](const url& one) { return download(one); });
//
// Contract
//   run               waits for its turn, first come, first served; the operation is not made before
//   for_each_bounded  goes through a range, lazily: an element is read when there is room for its operation. In
//                     constant memory; an input range is enough, and a temporary one is kept. The first error cancels
//                     the operations that run, reads no further element, and is thrown when they have ended
//                     (task_group.hpp)
//   cancellation      while it waits leaves the queue; later it is the operation's, and the place is free when that
//                     ends
#pragma once

#include "semaphore.hpp"
#include "task_group.hpp"

#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace toolkit {

class limiter
{
public:
  limiter(asio::any_io_executor executor, std::size_t most) : places_(std::move(executor), most) {}

  template <class Operation> std::invoke_result_t<Operation&> run(Operation operation)
  {
    const permit place = co_await places_.acquire();
    const counted running(active_);
    co_return co_await operation();
  }

  std::size_t active() const noexcept { return active_; }
  std::size_t pending() const noexcept { return places_.waiting(); }

private:
  struct counted
  {
    explicit counted(std::size_t& in) noexcept : count(in) { ++count; }
    ~counted() { --count; }
    counted(const counted&) = delete;
    std::size_t& count;
  };

  std::size_t active_ = 0;
  semaphore places_;
};

template <class View, class Operation>
asio::awaitable<void> go_through_bounded(View elements, std::size_t most, Operation operation)
{
  if (most == 0)
    throw std::invalid_argument("for_each_bounded() of 0 operations at once");
  auto next = std::ranges::begin(elements);
  const auto end = std::ranges::end(elements);
  const auto work = [&]() -> asio::awaitable<void> {
    while (next != end)
    {
      auto element = *next;
      ++next;
      co_await operation(std::move(element));
    }
  };
  task_group workers(co_await asio::this_coro::executor);
  for (std::size_t i = 0; i < most && next != end; ++i)
    workers.spawn(work());
  co_await workers.join();
}

template <class Range, class Operation>
asio::awaitable<void> for_each_bounded(Range&& elements, std::size_t most, Operation operation)
{
  return go_through_bounded(std::views::all(std::forward<Range>(elements)), most, std::move(operation));
}

} // namespace toolkit
