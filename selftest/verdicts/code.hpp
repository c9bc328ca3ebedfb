// Code with one mistake each: plain Boost.Asio, without a word of Detent, but where the mistake is about one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace code {

using executor = boost::asio::any_io_executor;
using task = boost::asio::awaitable<void>;

// assertion: two withdrawals check the balance, and both find it sufficient.
task overdraw(executor on);

// unhandled exception: a reader that nobody waits for meets a closed channel.
task throws_detached(executor on);

// deadlock: two transfers lock two accounts in opposite order.
task lock_both_ways(executor on);

// leak: a watcher is started and never stopped.
task forget_watcher(executor on);

// livelock: two polite tasks that give way to each other.
task after_you(executor on);

// invariant: leases of a pool that hands out one too many when a connection comes back at the wrong moment.
struct pool
{
  int leased = 0;
  int most = 2;
};
task lease(executor on, std::shared_ptr<pool> from);

// liveness: a request whose answer is lost if the timer comes first.
task ask(executor on, std::shared_ptr<bool> answered);

// vacuous: a retry that never happens, since nothing ever fails.
task fetch(executor on, const std::function<void(int attempt)>& attempted);

// hog: a handler that sleeps.
task sleeps_in_handler(executor on);

// not linearizable: a cached value is read while the new one is on its way.
class cache
{
public:
  explicit cache(executor on) : on_(on) {}
  boost::asio::awaitable<int> read();
  task write(int value);

private:
  executor on_;
  int stored_ = 0;
  int cached_ = 0;
};

// crash: a session is used after it was closed.
task use_closed(executor on);

// nondeterministic: a static decides how many steps there are.
task counts_calls(executor on);

// diverged: the program has one more step than when its token was printed.
task two_steps(executor on, bool one_more);

// deadlock_of_threads: two threads lock two mutexes in two orders.
void lock_both_ways_on_threads();

} // namespace code
