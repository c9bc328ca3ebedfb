#include <detent/host.hpp>
#include <detent/machine.hpp>
#include <detent/random.hpp>

#include <catch2/catch.hpp>

#include <cerrno>
#include <string>

namespace {

// A machine, and a pair of sockets that are connected.
struct pair
{
  detent::recording run{detent::recording::level::search};
  detent::machine world;
  detent::network* net = nullptr;
  int listener = 0;
  int client = 0;
  int server = 0;

  explicit pair(detent::machine_settings settings = {}, detent::strategy* strategy = nullptr)
  {
    world.begin(settings, strategy, &run);
    net = &world.this_host().sockets;
    listener = net->open(false);
    REQUIRE(net->bind(listener, {.port = 80}) == 0);
    REQUIRE(net->listen(listener, 4) == 0);
    client = net->open(false);
    REQUIRE(net->connect(client, {.host = {127, 0, 0, 1}, .port = 80}) == -EINPROGRESS);
    REQUIRE(net->writable(client));
    REQUIRE(net->take_error(client) == 0);
    server = net->accept(listener);
    REQUIRE(net->local(server)->port == 80);
    REQUIRE(net->peer(server)->port == net->local(client)->port);
  }

  long send(int from, const std::string& text) { return net->send(from, text.data(), text.size()); }

  std::string receive(int at, std::size_t most = 100)
  {
    std::string out(most, '\0');
    const long size = net->receive(at, out.data(), most);
    if (size < 0)
      return "error " + std::to_string(-size);
    out.resize(static_cast<std::size_t>(size));
    return out;
  }
};

// Every mishap that may happen does.
class unlucky final : public detent::strategy
{
public:
  std::uint32_t choose(const detent::choice_point& at) override { return at.alternatives - 1; }
};

std::string error(int number) { return "error " + std::to_string(number); }

} // namespace

