// Boost.Asio's echo servers, unmodified (their main() is server_main here), each on a virtual thread, with two clients that
// come at once, in many schedules. Those that wait for a signal are stopped by one; the others are left behind.
//
//     echo PORT SCHEDULES
#include <detent/asio.hpp>
#include <detent/explore.hpp>
#include <detent/host.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

// One of the two is there.
[[gnu::weak]] int server_main(int argc, char** argv);
[[gnu::weak]] int server_main();

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

std::string port;

void serve()
{
  if (int (*const main_with_arguments)(int, char**) = server_main)
  {
    char name[] = "server";
    char* arguments[] = {name, port.data()};
    main_with_arguments(2, arguments);
  }
  else if (int (*const plain_main)() = server_main)
    plain_main();
}

void talk(const std::string& text)
{
  asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code ec;
  const tcp::endpoint server(asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::stoi(port)));
  while (socket.connect(server, ec), ec) // until it listens
  {
    socket.close();
    std::this_thread::sleep_for(1ms);
  }
  asio::write(socket, asio::buffer(text));
  std::string back(text.size(), '\0');
  asio::read(socket, asio::buffer(back));
  if (back != text)
    throw std::runtime_error("the echo is \"" + back + "\"");
}

} // namespace

int main(int argc, char** argv)
{
  if (argc != 3)
    return 2;
  port = argv[1];
  detent::options how;
  how.name = "echo";
  how.schedules = std::strtoull(argv[2], nullptr, 10);
  const detent::result r = detent::explore(how, [&](detent::simulation& sim) {
    std::thread server(serve);
    std::thread other([] { talk("to be sent back"); });
    talk("hello");
    other.join();
    if (sim.world().this_host().signals.raise(SIGINT))
      server.join();
    else
      server.detach();
  });
  std::printf("%s\n", r.report.c_str());
  return r.passed() ? 0 : 1;
}
