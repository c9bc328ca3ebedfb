#include "account.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace bank {

asio::awaitable<void> account::withdraw(int amount)
{
  const int seen = co_await read();
  co_await write(seen - amount);
}

asio::awaitable<int> account::read()
{
  const int seen = balance_;
  co_await asio::post(executor_, asio::use_awaitable);
  co_return seen;
}

asio::awaitable<void> account::write(int balance)
{
  co_await asio::post(executor_, asio::use_awaitable);
  balance_ = balance;
}

} // namespace bank
