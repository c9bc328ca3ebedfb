// Sockets, resolvers and signals on the simulated network.
#include "coroutines.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <csignal>
#include <stdexcept>

using namespace boost::asio::experimental::awaitable_operators;
using asio::ip::tcp;

namespace {

constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);

detent::result everywhere(const char* name, detent::body body)
{
  detent::options how;
  how.name = name;
  how.schedules = 300;
  how.max_lag = 0ns; // a wait of 1 ms is long enough for all that is ready
  return detent::explore(how, body);
}

// Connected to each other.
struct two
{
  tcp::socket client;
  tcp::socket server;

  static asio::awaitable<two> connected(asio::any_io_executor executor)
  {
    tcp::acceptor acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket client(executor);
    tcp::socket server = co_await (acceptor.async_accept(asio::use_awaitable)
        && client.async_connect(acceptor.local_endpoint(), asio::use_awaitable));
    co_return two{std::move(client), std::move(server)};
  }
};

asio::awaitable<void> echo(tcp::socket socket)
{
  std::array<char, 100> data{};
  for (;;)
  {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(data), as_pair);
    if (error)
      co_return;
    co_await asio::async_write(socket, asio::buffer(data, size), asio::use_awaitable);
  }
}

asio::awaitable<void> talk(asio::any_io_executor executor, std::string text)
{
  tcp::socket socket(executor);
  const auto endpoints = co_await tcp::resolver(executor).async_resolve("localhost", "7", asio::use_awaitable);
  co_await asio::async_connect(socket, endpoints, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
  std::string back(text.size(), '\0');
  co_await asio::async_read(socket, asio::buffer(back), asio::use_awaitable);
  if (back != text)
    throw std::runtime_error("the echo is " + back);
}

} // namespace

TEST_CASE("an echo server and two clients, in many schedules", "[sockets]")
{
  passes(everywhere("echo", detent::as_body([](detent::simulation& sim) -> asio::awaitable<void> {
    const auto executor = sim.executor();
    tcp::acceptor acceptor(executor, tcp::endpoint(tcp::v4(), 7));
    asio::co_spawn(
        executor,
        [&]() -> asio::awaitable<void> {
          for (int i = 0; i < 2; ++i)
            asio::co_spawn(executor, echo(co_await acceptor.async_accept(asio::use_awaitable)), asio::detached);
        },
        asio::detached);
    co_await (talk(executor, "hello") && talk(executor, std::string(1000, 'x')));
  })));
}

TEST_CASE("what has arrived, the end, and a reset are told apart", "[sockets]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    two pair = co_await two::connected(sim.executor());
    std::array<char, 10> data{};
    co_await asio::async_write(pair.client, asio::buffer("bye", 3), asio::use_awaitable);
    CHECK(pair.server.available() == 3);
    pair.client.shutdown(tcp::socket::shutdown_send);
    auto [first, size] = co_await pair.server.async_read_some(asio::buffer(data), as_pair);
    CHECK(!first);
    CHECK(size == 3);
    auto [second, none] = co_await pair.server.async_read_some(asio::buffer(data), as_pair);
    CHECK(second == asio::error::eof);
    co_await asio::async_write(pair.server, asio::buffer("unread", 6), asio::use_awaitable);
    pair.client.close();
    auto [third, nothing] = co_await pair.server.async_read_some(asio::buffer(data), as_pair);
    CHECK(third == asio::error::connection_reset);
    auto [fourth, sent] = co_await asio::async_write(pair.server, asio::buffer("more", 4), as_pair);
    CHECK(fourth == asio::error::broken_pipe);
  }));
}

TEST_CASE("who is not listened to is refused", "[sockets]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    tcp::socket socket(sim.executor());
    auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), 1}, as_pair);
    CHECK(refused == asio::error::connection_refused);
    tcp::acceptor acceptor(sim.executor(), {tcp::v6(), 80});
    error_code in_use;
    tcp::acceptor other(sim.executor());
    other.open(tcp::v6());
    other.bind({tcp::v6(), 80}, in_use);
    CHECK(in_use == asio::error::address_in_use);
  }));
}

TEST_CASE("a read is cancelled, also when its bytes have come and its handler has not run", "[sockets]")
{
  passes(everywhere("cancel", detent::as_body([](detent::simulation& sim) -> asio::awaitable<void> {
    static bool seen[2];
    two pair = co_await two::connected(sim.executor());
    std::array<char, 1> data{};
    bool ended = false;
    pair.server.async_read_some(asio::buffer(data), [&](error_code error, std::size_t size) {
      ended = true;
      seen[error == asio::error::operation_aborted] = true;
      if (error ? size != 0 : size != 1)
        throw std::runtime_error("half a result");
    });
    co_await (asio::async_write(pair.client, asio::buffer("x", 1), asio::use_awaitable) &&
            [](tcp::socket& reader) -> asio::awaitable<void> {
      co_await asio::post(asio::use_awaitable); // before or after what the bytes have made ready
      reader.cancel();
    }(pair.server));
    co_await wait(1ms);
    if (!ended)
      throw std::runtime_error("never told");
    detent::sometimes("read", seen[false]);
    detent::sometimes("aborted", seen[true]);
  })));
}

