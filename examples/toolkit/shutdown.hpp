// How a service ends: it stops accepting, finishes what it has, and then lets go.
//
//     shutdown_sequence ending(executor);
//     ending.stop_accepting([&] { acceptor.close(); });
//     co_await ending.run(requests, 10s);                // requests: a task_group
//
// Contract
//   order          what stops new work, in the order given; then the tasks have until the deadline to end by
//                  themselves; then they are cancelled, and waited for. When run() returns, none is left
//   result         how many had to be cancelled: 0 is an orderly end
//   errors         of tasks are thrown when all have ended, as task_group::join() does
//   cancellation   shortens the time: what is left is cancelled at once, and waited for
//   twice          a second run() throws std::logic_error
#pragma once

#include "task_group.hpp"
#include "timeout.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace toolkit {

class shutdown_sequence
{
public:
  void stop_accepting(std::function<void()> action) { actions_.push_back(std::move(action)); }
  bool begun() const noexcept { return begun_; }

  asio::awaitable<std::size_t> run(task_group& tasks, std::chrono::steady_clock::duration drain)
  {
    if (begun_)
      throw std::logic_error("the shutdown has begun already");
    begun_ = true;
    for (const std::function<void()>& action : actions_)
      action();
    const auto left = std::make_shared<std::size_t>(0);
    asio::steady_timer limit(co_await asio::this_coro::executor, drain);
    limit.async_wait([&tasks, weak = std::weak_ptr(left)](error_code error) {
      const auto count = weak.lock();
      if (error || !count)
        return;
      *count = tasks.size();
      tasks.cancel();
    });
    co_await tasks.join();
    co_return *left;
  }

private:
  bool begun_ = false;
  std::vector<std::function<void()>> actions_;
};

} // namespace toolkit
