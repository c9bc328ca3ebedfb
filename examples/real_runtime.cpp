// The examples' object files on Asio's own runtime, in real time. The fixed ones pass there always; the broken ones
// pass too, unless the machine is as late as their bug needs it to be: hence the attempts.
#include "catalogue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

int failures = 0;

bool passes(const catalogue::scenario& code)
{
  asio::io_context context(1);
  std::exception_ptr error;
  bool ended = false;
  asio::co_spawn(
      context, [&] { return code(context.get_executor()); },
      [&](std::exception_ptr e) {
        error = e;
        ended = true;
      });
  context.run_for(5s);
  return ended && !error;
}

void run(const std::string& name, const catalogue::scenario& code, int attempts)
{
  int attempt = 1;
  while (!passes(code) && attempt <= attempts)
    ++attempt;
  if (attempt > attempts)
    std::printf("%-24s FAILED, %d of %d times\n", name.c_str(), attempts, attempts);
  else
    std::printf("%-24s passed, attempt %d\n", name.c_str(), attempt);
  failures += attempt > attempts;
}

// Real timers are late by as much as the machine likes, so only the lower bound holds.
catalogue::scenario at_least_30_ms(asio::awaitable<retry_backoff::durations> (*code)(asio::any_io_executor))
{
  return catalogue::checked(code, [](const auto& d) { return d.first >= 30ms && d.second >= 30ms; });
}

} // namespace

int main()
{
  for (const catalogue::example& e : catalogue::all())
  {
    const bool retry = e.name == "retry_backoff";
    run(e.name + " broken", retry ? at_least_30_ms(&retry_backoff::broken) : e.broken, 50);
    run(e.name + " fixed", retry ? at_least_30_ms(&retry_backoff::fixed) : e.fixed, 1);
  }
  return failures;
}