TEST_CASE("a socket goes when what it waits for has come and its step has not", "[sockets]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    two pair = co_await two::connected(sim.executor());
    std::array<char, 1> data{};
    error_code seen;
    pair.server.async_read_some(asio::buffer(data), [&](error_code error, std::size_t) { seen = error; });
    error_code ec;
    pair.client.write_some(asio::buffer("x", 1), ec); // the step is ready from here on
    pair.server.close();
    co_await wait(1ms);
    CHECK(seen == asio::error::operation_aborted);
  }));
}

TEST_CASE("who writes more than anybody reads waits", "[sockets]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    two pair = co_await two::connected(sim.executor());
    const std::string much(300'000, 'x');
    bool written = false;
    asio::async_write(pair.client, asio::buffer(much), [&](error_code, std::size_t) { written = true; });
    co_await wait(1ms);
    CHECK_FALSE(written);
    std::string all(much.size(), '\0');
    co_await asio::async_read(pair.server, asio::buffer(all), asio::use_awaitable);
    co_await wait(1ms);
    CHECK(written);
    CHECK(all == much);
  }));
}

TEST_CASE("a read that nobody answers is a deadlock with its socket", "[sockets]")
{
  const detent::result r = once([](detent::simulation& sim) -> asio::awaitable<void> {
    two pair = co_await two::connected(sim.executor());
    std::array<char, 1> data{};
    co_await pair.server.async_read_some(asio::buffer(data), asio::use_awaitable);
  });
  INFO(r.report);
  REQUIRE(r.verdict == detent::verdict::deadlock);
  if (FLAVOUR == std::string("tracked"))
    CHECK_THAT(r.report, Contains("waits to receive from socket 3"));
}

TEST_CASE("names: digits and localhost are known, everything else is refused", "[sockets][bad input]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    tcp::resolver resolver(sim.executor());
    CHECK(resolver.resolve("localhost", "80").begin()->endpoint()
        == tcp::endpoint(asio::ip::make_address("127.0.0.1"), 80));
    CHECK(resolver.resolve(tcp::v6(), "localhost", "80").begin()->endpoint().address().to_string() == "::1");
    CHECK(resolver.resolve("0.0.0.0", "80").begin()->endpoint().address().is_unspecified());
    error_code unknown;
    resolver.resolve("127.0.0.1", "no-such-service", unknown);
    CHECK(unknown);
    co_return;
  }));
  const detent::result r = detent::simulate([](detent::simulation& sim) {
    tcp::resolver resolver(sim.context());
    resolver.async_resolve("example.org", "80", asio::detached);
    sim.context().run();
  });
  INFO(r.report);
  REQUIRE(r.verdict == detent::verdict::assertion);
  CHECK_THAT(r.message, Contains("looks up the name \"example.org\"") && Contains("Next:"));
}

TEST_CASE("a signal set hears what is raised, before it waits and while it does", "[sockets]")
{
  passes(everywhere("signals", detent::as_body([](detent::simulation& sim) -> asio::awaitable<void> {
    asio::signal_set signals(sim.executor(), SIGINT, SIGTERM);
    sim.raise(SIGTERM);
    const int first = co_await signals.async_wait(asio::use_awaitable);
    int second = 0;
    int third = 0;
    signals.async_wait([&](error_code error, int signal) { second = error ? -1 : signal; });
    std::raise(SIGINT);
    co_await wait(1ms);
    signals.async_wait([&](error_code error, int signal) { third = error ? -1 : signal; });
    signals.cancel();
    co_await wait(1ms);
    if (first != SIGTERM || second != SIGINT || third != -1)
      throw std::runtime_error("another signal");
  })));

  const detent::result r = once([](detent::simulation& sim) -> asio::awaitable<void> {
    sim.raise(SIGTERM);
    co_return;
  });
  REQUIRE(r.verdict == detent::verdict::crash);
  CHECK_THAT(r.message, Contains("SIGTERM is raised and nothing handles it"));
}

TEST_CASE("options of a socket are kept", "[sockets]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    tcp::acceptor acceptor(sim.executor(), {tcp::v4(), 0});
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    tcp::acceptor::reuse_address reuses;
    acceptor.get_option(reuses);
    CHECK(reuses.value());
    CHECK(acceptor.local_endpoint().port() != 0);
    acceptor.non_blocking(true);
    error_code none_waits;
    acceptor.accept(none_waits);
    CHECK(none_waits == asio::error::would_block);
    co_return;
  }));
}

TEST_CASE("what is not simulated is refused by name", "[sockets][bad input]")
{
  const auto refusal = [](auto use) {
    const detent::result r = detent::simulate([&](detent::simulation& sim) { use(sim.context()); });
    REQUIRE(r.verdict == detent::verdict::assertion);
    CHECK_THAT(r.message, Contains("Next:"));
    return r.message;
  };
  CHECK_THAT(
      refusal([](auto& c) { asio::ip::udp::socket(c, asio::ip::udp::v4()); }), Contains("opens a datagram socket"));
  CHECK_THAT(refusal([](auto& c) { asio::local::stream_protocol::socket(c, asio::local::stream_protocol()); }),
      Contains("a socket of files"));
  CHECK_THAT(refusal([](auto& c) { asio::posix::stream_descriptor(c, 0); }), Contains("another file descriptor"));
}
