#include "half_line.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace half_line {
namespace {

asio::awaitable<std::string> read_once(tcp::socket& client)
{
  std::array<char, 64> piece{};
  const std::size_t size = co_await client.async_read_some(asio::buffer(piece), asio::use_awaitable);
  co_return std::string(piece.data(), size);
}

asio::awaitable<std::string> read_a_line(tcp::socket& client)
{
  std::string line;
  const std::size_t size =
      co_await asio::async_read_until(client, asio::dynamic_buffer(line), '\n', asio::use_awaitable);
  line.resize(size);
  co_return line;
}

asio::awaitable<void> send(asio::any_io_executor executor, tcp::endpoint server)
{
  tcp::socket socket(executor);
  co_await socket.async_connect(server, asio::use_awaitable);
  const std::string line = "withdraw 30\n";
  co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
}

asio::awaitable<std::string> serve(tcp::acceptor& acceptor, asio::awaitable<std::string> (*read)(tcp::socket&))
{
  tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
  std::string line = co_await read(client);
  line.resize(line.find_last_not_of('\n') + 1);
  co_return line;
}

asio::awaitable<std::string> run(asio::any_io_executor executor, asio::awaitable<std::string> (*read)(tcp::socket&))
{
  using namespace asio::experimental::awaitable_operators;
  tcp::acceptor acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::string line = co_await (serve(acceptor, read) && send(executor, acceptor.local_endpoint()));
  co_return line;
}

} // namespace

asio::awaitable<std::string> broken(asio::any_io_executor executor) { return run(executor, &read_once); }
asio::awaitable<std::string> fixed(asio::any_io_executor executor) { return run(executor, &read_a_line); }

} // namespace half_line
