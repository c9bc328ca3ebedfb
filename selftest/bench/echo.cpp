// One side of the benchmark of sockets: prints ns a round trip of one byte, there and back, between two coroutines over
// TCP. Linked with Asio's own runtime and the kernel's loopback, or with Detent.
//
//     echo ROUND-TRIPS
#include "real_time.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <cstdlib>

#if defined(BENCH_DETENT)
#include <detent/machine.hpp>
#include <detent/recording.hpp>
#endif

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

asio::awaitable<void> serve(tcp::acceptor& acceptor)
{
  tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
  client.set_option(tcp::no_delay(true));
  char byte = 0;
  for (;;)
  {
    boost::system::error_code ec;
    const std::size_t size =
        co_await client.async_read_some(asio::buffer(&byte, 1), asio::redirect_error(asio::use_awaitable, ec));
    if (size == 0)
      co_return;
    co_await client.async_write_some(asio::buffer(&byte, 1), asio::use_awaitable);
  }
}

asio::awaitable<void> ask(tcp::endpoint server, std::size_t times)
{
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect(server, asio::use_awaitable);
  socket.set_option(tcp::no_delay(true));
  char byte = 'x';
  for (std::size_t i = 0; i < times; ++i)
  {
    co_await socket.async_write_some(asio::buffer(&byte, 1), asio::use_awaitable);
    co_await socket.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
  }
}

void round_trips(std::size_t times)
{
  asio::io_context context(1);
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  asio::co_spawn(context, serve(acceptor), asio::detached);
  asio::co_spawn(context, ask(acceptor.local_endpoint(), times), asio::detached);
  context.run();
}

} // namespace

int main(int argc, char** argv)
{
  if (argc != 2)
    return 2;
  const auto all = static_cast<std::size_t>(std::atoll(argv[1]));
  constexpr std::size_t of_one_schedule = 1'000;
#if defined(BENCH_DETENT)
  detent::recording recording(detent::recording::level::search);
  detent::machine machine;
  const detent::machine::scope scope(machine);
#endif
  const double start = real_ns();
  for (std::size_t done = 0; done < all; done += of_one_schedule)
  {
#if defined(BENCH_DETENT)
    machine.begin({}, nullptr, &recording);
#endif
    round_trips(of_one_schedule);
#if defined(BENCH_DETENT)
    if (machine.failed())
      return 1;
    machine.finish();
#endif
  }
  std::printf("%f\n", (real_ns() - start) / static_cast<double>(all));
}
