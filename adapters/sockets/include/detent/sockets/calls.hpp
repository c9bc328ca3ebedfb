// What libc's calls on a simulated socket do: ask the network, and wait where the socket blocks.
#pragma once

#include <detent/host.hpp>
#include <detent/machine.hpp>
#include <detent/sockets/endpoint.hpp>
#include <detent/threads/enabled.hpp>
#if DETENT_PRIVATE_VIRTUAL_THREADS
#include <detent/threads/world.hpp>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace detent::sockets {

// A negative errno, as the network answers, into libc's form.
template <class Number> Number answer(Number result) noexcept
{
  if (result >= 0)
    return result;
  errno = static_cast<int>(-result);
  return -1;
}

// As libc does, which offers no way to be asked to.
[[noreturn]] inline int refuse_overflow() noexcept
{
  std::fputs("*** buffer overflow detected ***: terminated\n", stderr);
  std::abort();
}

// The call in progress, on one socket.
class call
{
public:
  explicit call(int number) : world_(machine::current()), number_(number) {}

  // Another simulation's, or none's.
  bool is_stray() const { return !world_ || !net().object(number_); }

  network& net() const { return world_->this_host().sockets; }
  machine& simulated() const { return *world_; }

  // Another thread may run here. Not so where the socket does not block: Asio holds locks there.
  void begins() const
  {
#if DETENT_PRIVATE_VIRTUAL_THREADS
    if (threads::world* const w = threads::world::current(); w && net().blocks(number_))
      w->preempt();
#endif
  }

  void did(const char* verb) const
  {
    if (world_->recording_events())
      world_->acted({verb, "socket", net().object(number_)});
  }

  // Until it is readable or writable; false if the schedule has ended before.
  bool wait(bool for_reading) const
  {
    const auto ready = [](void* self) {
      const auto& [c, reading] = *static_cast<std::pair<const call*, bool>*>(self);
      return reading ? c->net().readable(c->number_) : c->net().writable(c->number_);
    };
    std::pair<const call*, bool> what(this, for_reading);
    const char* const verb = !for_reading ? "waits to send to"
        : net().listens(number_)          ? "waits to accept from"
                                          : "waits to receive from";
    return wait_until(ready, &what, {verb, "socket", net().object(number_)}, timer_source::never);
  }

  bool wait_until(bool (*ready)(void*), void* about, const operation_words& words, std::int64_t deadline) const
  {
    begins();
    if (ready(about))
      return true;
#if DETENT_PRIVATE_VIRTUAL_THREADS
    threads::world& w = threads::world::of(*world_);
    w.running().may_throw = true;
    static_cast<void>(w.block_until(ready, about, words, deadline));
#else
    static_cast<void>(words);
    if (deadline != timer_source::never)
      world_->elapse(deadline - world_->now());
#endif
    return ready(about);
  }

  // One buffer after the other, as long as each is filled.
  long receive(std::span<const iovec> into, int flags) const
  {
    return once_readable(flags, "receives from", [&] {
      long all = 0;
      for (const iovec& buffer : into)
      {
        const long got =
            net().receive(number_, static_cast<char*>(buffer.iov_base), buffer.iov_len, (flags & MSG_PEEK) != 0);
        if (got < 0)
          return all != 0 ? all : got;
        all += got;
        if (static_cast<std::size_t>(got) < buffer.iov_len)
          break;
      }
      return all;
    });
  }

  // All of it where the socket blocks, else what there is room for.
  long send(std::span<const iovec> from, int flags) const
  {
    begins();
    const bool waits = net().blocks(number_) && !(flags & MSG_DONTWAIT);
    long all = 0;
    long last = 0;
    for (const iovec& buffer : from)
      for (std::size_t done = 0; done < buffer.iov_len; done += static_cast<std::size_t>(last))
      {
        last = net().send(number_, static_cast<const char*>(buffer.iov_base) + done, buffer.iov_len - done);
        if (last == -EAGAIN && waits && wait(false))
          last = 0;
        if (last < 0)
          return all != 0 ? all : last;
        if (last != 0)
          did("sends to");
        all += last;
        if (!waits && done + static_cast<std::size_t>(last) < buffer.iov_len)
          return all;
      }
    return all;
  }

  int accept(sockaddr* peer, socklen_t* length) const
  {
    const auto made =
        static_cast<int>(once_readable(0, "accepts from", [&] { return static_cast<long>(net().accept(number_)); }));
    if (made >= 0 && peer)
      give(*net().peer(made), peer, length);
    return made;
  }

  int connect(const sockaddr* to, socklen_t length) const
  {
    begins();
    const auto at = taken(to, length);
    if (!at)
      return -EAFNOSUPPORT;
    did("connects");
    const int started = net().connect(number_, *at);
    if (started != -EINPROGRESS || !net().blocks(number_))
      return started;
    if (!wait(false))
      return -ETIMEDOUT;
    return -net().take_error(number_);
  }

private:
  // Tries, and waits in between where the socket and the flags let it.
  template <class Try> long once_readable(int flags, const char* verb, Try attempt) const
  {
    begins();
    for (;;)
    {
      const long done = attempt();
      if (done != -EAGAIN)
      {
        did(verb);
        return done;
      }
      if (!net().blocks(number_) || (flags & MSG_DONTWAIT) || !wait(true))
        return -EAGAIN;
    }
  }

  machine* world_;
  int number_;
};

inline short events_of(const network& net, const pollfd& asked)
{
  if (!net.object(asked.fd))
    return POLLNVAL;
  const bool reads = (asked.events & POLLIN) && net.readable(asked.fd);
  const bool writes = (asked.events & POLLOUT) && net.writable(asked.fd);
  return static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

inline int poll_sockets(std::span<pollfd> all, int milliseconds)
{
  const call any(all.front().fd);
  network& net = any.net();
  const auto one_is_ready = [](void* about) {
    const auto& [network, sockets] = *static_cast<std::pair<class network*, std::span<pollfd>>*>(about);
    for (const pollfd& one : sockets)
      if (events_of(*network, one) != 0)
        return true;
    return false;
  };
  std::pair<class network*, std::span<pollfd>> about(&net, all);
  machine& m = any.simulated();
  if (milliseconds == 0)
  {
    if (!one_is_ready(&about))
      m.idle_poll();
  }
  else
    static_cast<void>(any.wait_until(one_is_ready, &about, {"polls", "socket", net.object(all.front().fd)},
        milliseconds < 0 ? timer_source::never : m.now() + milliseconds * std::int64_t{1'000'000}));
  int ready = 0;
  for (pollfd& one : all)
    ready += (one.revents = events_of(net, one)) != 0;
  return ready;
}

} // namespace detent::sockets
