#include <detent/network.hpp>

#include <detent/machine.hpp>

#include <algorithm>

#include <cerrno>

namespace detent {
namespace {

constexpr std::array<std::uint8_t, 16> any_host{};
constexpr std::array<std::uint8_t, 16> loopback_v4{127, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> loopback_v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// As a socket of IPv6 sees it.
network::address mapped(const network::address& v4)
{
  network::address out{{}, v4.port, true};
  out.host[10] = out.host[11] = 0xff;
  std::copy_n(v4.host.begin(), 4, out.host.begin() + 12);
  return out;
}

bool serves(const network::address& listening, const network::address& asked)
{
  if (listening.port != asked.port)
    return false;
  if (listening.host == any_host)
    return listening.v6 || !asked.v6;
  return listening.v6 == asked.v6 && listening.host == asked.host;
}

} // namespace

network::socket* network::find(int number)
{
  if (number < first || static_cast<std::size_t>(number - first) >= sockets_.size())
    return nullptr;
  socket& s = sockets_[static_cast<std::size_t>(number - first)];
  return s.open ? &s : nullptr;
}

const network::socket* network::find(int number) const { return const_cast<network*>(this)->find(number); }

void network::touch(const socket& s) { machine_.touch(&s, access::write); }

void network::change(socket& s)
{
  touch(s);
  if (s.watched_by)
    s.watched_by->changed();
}

std::size_t network::room(const socket& s) const
{
  const socket* const other = find(s.peer);
  return other ? window - std::min(window, other->arrived.size()) : window;
}

std::size_t network::cut(const socket& s, std::size_t bytes)
{
  if (bytes <= 1 || !machine_.mishap(mishap::short_transfer))
    return bytes;
  if (machine_.recording_events())
    machine_.acted({"lets one byte through", "socket", &s});
  return 1;
}

int network::open(bool v6)
{
  socket& made = sockets_.emplace_back();
  made.here.v6 = v6;
  machine_.declare(&made);
  return first + static_cast<int>(sockets_.size()) - 1;
}

bool network::take_port(socket& s, std::uint16_t port)
{
  constexpr std::uint16_t first_ephemeral = 49152;
  for (std::uint32_t tried = 0; port == 0 && tried <= 65535 - first_ephemeral; ++tried)
  {
    if (!ports_.contains(next_port_))
      port = next_port_;
    next_port_ = next_port_ == 65535 ? first_ephemeral : static_cast<std::uint16_t>(next_port_ + 1);
  }
  s.here.port = port;
  if (port != 0)
    ++ports_[port];
  return port != 0;
}

int network::bind(int number, const address& at)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  touch(*s);
  if (s->here.port != 0 || s->at != phase::fresh || at.v6 != s->here.v6)
    return -EINVAL;
  const auto clashes = [&](const socket& other) {
    const bool same_host = other.here.host == at.host || other.here.host == any_host || at.host == any_host;
    return other.open && other.here.port == at.port && other.here.v6 == at.v6 && same_host && other.peer < 0;
  };
  if (ports_.contains(at.port) && std::ranges::any_of(sockets_, clashes))
    return -EADDRINUSE;
  s->here = at;
  return take_port(*s, at.port) ? 0 : -EADDRINUSE;
}

int network::listen(int number, int backlog)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  if (s->at != phase::fresh && s->at != phase::listening)
    return -EINVAL;
  touch(*s);
  if (s->here.port == 0 && !take_port(*s, 0))
    return -EADDRINUSE;
  if (s->at == phase::fresh)
    listeners_.push_back(number);
  s->at = phase::listening;
  s->backlog = static_cast<std::size_t>(std::max(backlog, 0)) + 1;
  return 0;
}

int network::listener_at(const address& at)
{
  const auto found = std::ranges::find_if(listeners_, [&](int number) { return serves(find(number)->here, at); });
  return found == listeners_.end() ? -1 : *found;
}

void network::refuse(socket& client, int error)
{
  client.at = phase::failed;
  client.error = error;
  change(client);
}

int network::connect(int number, const address& to)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  if (s->at == phase::connected)
    return -EISCONN;
  if (s->at == phase::connecting)
    return -EALREADY;
  if (s->at == phase::listening)
    return -EINVAL;
  touch(*s);
  s->there = to;
  if (to.host == any_host)
    s->there.host = to.v6 ? loopback_v6 : loopback_v4;
  if (s->here.host == any_host)
    s->here.host = s->there.host;
  if (s->here.port == 0 && !take_port(*s, 0))
    return -EADDRNOTAVAIL;
  const int listener = listener_at(s->there);
  if (listener < 0)
  {
    refuse(*s, ECONNREFUSED);
    return -EINPROGRESS;
  }
  s->at = phase::connecting;
  socket& server = *find(listener);
  if (server.accepted.size() < server.backlog)
    establish(number, listener);
  else
    server.waiting.push_back(number);
  return -EINPROGRESS;
}

void network::establish(int client, int listener)
{
  const int number = open(find(listener)->here.v6);
  socket& s = *find(client);
  socket& made = *find(number);
  socket& server = *find(listener);
  const bool maps = server.here.v6 && !s.here.v6;
  made.at = s.at = phase::connected;
  made.here = maps ? mapped(s.there) : s.there;
  take_port(made, made.here.port);
  made.there = maps ? mapped(s.here) : s.here;
  made.peer = client;
  s.peer = number;
  server.accepted.push_back(number);
  change(s);
  change(server);
}

