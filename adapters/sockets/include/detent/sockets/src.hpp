// Stream sockets, taken at link time.
//
// These definitions of libc's functions stand before libc's own, because they are compiled into the executable. In a
// simulation socket() makes simulated ones of AF_INET and AF_INET6 streams, whose numbers lie beyond the kernel's; every
// other descriptor, and every thread outside a simulation, gets libc's own functions. Asio's socket operations are made
// of them.
#pragma once

#include <detent/sockets/calls.hpp>
#include <detent/threads/real.hpp>

#include <cstdarg>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Where the descriptor is none of the network's.
#define DETENT_PRIVATE_PASS(number, name, ...)                                                                         \
  const ::detent::sockets::call c(number);                                                                             \
  if (!::detent::network::is_one(number))                                                                              \
    return DETENT_PRIVATE_REAL(name)(__VA_ARGS__);                                                                     \
  if (c.is_stray())                                                                                                    \
  {                                                                                                                    \
    errno = EBADF;                                                                                                     \
    return -1;                                                                                                         \
  }

extern "C" {

int socket(int family, int type, int protocol) noexcept
{
  constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  detent::machine* const m = detent::machine::current();
  if (!m || (family != AF_INET && family != AF_INET6) || (type & ~flags) != SOCK_STREAM)
    return DETENT_PRIVATE_REAL(socket)(family, type, protocol);
  detent::network& net = m->this_host().sockets;
  const int made = net.open(family == AF_INET6);
  net.set_blocking(made, (type & SOCK_NONBLOCK) == 0);
  return made;
}

int bind(int number, const sockaddr* at, socklen_t length) noexcept
{
  DETENT_PRIVATE_PASS(number, bind, number, at, length)
  const auto where = detent::sockets::taken(at, length);
  return detent::sockets::answer(where ? c.net().bind(number, *where) : -EINVAL);
}

int listen(int number, int backlog) noexcept
{
  DETENT_PRIVATE_PASS(number, listen, number, backlog)
  c.begins();
  c.did("listens on");
  return detent::sockets::answer(c.net().listen(number, backlog));
}

int connect(int number, const sockaddr* to, socklen_t length)
{
  DETENT_PRIVATE_PASS(number, connect, number, to, length)
  return detent::sockets::answer(c.connect(to, length));
}

int accept(int number, sockaddr* __restrict peer, socklen_t* __restrict length)
{
  DETENT_PRIVATE_PASS(number, accept, number, peer, length)
  return detent::sockets::answer(c.accept(peer, length));
}

int accept4(int number, sockaddr* __restrict peer, socklen_t* __restrict length, int flags)
{
  DETENT_PRIVATE_PASS(number, accept4, number, peer, length, flags)
  const int made = c.accept(peer, length);
  if (made >= 0)
    c.net().set_blocking(made, (flags & SOCK_NONBLOCK) == 0);
  return detent::sockets::answer(made);
}

int shutdown(int number, int how) noexcept
{
  DETENT_PRIVATE_PASS(number, shutdown, number, how)
  c.begins();
  c.did("shuts down");
  return detent::sockets::answer(c.net().shut(number, how != SHUT_WR, how != SHUT_RD));
}

int close(int number)
{
  DETENT_PRIVATE_PASS(number, close, number)
  c.begins();
  c.did("closes");
  return detent::sockets::answer(c.net().close(number));
}

ssize_t recvmsg(int number, msghdr* message, int flags)
{
  DETENT_PRIVATE_PASS(number, recvmsg, number, message, flags)
  message->msg_namelen = 0;
  message->msg_controllen = 0;
  message->msg_flags = 0;
  return detent::sockets::answer(c.receive({message->msg_iov, message->msg_iovlen}, flags));
}

ssize_t recv(int number, void* into, size_t size, int flags)
{
  DETENT_PRIVATE_PASS(number, recv, number, into, size, flags)
  const iovec one{into, size};
  return detent::sockets::answer(c.receive({&one, 1}, flags));
}

ssize_t read(int number, void* into, size_t size)
{
  DETENT_PRIVATE_PASS(number, read, number, into, size)
  const iovec one{into, size};
  return detent::sockets::answer(c.receive({&one, 1}, 0));
}

ssize_t sendmsg(int number, const msghdr* message, int flags)
{
  DETENT_PRIVATE_PASS(number, sendmsg, number, message, flags)
  return detent::sockets::answer(c.send({message->msg_iov, message->msg_iovlen}, flags));
}

ssize_t send(int number, const void* from, size_t size, int flags)
{
  DETENT_PRIVATE_PASS(number, send, number, from, size, flags)
  const iovec one{const_cast<void*>(from), size};
  return detent::sockets::answer(c.send({&one, 1}, flags));
}

ssize_t write(int number, const void* from, size_t size)
{
  DETENT_PRIVATE_PASS(number, write, number, from, size)
  const iovec one{const_cast<void*>(from), size};
  return detent::sockets::answer(c.send({&one, 1}, 0));
}

// (glibc's declaration says that it is only written to.)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
int poll(pollfd* all, nfds_t count, int milliseconds)
{
  if (count == 0 || !detent::network::is_one(all[0].fd) || detent::sockets::call(all[0].fd).is_stray())
    return DETENT_PRIVATE_REAL(poll)(all, count, milliseconds);
  return detent::sockets::poll_sockets({all, count}, milliseconds);
}
#pragma GCC diagnostic pop

// What callers call that were compiled with _FORTIFY_SOURCE, where the compiler cannot tell whether the buffer is large
// enough.
ssize_t detent_private_recv_chk(int number, void* into, size_t size, size_t room, int flags) __asm__("__recv_chk");
ssize_t detent_private_read_chk(int number, void* into, size_t size, size_t room) __asm__("__read_chk");
int detent_private_poll_chk(pollfd* all, nfds_t count, int milliseconds, size_t room) __asm__("__poll_chk");

ssize_t detent_private_recv_chk(int number, void* into, size_t size, size_t room, int flags)
{
  return size <= room ? ::recv(number, into, size, flags) : detent::sockets::refuse_overflow();
}

ssize_t detent_private_read_chk(int number, void* into, size_t size, size_t room)
{
  return size <= room ? ::read(number, into, size) : detent::sockets::refuse_overflow();
}

int detent_private_poll_chk(pollfd* all, nfds_t count, int milliseconds, size_t room)
{
  return count <= room / sizeof(pollfd) ? ::poll(all, count, milliseconds) : detent::sockets::refuse_overflow();
}

int getsockname(int number, sockaddr* __restrict at, socklen_t* __restrict length) noexcept
{
  DETENT_PRIVATE_PASS(number, getsockname, number, at, length)
  detent::sockets::give(*c.net().local(number), at, length);
  return 0;
}

int getpeername(int number, sockaddr* __restrict at, socklen_t* __restrict length) noexcept
{
  DETENT_PRIVATE_PASS(number, getpeername, number, at, length)
  const auto peer = c.net().peer(number);
  if (!peer)
    return detent::sockets::answer(-ENOTCONN);
  detent::sockets::give(*peer, at, length);
  return 0;
}

// Kept, for whoever asks, and without effect.
int setsockopt(int number, int level, int name, const void* value, socklen_t length) noexcept
{
  DETENT_PRIVATE_PASS(number, setsockopt, number, level, name, value, length)
  c.net().option(number, level, name).assign(static_cast<const char*>(value), length);
  return 0;
}

int getsockopt(int number, int level, int name, void* __restrict value, socklen_t* __restrict length) noexcept
{
  DETENT_PRIVATE_PASS(number, getsockopt, number, level, name, value, length)
  std::string known = c.net().option(number, level, name);
  if (level == SOL_SOCKET && (name == SO_ERROR || name == SO_ACCEPTCONN))
  {
    const int now = name == SO_ERROR ? c.net().take_error(number) : c.net().listens(number);
    known.assign(reinterpret_cast<const char*>(&now), sizeof now);
  }
  known.resize(*length);
  std::memcpy(value, known.data(), known.size());
  return 0;
}

int ioctl(int number, unsigned long request, ...) noexcept
{
  va_list arguments;
  va_start(arguments, request);
  void* const about = va_arg(arguments, void*);
  va_end(arguments);
  DETENT_PRIVATE_PASS(number, ioctl, number, request, about)
  switch (request)
  {
  case FIONBIO:
    c.net().set_blocking(number, *static_cast<const int*>(about) == 0);
    return 0;
  case FIONREAD:
    *static_cast<int*>(about) = static_cast<int>(c.net().available(number));
    return 0;
  default:
    return detent::sockets::answer(-ENOTTY);
  }
}

// libc has two names for it, and which one is called depends on the caller's size of a file's offsets.
int detent_private_fcntl(int number, int command, ...) __asm__("fcntl");
int detent_private_fcntl64(int number, int command, ...) __asm__("fcntl64");

int detent_private_fcntl(int number, int command, ...)
{
  va_list arguments;
  va_start(arguments, command);
  const long about = va_arg(arguments, long);
  va_end(arguments);
  return ::detent_private_fcntl64(number, command, about);
}

int detent_private_fcntl64(int number, int command, ...)
{
  va_list arguments;
  va_start(arguments, command);
  const long about = va_arg(arguments, long);
  va_end(arguments);
  DETENT_PRIVATE_PASS(number, fcntl64, number, command, about)
  switch (command)
  {
  case F_GETFL:
    return O_RDWR | (c.net().blocks(number) ? 0 : O_NONBLOCK);
  case F_SETFL:
    c.net().set_blocking(number, (about & O_NONBLOCK) == 0);
    return 0;
  case F_GETFD:
  case F_SETFD:
    return 0;
  default:
    return detent::sockets::answer(-EINVAL);
  }
}

} // extern "C"

#undef DETENT_PRIVATE_PASS
