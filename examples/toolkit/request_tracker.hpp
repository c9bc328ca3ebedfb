// Replies that arrive in any order, matched to their requests by number.
//
//     request_tracker<std::uint64_t, reply> pending(executor);
//     auto request = pending.expect(id);                 // before it is sent: the reply may be fast
//     co_await send(id, question);
//     reply r = co_await request.wait(2s);               // the reader: pending.deliver(id, reply)
//
// Contract
//   deliver        gives the reply to who waits for it, or keeps nothing: late and unknown ones are dropped, counted,
//                  and answered with false
//   time limit     throws error::timed_out; the request is forgotten when it goes out of scope, at the latest
//   fail_all       the connection is gone: all who wait get the error
//   cancellation   ends the wait; the request is still expected until it goes out of scope
#pragma once

#include "event.hpp"
#include "timeout.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

namespace toolkit {

template <class Id, class Reply> class request_tracker
{
  struct state
  {
    std::map<Id, std::shared_ptr<oneshot<Reply>>> pending;
    std::uint64_t late = 0;
  };

public:
  explicit request_tracker(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // A request that is about to be sent. Forgotten when it goes out of scope.
  class [[nodiscard("a request that nobody keeps is forgotten at once")]] request
  {
  public:
    request(request && other) noexcept : of_(std::move(other.of_)), id_(other.id_), reply_(std::move(other.reply_)) {}
    request& operator=(request&&) = delete;
    ~request()
    {
      if (reply_)
        of_->pending.erase(id_);
    }

    asio::awaitable<Reply> wait(std::chrono::steady_clock::duration limit)
    {
      co_return co_await timeout(reply_->wait(), limit);
    }

  private:
    friend class request_tracker;
    request(std::shared_ptr<state> of, Id id, std::shared_ptr<oneshot<Reply>> reply)
      : of_(std::move(of)), id_(std::move(id)), reply_(std::move(reply))
    {
    }

    std::shared_ptr<state> of_;
    Id id_;
    std::shared_ptr<oneshot<Reply>> reply_;
  };

  request expect(Id id)
  {
    auto reply = std::make_shared<oneshot<Reply>>(executor_);
    if (!state_->pending.emplace(id, reply).second)
      throw std::logic_error("a request with this id is pending already");
    return request(state_, std::move(id), std::move(reply));
  }

  bool deliver(const Id& id, Reply reply)
  {
    const auto found = state_->pending.find(id);
    if (found == state_->pending.end() || found->second->is_set())
    {
      ++state_->late;
      return false;
    }
    found->second->set(std::move(reply));
    return true;
  }

  void fail_all(const std::exception_ptr& error)
  {
    for (const auto& [id, reply] : state_->pending)
      if (!reply->is_set())
        reply->fail(error);
  }

  std::size_t pending() const noexcept { return state_->pending.size(); }
  std::uint64_t late() const noexcept { return state_->late; }

private:
  asio::any_io_executor executor_;
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

} // namespace toolkit
