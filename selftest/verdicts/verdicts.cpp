// One failing program for each verdict, and its report on stdout: verdicts NAME. Without a name, the names.
#include "code.hpp"

#include <detent/asio.hpp>
#include <detent/linearizability.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

namespace {

using body = asio::awaitable<void>(detent::simulation&);

detent::options named(const std::string& name)
{
  detent::options how;
  how.name = name;
  how.command = "the test's command";
  return how;
}

template <class F> detent::result plain(const std::string& name, F run)
{
  return detent::explore(
      named(name), [=](detent::simulation& sim) -> asio::awaitable<void> { co_await run(sim.executor()); });
}

detent::result leak()
{
  detent::options how = named("leak");
  how.leaks = true;
  return detent::explore(
      how, [](detent::simulation& sim) -> asio::awaitable<void> { co_await code::forget_watcher(sim.executor()); });
}

detent::result livelock()
{
  detent::options how = named("livelock");
  how.max_steps_per_instant = 1'000;
  how.order = detent::ordering::fifo;
  return detent::explore(
      how, [](detent::simulation& sim) -> asio::awaitable<void> { co_await code::after_you(sim.executor()); });
}

detent::result invariant()
{
  return detent::explore(named("invariant"), [](detent::simulation& sim) -> asio::awaitable<void> {
    const auto pool = std::make_shared<code::pool>();
    const auto bounded = sim.invariant("no more than two leases", [=] { return pool->leased <= pool->most; });
    co_await (
        code::lease(sim.executor(), pool) && code::lease(sim.executor(), pool) && code::lease(sim.executor(), pool));
  });
}

detent::result liveness()
{
  return detent::explore(named("liveness"), [](detent::simulation& sim) -> asio::awaitable<void> {
    const auto answered = std::make_shared<bool>(false);
    const auto served = sim.eventually(
        "the request is answered", [=] { return *answered; }, 100ms);
    co_await code::ask(sim.executor(), answered);
  });
}

detent::result vacuous()
{
  return detent::explore(named("vacuous"), [](detent::simulation& sim) -> asio::awaitable<void> {
    const std::function<void(int)> attempted = [](int attempt) { detent::sometimes("a second attempt", attempt > 1); };
    co_await code::fetch(sim.executor(), attempted);
  });
}

detent::result hog()
{
  detent::options how = named("hog");
  how.max_step_time = 10ms;
  return detent::explore(
      how, [](detent::simulation& sim) -> asio::awaitable<void> { co_await code::sleeps_in_handler(sim.executor()); });
}

// A register of int: a number is written, 0 reads.
struct one_value
{
  int value = 0;

  bool apply(int call, const std::optional<int>& reply)
  {
    if (call != 0)
      value = call;
    return call != 0 || !reply || *reply == value;
  }
  bool operator==(const one_value&) const = default;
};

detent::result not_linearizable()
{
  return detent::explore(named("not linearizable"), [](detent::simulation& sim) -> asio::awaitable<void> {
    code::cache object(sim.executor());
    detent::history<int, int> seen;
    const auto write = [&]() -> asio::awaitable<void> {
      auto call = seen.call(5);
      co_await object.write(5);
      call.returned(0);
    };
    const auto read_twice = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < 2; ++i)
      {
        auto call = seen.call(0);
        call.returned(co_await object.read());
      }
    };
    const auto both = [&]() -> asio::awaitable<void> {
      co_await write();
      co_await object.write(6); // not recorded, as if somebody had forgotten it
      auto call = seen.call(0);
      call.returned(co_await object.read());
    };
    co_await (both() && read_twice());
    detent::check_linearizable(seen, one_value());
  });
}

detent::result diverged()
{
  const auto run = [](bool one_more) {
    return detent::as_body(
        [=](detent::simulation& sim) -> asio::awaitable<void> { co_await code::two_steps(sim.executor(), one_more); });
  };
  const detent::result before = detent::explore(named("diverged"), run(false));
  return detent::replay(before.token, named("diverged"), run(true));
}

const std::map<std::string, detent::result (*)()> programs = {
    {"assertion", [] { return plain("assertion", code::overdraw); }},
    {"unhandled_exception", [] { return plain("unhandled exception", code::throws_detached); }},
    {"deadlock", [] { return plain("deadlock", code::lock_both_ways); }},
    {"deadlock_of_threads",
        [] {
          return detent::explore(
              named("deadlock of threads"), [](detent::simulation&) { code::lock_both_ways_on_threads(); });
        }},
    {"leak", leak},
    {"livelock", livelock},
    {"invariant", invariant},
    {"liveness", liveness},
    {"vacuous", vacuous},
    {"hog", hog},
    {"not_linearizable", not_linearizable},
    {"crash", [] { return plain("crash", code::use_closed); }},
    {"diverged", diverged},
    {"nondeterministic", [] { return plain("nondeterministic", code::counts_calls); }},
};

} // namespace

int main(int argc, char** argv)
{
  if (argc < 2)
    for (const auto& [name, run] : programs)
      std::printf("%s\n", name.c_str());
  else if (const auto found = programs.find(argv[1]); found != programs.end())
    std::printf("%s", found->second().report.c_str());
  else
    return 2;
  return 0;
}
