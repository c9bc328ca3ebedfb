// Connections, or what else is dear to open, for many users.
//
//     resource_pool<connection> pool(executor, size_by_littles_law(200 /* a second */, 50ms), [&] { return open(); });
//     auto lease = co_await pool.acquire();
//     co_await lease->query(q);                     // given back when the lease goes out of scope
//
// Contract
//   bound          no more are open, and lent, than the size; who comes later waits, first come, first served
//   health         is asked before an idle one is lent; one that is not well is dropped, and a new one opened
//   errors         of opening are the caller's, and its place is free again. A resource that its user found broken is
//                  not given back after lease.discard()
//   holding        a lease that is held for longer than `longest` is told to on_long_hold when it comes back: who
//                  awaits other things while holding one starves the rest
//   cancellation   of acquire() leaves the queue, or drops what was being opened
//   lifetime       a lease may outlive the pool; its resource is destroyed then
// Source: J. Little, "A Proof for the Queuing Formula L = lambda W" (1961).
#pragma once

#include "semaphore.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace toolkit {

// How many are in use at once, on average and rounded up: arrivals a second x the time that each takes.
inline std::size_t size_by_littles_law(double arrivals_per_second, std::chrono::nanoseconds each)
{
  return static_cast<std::size_t>(std::ceil(arrivals_per_second * std::chrono::duration<double>(each).count()));
}

template <class Resource> class resource_pool
{
  using clock = std::chrono::steady_clock;

public:
  struct options
  {
    std::function<bool(Resource&)> is_well = [](Resource&) { return true; };
    clock::duration longest = clock::duration::max();
    std::function<void(clock::duration)> on_long_hold = [](clock::duration) {};
  };

private:
  struct state
  {
    options how;
    std::vector<std::unique_ptr<Resource>> idle; // the one used last is lent first
  };

public:
  class [[nodiscard("a lease is given back at once if nobody keeps it")]] lease
  {
  public:
    lease(lease &&) noexcept = default;
    lease& operator=(lease&&) = delete;
    ~lease()
    {
      const std::shared_ptr<state> pool = of_.lock();
      if (!resource_ || !pool)
        return;
      if (const clock::duration held = clock::now() - since_; held > pool->how.longest)
        pool->how.on_long_hold(held);
      pool->idle.push_back(std::move(resource_));
    }

    Resource& operator*() const noexcept { return *resource_; }
    Resource* operator->() const noexcept { return resource_.get(); }

    // It is broken: destroyed now, and not given back.
    void discard() { resource_.reset(); }

  private:
    friend class resource_pool;
    lease(std::weak_ptr<state> of, permit place, std::unique_ptr<Resource> resource)
      : place_(std::move(place)), of_(std::move(of)), resource_(std::move(resource))
    {
    }

    permit place_; // given back last
    std::weak_ptr<state> of_;
    std::unique_ptr<Resource> resource_;
    clock::time_point since_ = clock::now();
  };

  using opener = std::function<asio::awaitable<Resource>()>;

  resource_pool(asio::any_io_executor executor, std::size_t size, opener open, options how = {})
    : places_(std::move(executor), size), open_(std::move(open)),
      state_(std::make_shared<state>(state{std::move(how), {}}))
  {
  }

  asio::awaitable<lease> acquire()
  {
    permit place = co_await places_.acquire();
    while (!state_->idle.empty())
    {
      std::unique_ptr<Resource> known = std::move(state_->idle.back());
      state_->idle.pop_back();
      if (state_->how.is_well(*known))
        co_return lease(state_, std::move(place), std::move(known));
    }
    auto opened = std::make_unique<Resource>(co_await open_());
    co_return lease(state_, std::move(place), std::move(opened));
  }

  std::size_t idle() const noexcept { return state_->idle.size(); }
  std::size_t waiting() const noexcept { return places_.waiting(); }

private:
  semaphore places_;
  opener open_;
  std::shared_ptr<state> state_;
};

} // namespace toolkit
