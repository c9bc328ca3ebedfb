// Callers that ask for the same at once share one call.
//
//     single_flight<std::string, user> users(executor);
//     user u = co_await users.run(name, [&] { return database.load(name); });
//
//     memoize<std::string, user> cached(executor, 5min);      // and keeps the value for a while
//     user u = co_await cached.run(name, [&] { return database.load(name); });
//
// Contract
//   sharing        who comes while a call for its key runs gets a copy of that call's value or error; the operation of
//                  the first is the one that is made, as a task of its own
//   resumption     never inside run(), also where memoize has the value: the caller is always posted
//   errors         are shared by those who wait, and kept by nobody
//   cancellation   of a caller ends its wait only; when the last one is gone the call itself is cancelled, and who
//                  comes then starts another one
#pragma once

#include "child.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <utility>

namespace toolkit {

template <class Key, class T> class single_flight
{
public:
  explicit single_flight(asio::any_io_executor executor) : state_(std::make_shared<state>(std::move(executor))) {}

  template <class Operation> asio::awaitable<T> run(Key key, Operation operation)
  {
    std::shared_ptr<flight> own = state_->find(key);
    if (!own)
    {
      own = std::make_shared<flight>();
      state_->flights[key] = own;
      own->call = child<T>::start(
          state_->executor, call(std::move(operation)), [own, key, s = std::weak_ptr(state_)](const auto&) {
            if (const auto all = s.lock())
              all->forget(key, own);
          });
    }
    ++own->callers;
    const leave on_return{*state_, key, own};
    co_await own->call->wait();
    outcome<T> copy = own->call->result;
    co_return copy.get();
  }

  std::size_t size() const noexcept { return state_->flights.size(); }

private:
  struct flight
  {
    std::shared_ptr<child<T>> call;
    std::size_t callers = 0;
  };

  struct state
  {
    explicit state(asio::any_io_executor e) : executor(std::move(e)) {}

    std::shared_ptr<flight> find(const Key& key) const
    {
      const auto found = flights.find(key);
      return found == flights.end() ? nullptr : found->second;
    }
    void forget(const Key& key, const std::shared_ptr<flight>& which)
    {
      if (find(key) == which)
        flights.erase(key);
    }

    asio::any_io_executor executor;
    std::map<Key, std::shared_ptr<flight>> flights;
  };

  struct leave
  {
    state& of;
    const Key& key;
    const std::shared_ptr<flight>& own;

    ~leave()
    {
      if (--own->callers == 0 && !own->call->ended())
      {
        of.forget(key, own);
        own->call->cancel();
      }
    }
  };

  // Keeps the operation as long as its coroutine.
  template <class Operation> static asio::awaitable<T> call(Operation operation) { co_return co_await operation(); }

  std::shared_ptr<state> state_;
};

template <class Key, class T> class memoize
{
public:
  using clock = std::chrono::steady_clock;

  memoize(asio::any_io_executor executor, clock::duration keep)
    : executor_(executor), keep_(keep), calls_(std::move(executor))
  {
  }

  template <class Operation> asio::awaitable<T> run(Key key, Operation operation)
  {
    if (const auto found = values_.find(key); found != values_.end() && clock::now() < found->second.until)
    {
      const T value = found->second.value;
      co_await asio::post(executor_, asio::use_awaitable);
      co_return value;
    }
    T value = co_await calls_.run(key, std::move(operation));
    values_.insert_or_assign(key, entry{value, clock::now() + keep_});
    co_return value;
  }

  void forget(const Key& key) { values_.erase(key); }

private:
  struct entry
  {
    T value;
    clock::time_point until;
  };

  asio::any_io_executor executor_;
  clock::duration keep_;
  std::map<Key, entry> values_;
  single_flight<Key, T> calls_;
};

} // namespace toolkit
