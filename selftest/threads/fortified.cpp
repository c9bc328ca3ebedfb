// Sockets of a program that was compiled with _FORTIFY_SOURCE: its calls go to libc's checking functions, __recv_chk and the
// like, wherever the compiler cannot tell whether a buffer is large enough.
#include <detent/explore.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void require(bool condition, const char* what)
{
  if (!condition)
    throw std::runtime_error(what);
}

void talk(std::size_t size)
{
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(9);
  require(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0, "bind");
  require(::listen(listener, 1) == 0, "listen");
  std::thread server([&] {
    const int client = ::accept(listener, nullptr, nullptr);
    char word[8];
    pollfd readable[2] = {{client, POLLIN, 0}, {client, POLLIN, 0}};
    require(::poll(readable, size / 2, -1) != 0, "poll");
    std::size_t got = 0;
    for (ssize_t more = 0; got < size && (more = ::recv(client, word, size - got, 0)) > 0;)
      got += static_cast<std::size_t>(more);
    require(got == size, "recv");
    require(::write(client, word, 1) == 1, "write");
    ::close(client);
  });
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  require(::connect(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0, "connect");
  require(::write(socket, "word", size) == static_cast<ssize_t>(size), "write");
  char answer[4];
  require(::read(socket, answer, size) == 1, "read");
  server.join();
}

} // namespace

int main(int argc, char**)
{
  const std::size_t size = argc == 1 ? 4 : 0; // which the compiler does not know
  const detent::result r = detent::explore([size](detent::simulation&) { talk(size); });
  std::printf("%s\n", r.report.c_str());
  return r.passed() ? 0 : 1;
}
