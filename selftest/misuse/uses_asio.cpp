// A program that uses Asio, to be put together wrongly in different ways.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdio>

#if defined(IN_LIBRARY)
__attribute__((visibility("default"))) void use_asio();
void use_asio()
#else
int main()
#endif
{
  boost::asio::io_context context;
  boost::asio::steady_timer timer(context, std::chrono::hours(1));
  timer.async_wait([](boost::system::error_code) { std::puts("ran"); });
  boost::asio::post(context, [] {});
  context.run();
}
