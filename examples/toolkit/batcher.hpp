// Single calls, made in bulk.
//
//     batcher<key, row> rows(executor, 100, 5ms, [&](std::vector<key> keys) { return database.load(keys); });
//     row r = co_await rows.run(k);
//
// Contract
//   size, age      a batch is sent when it has so many, or when its oldest has waited so long
//   results        the bulk operation answers with an outcome for each, in order; each caller gets its own. If it
//                  throws, or answers with another number of them, all callers of the batch get that error
//   at once        batches do not wait for each other
//   cancellation   of a caller takes it out of a batch that has not been sent; later it ends the wait only
//   lifetime       a batch that waits when the batcher is destroyed is not sent: its callers get operation_aborted
#pragma once

#include "child.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace toolkit {

template <class In, class Out> class batcher
{
public:
  using bulk = std::function<asio::awaitable<std::vector<outcome<Out>>>(std::vector<In>)>;

  batcher(asio::any_io_executor executor, std::size_t most, std::chrono::steady_clock::duration age, bulk operation)
    : state_(std::make_shared<state>(std::move(executor), most, age, std::move(operation)))
  {
  }
  batcher(const batcher&) = delete;
  batcher& operator=(const batcher&) = delete;
  ~batcher()
  {
    for (const auto& caller : std::exchange(state_->collected, {}))
      caller->end(cancellation());
  }

  asio::awaitable<Out> run(In value)
  {
    const std::shared_ptr<state> all = state_; // it may outlive the batcher
    const auto own = std::make_shared<call>(all->executor, std::move(value));
    all->collected.push_back(own);
    const leave on_return{*all, own};
    if (all->collected.size() == all->most)
      all->send();
    else if (all->collected.size() == 1)
      all->set_clock();
    co_await own->done.wait();
    co_return own->result.get();
  }

  std::size_t collected() const noexcept { return state_->collected.size(); }

private:
  struct call
  {
    call(const asio::any_io_executor& executor, In v) : value(std::move(v)), done(executor) {}

    void end(outcome<Out> with)
    {
      result = std::move(with);
      done.wake_one();
    }
    void end(std::exception_ptr error)
    {
      outcome<Out> failed;
      failed.fail(std::move(error));
      end(std::move(failed));
    }

    In value;
    std::chrono::steady_clock::time_point made = std::chrono::steady_clock::now();
    outcome<Out> result;
    wait_list done;
  };
  using calls = std::vector<std::shared_ptr<call>>;

  struct state : std::enable_shared_from_this<state>
  {
    state(asio::any_io_executor e, std::size_t m, std::chrono::steady_clock::duration a, bulk o)
      : executor(std::move(e)), most(m), age(a), operation(std::move(o)), timer(executor)
    {
    }

    // By the oldest of those that wait.
    void set_clock()
    {
      if (collected.empty())
      {
        timer.cancel();
        return;
      }
      timer.expires_at(collected.front()->made + age);
      timer.async_wait([weak = this->weak_from_this(), first = collected.front()](error_code error) {
        const auto self = weak.lock();
        if (!error && self && !self->collected.empty() && self->collected.front() == first)
          self->send();
      });
    }

    void send()
    {
      const auto batch = std::make_shared<calls>(std::exchange(collected, {}));
      set_clock();
      std::vector<In> values;
      for (const auto& one : *batch)
        values.push_back(std::move(one->value));
      child<std::vector<outcome<Out>>>::start(executor, make(this->shared_from_this(), std::move(values)),
          [batch](outcome<std::vector<outcome<Out>>>& results) { answer(*batch, results); });
    }

    static asio::awaitable<std::vector<outcome<Out>>> make(std::shared_ptr<state> self, std::vector<In> values)
    {
      co_return co_await self->operation(std::move(values));
    }

    static void answer(calls& batch, outcome<std::vector<outcome<Out>>>& results)
    {
      std::exception_ptr error = results.error();
      std::vector<outcome<Out>> each;
      if (!error)
        each = results.get();
      if (!error && each.size() != batch.size())
        error = std::make_exception_ptr(std::logic_error("a batch of " + std::to_string(batch.size())
            + " was answered with " + std::to_string(each.size()) + " results"));
      for (std::size_t i = 0; i < batch.size(); ++i)
        if (error)
          batch[i]->end(error);
        else
          batch[i]->end(std::move(each[i]));
    }

    asio::any_io_executor executor;
    std::size_t most;
    std::chrono::steady_clock::duration age;
    bulk operation;
    asio::steady_timer timer;
    calls collected;
  };

  // Who gives up before its batch is sent takes its value with it.
  struct leave
  {
    state& all;
    const std::shared_ptr<call>& own;

    ~leave()
    {
      if (std::erase(all.collected, own) > 0)
        all.set_clock();
    }
  };

  std::shared_ptr<state> state_;
};

} // namespace toolkit
