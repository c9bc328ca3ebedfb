// What the program under test runs on, of one schedule. For adapters.
#pragma once

#include <detent/network.hpp>
#include <detent/signal_table.hpp>

namespace detent {

struct host
{
  explicit host(machine& m) noexcept : sockets(m) {}

  network sockets;
  signal_table signals;
};

} // namespace detent
