// Addresses of the simulated network, as libc has them.
#pragma once

#include <detent/network.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace detent::sockets {

inline std::optional<network::address> taken(const sockaddr* from, socklen_t length)
{
  network::address out;
  if (length >= sizeof(sockaddr_in) && from->sa_family == AF_INET)
  {
    sockaddr_in in{};
    std::memcpy(&in, from, sizeof in);
    std::memcpy(out.host.data(), &in.sin_addr, 4);
    out.port = ntohs(in.sin_port);
    return out;
  }
  if (length >= sizeof(sockaddr_in6) && from->sa_family == AF_INET6)
  {
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    std::memcpy(out.host.data(), &in.sin6_addr, 16);
    out.port = ntohs(in.sin6_port);
    out.v6 = true;
    return out;
  }
  return std::nullopt;
}

// As much of it as there is room for; `length` is all that there would have been.
inline void give(const network::address& at, sockaddr* into, socklen_t* length)
{
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  const void* whole = &v4;
  socklen_t size = sizeof v4;
  if (at.v6)
  {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(at.port);
    std::memcpy(&v6.sin6_addr, at.host.data(), 16);
    whole = &v6;
    size = sizeof v6;
  }
  else
  {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(at.port);
    std::memcpy(&v4.sin_addr, at.host.data(), 4);
  }
  std::memcpy(into, whole, std::min(*length, size));
  *length = size;
}

} // namespace detent::sockets
