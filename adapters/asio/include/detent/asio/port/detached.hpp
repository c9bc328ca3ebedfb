// Exceptions that leave a detached coroutine.
#pragma once

#include <detent/asio/prelude.hpp>
#include <detent/explore.hpp>
#include <detent/machine.hpp>

#include <cstdio>

namespace detent::asio_port {

void report_detached(const std::exception_ptr& error)
{
  machine* world = machine::current();
  const std::string what = describe(error);
  if (world && !world->settings().implicit)
  {
    // At the end of a test everything is cancelled; what that throws is of no interest.
    if (!world->clock_stopped() || world->in_step())
      world->fail(verdict::unhandled_exception, what + ", out of a detached coroutine");
    return;
  }
  std::fprintf(
      stderr, "detent: an exception left a detached coroutine and was dropped, as Asio does: %s\n", what.c_str());
}

} // namespace detent::asio_port
