// A bank account whose balance lives in a slow store: reading and writing it suspend.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace bank {

class account
{
public:
  account(boost::asio::any_io_executor executor, int balance) : executor_(executor), balance_(balance) {}

  // The bug: another withdrawal may come between the read and the write.
  boost::asio::awaitable<void> withdraw(int amount);

  int balance() const { return balance_; }

private:
  boost::asio::awaitable<int> read();
  boost::asio::awaitable<void> write(int balance);

  boost::asio::any_io_executor executor_;
  int balance_;
};

} // namespace bank
