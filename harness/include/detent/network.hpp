// The simulated network: stream sockets of one host, as its kernel keeps them.
//
// For adapters: adapters/sockets has libc's functions call it, adapters/asio its reactor. A test has nothing to do with it;
// what it explores is unmodified:
//
//     network& net = world.this_host().sockets;
//     const int server = net.open(false);
//     net.bind(server, {.port = 80});
//     net.listen(server, 16);
//     const int client = net.open(false);
//     net.connect(client, {.host = {127, 0, 0, 1}, .port = 80});   // -EINPROGRESS; writable() once it is connected
//     const int connection = net.accept(server);
//     net.send(client, "hello", 5);
//
// Contract
//
//   - Nothing waits: what cannot be done yet is -EAGAIN, and readable() or writable() says when to ask again. Every
//     failure is a negative errno, as Linux has it.
//   - Bytes of one direction arrive in order, at the instant at which they are sent, none is lost. A socket holds at most
//     `window` bytes that nobody has received; then it cannot be sent more.
//   - A transfer of several bytes may be cut to one: a choice, at most machine_settings::short_transfers times in a schedule,
//     never in the dullest one.
//   - Who closes a socket with bytes unread, or is sent more afterwards, resets the connection: ECONNRESET, then EPIPE.
//   - Numbers of sockets are used once in a schedule. All of them are gone when the next one begins.
//   - Each call is an access to the socket, and to its peer where that notices.
//
// Not simulated: datagrams, latency, loss, other hosts, urgent data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace detent {

class machine;

class network
{
public:
  // Of IPv4 the first four bytes count. All zeros: any.
  struct address
  {
    std::array<std::uint8_t, 16> host{};
    std::uint16_t port = 0;
    bool v6 = false;
  };

  // Told of every change that may have made a socket readable or writable, inside the call that made it.
  class watcher
  {
  public:
    virtual void changed() = 0;

  protected:
    ~watcher() = default;
  };

  static constexpr int first = 1 << 28; // beyond all descriptors of the kernel
  static constexpr std::size_t window = 1 << 16;

  explicit network(machine& m) noexcept : machine_(m) {}
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  static constexpr bool is_one(int number) noexcept { return number >= first; }

  int open(bool v6);
  int bind(int number, const address& at);
  int listen(int number, int backlog);
  int connect(int number, const address& to);
  int accept(int number);
  long receive(int number, char* into, std::size_t most, bool peek = false);
  long send(int number, const char* from, std::size_t count);
  int shut(int number, bool reading, bool writing);
  int close(int number);

  bool readable(int number) const;
  bool writable(int number) const;
  std::size_t available(int number) const;
  int take_error(int number); // that of connect(), or of a reset; 0 for none

  std::optional<address> local(int number) const;
  std::optional<address> peer(int number) const;
  bool listens(int number) const;

  // At most one; null for none.
  void watch(int number, watcher* by);

  // What belongs to a socket and changes nothing here.
  bool blocks(int number) const;
  void set_blocking(int number, bool on);
  std::string& option(int number, int level, int name);

  // What reports call it by; null where there is none.
  const void* object(int number) const;

private:
  enum class phase : std::uint8_t
  {
    fresh,
    listening,
    connecting,
    connected,
    failed
  };
  struct socket
  {
    phase at = phase::fresh;
    bool open = true;
    bool blocks = true;
    bool no_more_comes = false; // the peer has closed, or shut down
    bool reads_no_more = false;
    bool writes_no_more = false;
    int error = 0;
    int peer = -1;
    address here{};
    address there{};
    std::string arrived{};
    std::size_t backlog = 0;
    std::deque<int> accepted{}; // connected, for accept()
    std::deque<int> waiting{};  // for room among those
    watcher* watched_by = nullptr;
    std::map<std::pair<int, int>, std::string> options{};
  };

  socket* find(int number);
  const socket* find(int number) const;
  bool take_port(socket& s, std::uint16_t port); // 0: any that is free
  int listener_at(const address& at);
  void establish(int client, int listener);
  void refuse(socket& client, int error);
  void reset(socket& s);
  void touch(const socket& s);
  void change(socket& s);
  std::size_t cut(const socket& s, std::size_t bytes);
  std::size_t room(const socket& s) const;

  machine& machine_;
  std::deque<socket> sockets_;
  std::vector<int> listeners_;
  std::map<std::uint16_t, int> ports_; // by how many sockets each is used
  std::uint16_t next_port_ = 49152;
};

} // namespace detent
