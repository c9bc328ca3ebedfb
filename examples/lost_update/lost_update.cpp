#include "lost_update.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;
using namespace boost::asio::experimental::awaitable_operators;

namespace lost_update {
namespace {

class account
{
public:
  account(asio::any_io_executor executor, int balance) : executor_(executor), balance_(balance), lock_(executor, 1) {}

  asio::awaitable<void> withdraw(int amount)
  {
    const int seen = co_await read();
    co_await write(seen - amount);
  }

  asio::awaitable<void> withdraw_locked(int amount)
  {
    co_await lock_.async_send(boost::system::error_code(), asio::use_awaitable);
    co_await withdraw(amount);
    lock_.try_receive([](boost::system::error_code) {});
  }

  int balance() const { return balance_; }

private:
  asio::awaitable<int> read()
  {
    const int seen = balance_;
    co_await asio::post(executor_, asio::use_awaitable);
    co_return seen;
  }

  asio::awaitable<void> write(int balance)
  {
    co_await asio::post(executor_, asio::use_awaitable);
    balance_ = balance;
  }

  asio::any_io_executor executor_;
  int balance_;
  asio::experimental::concurrent_channel<void(boost::system::error_code)> lock_;
};

// The second client logs in first, which takes three round trips.
asio::awaitable<void> log_in(asio::any_io_executor executor)
{
  for (int i = 0; i < 3; ++i)
    co_await asio::post(executor, asio::use_awaitable);
}

} // namespace

asio::awaitable<int> broken(asio::any_io_executor executor)
{
  account shared(executor, 100);
  const auto second = [&]() -> asio::awaitable<void> {
    co_await log_in(executor);
    co_await shared.withdraw(20);
  };
  co_await (shared.withdraw(10) && second());
  co_return shared.balance();
}

asio::awaitable<int> fixed(asio::any_io_executor executor)
{
  account shared(executor, 100);
  const auto second = [&]() -> asio::awaitable<void> {
    co_await log_in(executor);
    co_await shared.withdraw_locked(20);
  };
  co_await (shared.withdraw_locked(10) && second());
  co_return shared.balance();
}

} // namespace lost_update