int network::accept(int number)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  if (s->at != phase::listening)
    return -EINVAL;
  touch(*s);
  if (s->accepted.empty())
    return -EAGAIN;
  const int made = s->accepted.front();
  s->accepted.pop_front();
  while (!s->waiting.empty())
  {
    const int next = s->waiting.front();
    s->waiting.pop_front();
    if (find(next)) // else it has been closed
    {
      establish(next, number);
      break;
    }
  }
  return made;
}

long network::receive(int number, char* into, std::size_t most, bool peek)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  touch(*s);
  if (s->arrived.empty() && s->error != 0)
    return -take_error(number);
  if (s->at != phase::connected)
    return s->at == phase::connecting ? -EAGAIN : -ENOTCONN;
  if (s->arrived.empty() || most == 0)
    return s->no_more_comes || s->reads_no_more || most == 0 ? 0 : -EAGAIN;
  const std::size_t taken = cut(*s, std::min(most, s->arrived.size()));
  std::copy_n(s->arrived.data(), taken, into);
  if (peek)
    return static_cast<long>(taken);
  s->arrived.erase(0, taken);
  if (socket* const other = find(s->peer))
    change(*other); // there is room again
  return static_cast<long>(taken);
}

long network::send(int number, const char* from, std::size_t count)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  touch(*s);
  if (s->error != 0)
    return -take_error(number);
  if (s->at != phase::connected)
    return s->at == phase::connecting ? -EAGAIN : s->at == phase::failed ? -EPIPE : -ENOTCONN;
  if (s->writes_no_more)
    return -EPIPE;
  if (count == 0)
    return 0;
  socket* const other = find(s->peer);
  if (!other)
  {
    reset(*s); // the other side's answer to bytes that it cannot take
    return static_cast<long>(count);
  }
  if (room(*s) == 0)
    return -EAGAIN;
  const std::size_t sent = cut(*s, std::min(count, room(*s)));
  if (!other->reads_no_more)
    other->arrived.append(from, sent);
  change(*other);
  return static_cast<long>(sent);
}

void network::reset(socket& s)
{
  s.error = ECONNRESET;
  s.no_more_comes = s.writes_no_more = true;
  change(s);
}

int network::shut(int number, bool reading, bool writing)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  if (s->at != phase::connected)
    return -ENOTCONN;
  s->reads_no_more = s->reads_no_more || reading;
  s->writes_no_more = s->writes_no_more || writing;
  if (socket* const other = find(s->peer); other && writing)
  {
    other->no_more_comes = true;
    change(*other);
  }
  change(*s);
  return 0;
}

int network::close(int number)
{
  socket* const s = find(number);
  if (!s)
    return -EBADF;
  touch(*s);
  s->open = false;
  s->watched_by = nullptr;
  std::erase(listeners_, number);
  if (s->here.port != 0 && --ports_[s->here.port] == 0)
    ports_.erase(s->here.port);
  const auto unheard = std::exchange(s->accepted, {});
  for (const int made : unheard)
  {
    socket* const client = find(find(made)->peer);
    close(made);
    if (client)
      reset(*client);
  }
  const auto waiting = std::exchange(s->waiting, {});
  for (const int waits : waiting)
    if (socket* const client = find(waits))
      refuse(*client, ECONNREFUSED);
  s->options.clear();
  const bool unread = !std::exchange(s->arrived, {}).empty();
  socket* const other = find(s->peer);
  if (other && unread)
    reset(*other);
  else if (other)
  {
    other->no_more_comes = true;
    change(*other);
  }
  return 0;
}

bool network::readable(int number) const
{
  const socket* const s = find(number);
  if (!s || s->error != 0 || s->at == phase::failed)
    return true;
  if (s->at == phase::listening)
    return !s->accepted.empty();
  return s->at == phase::connected && (!s->arrived.empty() || s->no_more_comes || s->reads_no_more);
}

bool network::writable(int number) const
{
  const socket* const s = find(number);
  if (!s || s->error != 0 || s->at == phase::failed)
    return true;
  return s->at == phase::connected && (s->writes_no_more || room(*s) != 0);
}

std::size_t network::available(int number) const
{
  const socket* const s = find(number);
  return s ? s->arrived.size() : 0;
}

int network::take_error(int number)
{
  socket* const s = find(number);
  return s ? std::exchange(s->error, 0) : EBADF;
}

std::optional<network::address> network::local(int number) const
{
  const socket* const s = find(number);
  return s ? std::optional(s->here) : std::nullopt;
}

std::optional<network::address> network::peer(int number) const
{
  const socket* const s = find(number);
  return s && s->at == phase::connected ? std::optional(s->there) : std::nullopt;
}

bool network::listens(int number) const
{
  const socket* const s = find(number);
  return s && s->at == phase::listening;
}

void network::watch(int number, watcher* by)
{
  if (socket* const s = find(number))
    s->watched_by = by;
}

bool network::blocks(int number) const
{
  const socket* const s = find(number);
  return s && s->blocks;
}

void network::set_blocking(int number, bool on)
{
  if (socket* const s = find(number))
    s->blocks = on;
}

std::string& network::option(int number, int level, int name)
{
  return sockets_[static_cast<std::size_t>(number - first)].options[{level, name}];
}

const void* network::object(int number) const { return find(number); }

} // namespace detent
