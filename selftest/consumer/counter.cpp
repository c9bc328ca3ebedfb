#include "counter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace asio = boost::asio;

namespace {

asio::awaitable<void> add_one(asio::any_io_executor executor, int& number, int login_steps)
{
  for (int i = 0; i < login_steps; ++i)
    co_await asio::post(executor, asio::use_awaitable);
  const int seen = number;
  co_await asio::post(executor, asio::use_awaitable);
  number = seen + 1;
}

} // namespace

asio::awaitable<int> count_twice(asio::any_io_executor executor)
{
  int number = 0;
  int ended = 0;
  asio::steady_timer all_ended(executor, std::chrono::steady_clock::time_point::max());
  for (const int login_steps : {0, 2})
    asio::co_spawn(executor, add_one(executor, number, login_steps), [&](std::exception_ptr) {
      if (++ended == 2)
        all_ended.cancel();
    });
  try
  {
    co_await all_ended.async_wait(asio::use_awaitable);
  }
  catch (const boost::system::system_error&)
  {
  }
  co_return number;
}
