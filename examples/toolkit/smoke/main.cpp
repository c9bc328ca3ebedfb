#include "smoke.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>

int main()
{
  boost::asio::io_context context(1);
  bool ended = false;
  boost::asio::co_spawn(context, smoke(), [&](std::exception_ptr error) {
    if (error)
      std::rethrow_exception(error);
    ended = true;
  });
  context.run();
  std::puts(ended ? "every part of the toolkit works" : "it did not end");
  return !ended;
}
