// Look-up of names, taken at link time: addresses in digits and "localhost" are known in a simulation, everything else is
// refused by name, since it would ask a real network.
#pragma once

#include <detent/error.hpp>
#include <detent/machine.hpp>
#include <detent/threads/real.hpp>

#include <cstring>
#include <string>

#include <netdb.h>

extern "C" {

int getaddrinfo(const char* __restrict host, const char* __restrict service, const addrinfo* __restrict hints,
    addrinfo** __restrict result)
{
  auto* const ask = DETENT_PRIVATE_REAL(getaddrinfo);
  if (!detent::machine::current())
    return ask(host, service, hints, result);
  addrinfo asked{};
  if (hints)
    asked = *hints;
  // One family, whatever interfaces the machine has.
  const bool v6 = asked.ai_family == AF_INET6;
  const char* digits = host;
  if (!host)
    digits = (asked.ai_flags & AI_PASSIVE) ? (v6 ? "::" : "0.0.0.0") : (v6 ? "::1" : "127.0.0.1");
  else if (*host == '\0' || std::strcmp(host, "localhost") == 0)
    digits = v6 ? "::1" : "127.0.0.1";
  asked.ai_flags = (asked.ai_flags & ~(AI_ADDRCONFIG | AI_V4MAPPED | AI_ALL)) | AI_NUMERICHOST;
  const int error = ask(digits, service, &asked, result);
  if (error == EAI_NONAME && digits == host && !(hints && (hints->ai_flags & AI_NUMERICHOST)))
  {
    asked.ai_flags |= AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (ask(digits, "0", &asked, &found) == 0) // it was the service that is not known
    {
      ::freeaddrinfo(found);
      return error;
    }
    throw detent::usage_error(std::string("the program looks up the name \"") + host
            + "\"; Detent knows addresses in digits and \"localhost\"",
        "give the code under test one of those, or keep the look-up behind an interface");
  }
  return error;
}

int getnameinfo(const sockaddr* __restrict at, socklen_t length, char* __restrict host, socklen_t host_size,
    char* __restrict service, socklen_t service_size, int flags)
{
  if (detent::machine::current())
    flags |= NI_NUMERICHOST;
  return DETENT_PRIVATE_REAL(getnameinfo)(at, length, host, host_size, service, service_size, flags);
}

} // extern "C"
