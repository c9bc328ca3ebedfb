#include "counter.hpp"
#include "ticker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;

int main()
{
  asio::io_context context(1);
  int ticks = 0;
  int counted = 0;
  const auto start = std::chrono::steady_clock::now();
  asio::co_spawn(context, tick(context.get_executor(), 3, 10ms), [&](std::exception_ptr, int n) { ticks = n; });
  asio::co_spawn(context, count_twice(context.get_executor()), [&](std::exception_ptr, int n) { counted = n; });
  context.run();
  const bool real_time = std::chrono::steady_clock::now() - start >= 30ms;
  return ticks == 3 && counted == 2 && real_time ? 0 : 1;
}
