#include <detent/signal_table.hpp>

#include <detent/simulation.hpp>
#include <detent/host.hpp>

#include <csignal>
#include <cstring>

namespace detent {

bool signal_table::raise(int signal)
{
  const auto all = listeners_; // who is told may add and remove
  bool heard = false;
  for (const auto& [number, listener] : all)
    if (number == signal)
    {
      heard = true;
      listener->raised(signal);
    }
  return heard;
}

std::string signal_table::name(int signal)
{
  const char* const known = ::sigabbrev_np(signal);
  return known ? std::string("SIG") + known : "signal " + std::to_string(signal);
}

void simulation::raise(int signal)
{
  world_.event(event_kind::notes, "raises " + signal_table::name(signal));
  if (world_.this_host().signals.raise(signal))
    return;
  const std::string message =
      signal_table::name(signal) + " is raised and nothing handles it: it would end the program";
  world_.fail(verdict::crash, message);
  throw schedule_ended("detent: " + message);
}

} // namespace detent
