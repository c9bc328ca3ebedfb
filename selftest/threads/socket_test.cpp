// Sockets that block, on virtual threads: Asio's synchronous functions, and libc's own.
#include "exploring.hpp"

#include <detent/asio.hpp>
#include <detent/catch2.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace asio = boost::asio;
using asio::ip::tcp;
using Catch::Contains;
using namespace std::chrono_literals;

TEST_CASE("Asio's synchronous functions wait as threads do", "[threads][sockets]")
{
  passes("synchronous", [](detent::simulation& sim) {
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::thread server([&] {
      tcp::socket client = acceptor.accept();
      char request[5];
      asio::read(client, asio::buffer(request));
      std::this_thread::sleep_for(1s);
      asio::write(client, asio::buffer(request));
    });
    tcp::socket socket(context);
    socket.connect(acceptor.local_endpoint());
    asio::write(socket, asio::buffer("hello", 5));
    std::string answer(5, '\0');
    asio::read(socket, asio::buffer(answer));
    server.join();
    require(answer == "hello", "another answer");
    require(sim.elapsed() >= 1s, "before it was sent");
  });
}

TEST_CASE("libc's sockets, poll and their time limits", "[threads][sockets]")
{
  passes("libc", [](detent::simulation& sim) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0, "bind");
    socklen_t length = sizeof at;
    require(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) == 0 && at.sin_port != 0, "getsockname");
    require(::listen(listener, 1) == 0, "listen");
    std::thread server([&] {
      const int client = ::accept(listener, nullptr, nullptr);
      char word[3];
      for (std::size_t size = 0; size < sizeof word;)
        size += static_cast<std::size_t>(::read(client, word + size, sizeof word - size));
      pollfd more{client, POLLIN, 0};
      const auto before = sim.elapsed();
      require(::poll(&more, 1, 20) == 0, "there is no more");
      require(sim.elapsed() - before >= 20ms, "not waited for");
      for (std::size_t size = 0; size < sizeof word;)
        size += static_cast<std::size_t>(::write(client, word + size, sizeof word - size));
      ::close(client);
    });
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    require(::connect(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0, "connect");
    for (const char* word = "abc"; *word; ++word)
      require(::send(socket, word, 1, MSG_NOSIGNAL) == 1, "send");
    char back[8]{};
    std::size_t got = 0;
    while (const ssize_t size = ::recv(socket, back + got, sizeof back - got, 0))
    {
      require(size > 0, "recv");
      got += static_cast<std::size_t>(size);
    }
    require(std::string(back, got) == "abc", "another answer");
    require(::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK) == 0, "fcntl");
    server.join();
    ::close(socket);
    require(::recv(socket, back, 1, 0) == -1 && errno == EBADF, "closed");
    ::close(listener);
  });
}

TEST_CASE("a send that blocks sends all, as its peer makes room", "[threads][sockets]")
{
  passes("a large send", [](detent::simulation&) {
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    const std::string much(200'000, 'x');
    std::thread sender([&] {
      tcp::socket socket(context);
      socket.connect(acceptor.local_endpoint());
      require(
          ::send(socket.native_handle(), much.data(), much.size(), 0) == static_cast<ssize_t>(much.size()), "a part");
    });
    tcp::socket client = acceptor.accept();
    std::string all;
    boost::system::error_code ec;
    asio::read(client, asio::dynamic_buffer(all), ec);
    sender.join();
    require(ec == asio::error::eof && all == much, "not all");
  });
}

TEST_CASE("a thread that waits for a socket is named in a deadlock", "[threads][sockets]")
{
  const detent::result r = explored("nobody connects", [](detent::simulation&) {
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    std::thread server([&] { acceptor.accept(); });
    server.join();
  });
  INFO(r.report);
  REQUIRE(r.verdict == detent::verdict::deadlock);
  CHECK_THAT(r.report, Contains("main.1 waits to accept from socket 1"));
}
