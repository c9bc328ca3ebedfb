// Tasks that end before their scope does.
//
//     co_await with_tasks([&](task_group& tasks) -> asio::awaitable<void> {
//       tasks.spawn(read_requests());
//       tasks.spawn(report_health());
//       co_await shut_down.wait();
//       tasks.cancel();
//     });                                    // here both have ended
//
// Contract
//   structure      with_tasks() returns when its body and all tasks have ended, whoever spawned them
//   errors         the first one cancels all others, the body among them; it is thrown when they have ended, with what
//                  they threw besides as causes. That a task was cancelled is no error
//   cancel()       asks all tasks to end, the body and those that are spawned later too; the group ends without error
//   cancellation   is passed on to all tasks; if one of them gave up for it, operation_aborted is thrown
//   memory         of a task that has ended nothing is kept but its error
#pragma once

#include "child.hpp"
#include "error_chain.hpp"

#include <list>
#include <memory>
#include <utility>
#include <vector>

namespace toolkit {

class task_group
{
public:
  explicit task_group(asio::any_io_executor executor) : state_(std::make_shared<state>(std::move(executor))) {}
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  ~task_group() { state_->cancel(); } // of a group that was not joined

  void spawn(asio::awaitable<void> task)
  {
    const auto place = state_->tasks.insert(state_->tasks.end(), nullptr);
    const std::weak_ptr<state> weak = state_;
    auto started = child<void>::start(state_->ended.executor(), std::move(task), [weak, place](const auto&) {
      if (const auto group = weak.lock())
        group->end(place);
    });
    *place = std::move(started);
    if (state_->cancelled)
      (*place)->cancel();
  }

  void cancel() { state_->cancel(); }
  std::size_t size() const noexcept { return state_->tasks.size(); }

  // Until all have ended.
  asio::awaitable<void> join()
  {
    bool abandoned = false;
    while (!state_->tasks.empty())
      co_await state_->ended.wait_on([this, &abandoned] {
        abandoned = true;
        state_->cancel();
      });
    if (state_->first)
      throw_chained(std::exchange(state_->first, nullptr), std::exchange(state_->others, {}));
    if (abandoned && state_->gave_up)
      throw system_error(asio::error::operation_aborted);
  }

private:
  struct state
  {
    using place = std::list<std::shared_ptr<child<void>>>::iterator;

    explicit state(asio::any_io_executor executor) : ended(std::move(executor)) {}

    void cancel()
    {
      cancelled = true;
      for (const auto& task : tasks)
        if (task)
          task->cancel();
    }

    void end(place at)
    {
      const auto task = std::move(*at);
      tasks.erase(at);
      const std::exception_ptr error = task->result.error();
      if (cancelled && is_cancellation(error))
        gave_up = true;
      else if (error && first)
        others.push_back(error);
      else if (error)
      {
        first = error;
        cancel();
      }
      if (tasks.empty())
        ended.wake_all();
    }

    wait_list ended;
    std::list<std::shared_ptr<child<void>>> tasks;
    std::exception_ptr first;
    std::vector<std::exception_ptr> others;
    bool cancelled = false;
    bool gave_up = false; // one of the tasks, for the cancellation
  };

  std::shared_ptr<state> state_;
};

template <class Body> asio::awaitable<void> with_tasks(Body body)
{
  task_group tasks(co_await asio::this_coro::executor);
  tasks.spawn(body(tasks));
  co_await tasks.join();
}

} // namespace toolkit
