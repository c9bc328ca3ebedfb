// Boost.Asio's HTTP server 3, unmodified (its main() is server_main here), on two virtual threads, with two clients that
// come at once, in many schedules. It is stopped by a signal, as a person would.
//
//     http_server3 SCHEDULES FOLDER      the folder has an index.html, which holds "the page"
//     http_server3 canary FOLDER         the clients want another page: every schedule fails
#include <detent/asio.hpp>
#include <detent/explore.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

int server_main(int argc, char** argv);

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

std::string get(const std::string& path)
{
  asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code ec;
  const auto endpoints = tcp::resolver(context).resolve("localhost", "8080");
  while (asio::connect(socket, endpoints, ec), ec) // until the server listens
    std::this_thread::sleep_for(1ms);
  asio::write(socket, asio::buffer("GET " + path + " HTTP/1.0\r\nAccept: */*\r\n\r\n"));
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), ec);
  if (ec != asio::error::eof)
    throw std::runtime_error("the connection ends with " + ec.message());
  return answer;
}

void require_page(const std::string& path, const std::string& page)
{
  const std::string answer = get(path);
  if (!answer.starts_with("HTTP/1.0 200 OK\r\n") || answer.find(page) == answer.npos)
    throw std::runtime_error("the server answers:\n" + answer);
}

} // namespace

int main(int argc, char** argv)
{
  if (argc != 3)
    return 2;
  const bool canary = std::strcmp(argv[1], "canary") == 0;
  const std::string folder = argv[2];
  detent::options how;
  how.name = "HTTP server 3";
  how.schedules = canary ? 10 : std::strtoull(argv[1], nullptr, 10);
  const detent::result r = detent::explore(how, [&](detent::simulation& sim) {
    std::string words[] = {"http_server", "0.0.0.0", "8080", "2", folder};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data()};
    std::thread server([&] { server_main(static_cast<int>(std::size(arguments)), arguments); });
    std::thread other([&] { require_page("/", canary ? "another page" : "the page"); });
    require_page("/index.html", "the page");
    other.join();
    sim.raise(SIGINT);
    server.join();
  });
  std::printf("%s\n", r.report.c_str());
  return r.passed() ? 0 : 1;
}
