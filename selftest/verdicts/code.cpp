#include "code.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <mutex>
#include <stdexcept>
#include <thread>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

namespace code {
namespace {

using channel = asio::experimental::channel<void(boost::system::error_code)>;

task yield(executor on) { co_await asio::post(on, asio::use_awaitable); }

task sleep(executor on, std::chrono::nanoseconds time)
{
  asio::steady_timer timer(on, time);
  co_await timer.async_wait(asio::use_awaitable);
}

task withdraw(executor on, int& balance, int amount)
{
  if (balance < amount)
    co_return;
  co_await yield(on);
  balance -= amount;
  if (balance < 0)
    throw std::runtime_error("the account is overdrawn");
}

task read_one(executor on, channel& from)
{
  co_await yield(on);
  co_await from.async_receive(asio::use_awaitable);
}

task transfer(executor on, channel& from, channel& to)
{
  co_await from.async_receive(asio::use_awaitable);
  co_await yield(on);
  co_await to.async_receive(asio::use_awaitable);
  to.try_send(boost::system::error_code());
  from.try_send(boost::system::error_code());
}

task watch(executor on, std::shared_ptr<channel> changes)
{
  for (;;)
  {
    co_await changes->async_receive(asio::use_awaitable);
    co_await yield(on);
  }
}

task polite(executor on, const bool& other_wants, bool& wants)
{
  for (;;)
  {
    wants = true;
    co_await yield(on);
    if (!other_wants)
      co_return;
    wants = false;
    co_await yield(on);
  }
}

} // namespace

task overdraw(executor on)
{
  int balance = 100;
  co_await (withdraw(on, balance, 80) && withdraw(on, balance, 70));
}

task throws_detached(executor on)
{
  const auto changes = std::make_shared<channel>(on, 1);
  asio::co_spawn(
      on, [=]() -> task { co_await read_one(on, *changes); }, asio::detached);
  co_await yield(on);
  changes->close();
  co_await yield(on);
}

task lock_both_ways(executor on)
{
  channel first(on, 1);
  channel second(on, 1);
  first.try_send(boost::system::error_code());
  second.try_send(boost::system::error_code());
  co_await (transfer(on, first, second) && transfer(on, second, first));
}

task forget_watcher(executor on)
{
  const auto changes = std::make_shared<channel>(on, 1);
  asio::co_spawn(on, watch(on, changes), asio::detached);
  changes->try_send(boost::system::error_code());
  co_await yield(on);
}

task after_you(executor on)
{
  bool left = false;
  bool right = false;
  co_await (polite(on, left, right) && polite(on, right, left));
}

task lease(executor on, std::shared_ptr<pool> from)
{
  while (from->leased >= from->most)
    co_await sleep(on, 1ms);
  co_await yield(on); // the connection is checked; meanwhile another one may be leased
  ++from->leased;
  co_await sleep(on, 2ms);
  --from->leased;
}

task ask(executor on, std::shared_ptr<bool> answered)
{
  const auto first = co_await (sleep(on, 10ms) || sleep(on, 10ms)); // the answer, and the time limit
  if (first.index() == 0)
    *answered = true;
  co_await sleep(on, 1s);
}

task fetch(executor on, const std::function<void(int attempt)>& attempted)
{
  for (int attempt = 1; attempt <= 3; ++attempt)
  {
    attempted(attempt);
    co_await sleep(on, 1ms);
    const bool failed = false; // whoever wrote the stub forgot to let it fail
    if (!failed)
      co_return;
  }
}

task sleeps_in_handler(executor on)
{
  co_await yield(on);
  std::this_thread::sleep_for(50ms);
}

asio::awaitable<int> cache::read()
{
  co_await yield(on_);
  co_return cached_;
}

task cache::write(int value)
{
  stored_ = value;
  co_await yield(on_);
  co_await yield(on_);
  cached_ = stored_; // after the write was acknowledged to others that look at what is stored
}

task use_closed(executor on)
{
  auto session = std::make_unique<int>(7);
  const auto close = [&]() -> task {
    co_await yield(on);
    session.reset();
  };
  const auto use = [&]() -> task {
    co_await yield(on);
    *static_cast<volatile int*>(session.get()) = 8;
  };
  co_await (use() && close());
}

task counts_calls(executor on)
{
  static int calls = 0;
  if (++calls == 5)
    throw std::runtime_error("the fifth call");
  co_await (yield(on) && yield(on));
}

task two_steps(executor on, bool one_more)
{
  co_await (yield(on) && yield(on));
  if (one_more)
    co_await (yield(on) && yield(on));
  else
    throw std::runtime_error("failed");
}

void lock_both_ways_on_threads()
{
  std::mutex accounts;
  std::mutex journal;
  std::thread teller([&] {
    const std::lock_guard account(accounts);
    const std::lock_guard entry(journal);
  });
  std::thread auditor([&] {
    const std::lock_guard entry(journal);
    const std::lock_guard account(accounts);
  });
  teller.join();
  auditor.join();
}

} // namespace code
