// A number of permits, and a queue for them.
//
//     semaphore connections(executor, 20);
//     permit held = co_await connections.acquire();      // released when it goes out of scope
//
// Contract
//   order          first come, first served: nobody overtakes who waits
//   release        hands the permit to the oldest waiter, in whose name it is held from then on
//   cancellation   of a wait leaves the queue. Of one that meets a release at the same instant either the waiter has
//                  the permit, and lets go of it when it is unwound, or the next one has it: none is lost, none is
//                  doubled
//   lifetime       a permit may outlive the semaphore; what waits when it is destroyed ends with operation_aborted
#pragma once

#include "timeout.hpp"
#include "wait_list.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace toolkit {

class semaphore
{
  struct state
  {
    state(asio::any_io_executor executor, std::size_t permits) : available(permits), waiting(std::move(executor)) {}

    void release()
    {
      if (!waiting.wake_one())
        ++available;
    }

    std::size_t available;
    wait_list waiting; // empty while any is available
  };

public:
  class [[nodiscard("a permit is released at once if nobody keeps it")]] permit
  {
  public:
    permit(permit && other) noexcept = default;
    permit& operator=(permit&& other) noexcept
    {
      permit old(std::move(*this));
      of_ = std::move(other.of_);
      return *this;
    }
    ~permit() { release(); }

    // Before the end of its scope; a second time does nothing.
    void release()
    {
      if (const std::shared_ptr<state> of = std::exchange(of_, std::weak_ptr<state>()).lock())
        of->release();
    }

  private:
    friend class semaphore;
    explicit permit(std::weak_ptr<state> of) noexcept : of_(std::move(of)) {}

    std::weak_ptr<state> of_;
  };

  semaphore(asio::any_io_executor executor, std::size_t permits)
    : state_(std::make_shared<state>(std::move(executor), permits))
  {
  }
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  asio::awaitable<permit> acquire()
  {
    if (state_->available != 0)
      --state_->available;
    else
      co_await state_->waiting.wait();
    co_return permit(state_);
  }

  // Nothing if it takes longer.
  asio::awaitable<std::optional<permit>> acquire_within(std::chrono::steady_clock::duration limit)
  {
    try
    {
      co_return co_await timeout(acquire(), limit);
    }
    catch (const system_error& e)
    {
      if (e.code() != asio::error::timed_out)
        throw;
    }
    co_return std::nullopt;
  }

  std::optional<permit> try_acquire()
  {
    if (state_->available == 0)
      return std::nullopt;
    --state_->available;
    return permit(state_);
  }

  std::size_t available() const noexcept { return state_->available; }
  std::size_t waiting() const noexcept { return state_->waiting.size(); }

private:
  std::shared_ptr<state> state_;
};

using permit = semaphore::permit;

} // namespace toolkit