TEST_CASE("bytes come in order, none is lost, and a full window is waited for", "[network]")
{
  // Against a model: what was sent and not received yet.
  pair p;
  detent::generator random(7);
  std::string in_flight[2];
  const int ends[2] = {p.client, p.server};
  char next = 'a';
  for (int i = 0; i < 20'000; ++i)
  {
    const auto from = static_cast<std::size_t>(random.below(2));
    std::string& flying = in_flight[from];
    const std::size_t room = detent::network::window - flying.size();
    REQUIRE(p.net->writable(ends[from]) == (room != 0));
    REQUIRE(p.net->readable(ends[1 - from]) == !flying.empty());
    REQUIRE(p.net->available(ends[1 - from]) == flying.size());
    if (random.below(2) == 0)
    {
      const std::string text(random.below(20'000) + 1, next = next == 'z' ? 'a' : static_cast<char>(next + 1));
      const long sent = p.send(ends[from], text);
      REQUIRE(sent == (room == 0 ? -EAGAIN : static_cast<long>(std::min(room, text.size()))));
      if (sent > 0)
        flying += text.substr(0, static_cast<std::size_t>(sent));
    }
    else
    {
      const std::size_t most = random.below(20'000) + 1;
      const std::string got = p.receive(ends[1 - from], most);
      if (flying.empty())
        REQUIRE(got == error(EAGAIN));
      else
        REQUIRE(got == flying.substr(0, most));
      flying.erase(0, std::min(most, flying.size()));
    }
  }
}

TEST_CASE("how a connection ends", "[network]")
{
  pair p;
  SECTION("what was sent before still comes")
  {
    p.send(p.client, "last words");
    p.net->close(p.client);
    CHECK(p.receive(p.server, 4) == "last");
    CHECK(p.receive(p.server) == " words");
    CHECK(p.receive(p.server).empty());
    CHECK(p.send(p.server, "too late") == 8); // nobody has said no yet
    CHECK(p.receive(p.server) == error(ECONNRESET));
    CHECK(p.send(p.server, "too late") == -EPIPE);
  }
  SECTION("with bytes unread it is reset")
  {
    p.send(p.client, "unread");
    p.net->close(p.server);
    CHECK(p.receive(p.client) == error(ECONNRESET));
    CHECK(p.receive(p.client).empty());
  }
  SECTION("one side only")
  {
    CHECK(p.net->shut(p.client, false, true) == 0);
    CHECK(p.receive(p.server).empty());
    CHECK(p.send(p.client, "more") == -EPIPE);
    CHECK(p.send(p.server, "answer") == 6);
    CHECK(p.receive(p.client) == "answer");
  }
  SECTION("a listener takes those with it that were not accepted")
  {
    const int other = p.net->open(false);
    p.net->connect(other, {.host = {127, 0, 0, 1}, .port = 80});
    p.net->close(p.listener);
    CHECK(p.receive(other) == error(ECONNRESET));
  }
}

TEST_CASE("who listens where", "[network]")
{
  pair p;
  const auto connects_to = [&](detent::network::address to) {
    const int s = p.net->open(to.v6);
    CHECK(p.net->connect(s, to) == -EINPROGRESS);
    return p.net->writable(s) ? p.net->take_error(s) : EAGAIN;
  };
  CHECK(connects_to({.host = {127, 0, 0, 1}, .port = 80}) == 0);
  CHECK(connects_to({.host = {10, 0, 0, 7}, .port = 80}) == 0); // any address is this host's
  CHECK(connects_to({.host = {127, 0, 0, 1}, .port = 81}) == ECONNREFUSED);
  CHECK(connects_to({.port = 80, .v6 = true}) == ECONNREFUSED);

  const int again = p.net->open(false);
  CHECK(p.net->bind(again, {.port = 80}) == -EADDRINUSE);
  CHECK(p.net->bind(again, {.host = {127, 0, 0, 1}, .port = 80}) == -EADDRINUSE);
  CHECK(p.net->bind(again, {}) == 0);
  CHECK(p.net->local(again)->port >= 49152);

  // A socket of IPv6 serves IPv4 as well, and sees its addresses mapped.
  const int both = p.net->open(true);
  CHECK(p.net->bind(both, {.port = 90, .v6 = true}) == 0);
  CHECK(p.net->listen(both, 1) == 0);
  CHECK(connects_to({.host = {127, 0, 0, 1}, .port = 90}) == 0);
  const int made = p.net->accept(both);
  CHECK(p.net->peer(made)->v6);
  CHECK(p.net->peer(made)->host[10] == 0xff);
  CHECK(p.net->peer(made)->host[12] == 127);

  // Room for two; the third waits until one is accepted.
  CHECK(connects_to({.host = {127, 0, 0, 1}, .port = 90}) == 0);
  CHECK(connects_to({.host = {127, 0, 0, 1}, .port = 90}) == 0);
  const int third = p.net->open(false);
  CHECK(p.net->connect(third, {.host = {127, 0, 0, 1}, .port = 90}) == -EINPROGRESS);
  CHECK_FALSE(p.net->writable(third));
  CHECK(p.net->accept(both) > 0);
  CHECK(p.net->writable(third));
}

TEST_CASE("what makes no sense is an error, as Linux has it", "[network][bad input]")
{
  pair p;
  const int fresh = p.net->open(false);
  CHECK(p.net->accept(fresh) == -EINVAL);
  CHECK(p.send(fresh, "to nobody") == -ENOTCONN);
  CHECK(p.receive(fresh) == error(ENOTCONN));
  CHECK(p.net->shut(fresh, true, true) == -ENOTCONN);
  CHECK(p.net->bind(fresh, {.v6 = true}) == -EINVAL);
  CHECK(p.net->connect(p.client, {.port = 80}) == -EISCONN);
  CHECK(p.net->accept(p.listener) == -EAGAIN);
  CHECK(p.net->close(fresh) == 0);
  CHECK(p.net->close(fresh) == -EBADF);
  CHECK(p.net->close(1) == -EBADF);
  CHECK_FALSE(p.net->local(fresh));
}

TEST_CASE("a transfer is cut short as often as the settings say", "[network]")
{
  unlucky strategy;
  detent::machine_settings settings;
  settings.short_transfers = 2;
  pair p(settings, &strategy);
  CHECK(p.send(p.client, "abc") == 1);
  CHECK(p.send(p.client, "bcdef") == 1);
  CHECK(p.send(p.client, "cdef") == 4);
  CHECK(p.receive(p.server) == "abcdef");
}

TEST_CASE("a signal reaches all who listen for it", "[network]")
{
  struct counter final : detent::signal_table::listener
  {
    int count = 0;
    void raised(int) override { ++count; }
  };
  detent::signal_table signals;
  counter a;
  counter b;
  CHECK_FALSE(signals.raise(15));
  signals.add(15, a);
  signals.add(15, b);
  signals.add(2, b);
  CHECK(signals.raise(15));
  CHECK(signals.raise(2));
  signals.remove(15, a);
  CHECK(signals.raise(15));
  CHECK(a.count == 1);
  CHECK(b.count == 3);
  CHECK(detent::signal_table::name(15) == "SIGTERM");
}
