// Exhaustive search against plain enumeration: the reduced search runs each partial order exactly once, and finds the
// bugs whose accesses are declared.
//
//     exhaustive [MOST]     programs whose schedules number more than MOST are left out
#include "corpus.hpp"

#include <detent/asio.hpp>
#include <detent/shared.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

int failures = 0;

detent::options options_for(const std::string& name, const char* strategy, std::chrono::nanoseconds lag)
{
  detent::options how;
  how.name = name;
  how.strategy = strategy;
  how.order = detent::ordering::any;
  how.max_lag = lag;
  how.shrink = false;
  return how;
}

void expect(bool holds, const std::string& name, const char* what, const detent::result& r)
{
  if (holds)
    return;
  ++failures;
  std::printf("%s: %s; %llu executions, %llu partial orders; %s", name.c_str(), what,
      static_cast<unsigned long long>(r.executions), static_cast<unsigned long long>(r.partial_orders),
      r.report.c_str());
}

// --- known counts ---------------------------------------------------------------------------------------------

using task = asio::awaitable<void>;
using executor = asio::any_io_executor;

task yield(const executor& on) { co_await asio::post(on, asio::use_awaitable); }

task accesses(executor on, int tasks, int each)
{
  const auto object = std::make_shared<detent::shared<int>>(0);
  const auto access = [=]() -> task {
    for (int i = 0; i < each; ++i)
    {
      co_await yield(on);
      *object = i;
    }
  };
  for (int i = 0; i < tasks; ++i)
    asio::co_spawn(on, access, asio::detached);
  co_return;
}

task readers(executor on, int count)
{
  const auto object = std::make_shared<detent::shared<int>>(0);
  const auto write = [=]() -> task {
    co_await yield(on);
    *object = 1;
  };
  const auto read = [=]() -> task {
    co_await yield(on);
    static_cast<void>(object->get());
  };
  asio::co_spawn(on, write, asio::detached);
  for (int i = 0; i < count; ++i)
    asio::co_spawn(on, read, asio::detached);
  co_return;
}

task last_zero(executor on, int count)
{
  const auto values = std::make_shared<std::deque<detent::shared<int>>>(static_cast<std::size_t>(count) + 1);
  const auto search = [=]() -> task {
    for (auto i = static_cast<std::size_t>(count);; --i)
    {
      co_await yield(on);
      if ((*values)[i] == 0)
        co_return;
    }
  };
  const auto copy_on = [=](std::size_t to) -> task {
    co_await yield(on);
    const int before = (*values)[to - 1];
    co_await yield(on);
    (*values)[to] = before + 1;
  };
  asio::co_spawn(on, search, asio::detached);
  for (std::size_t i = 1; i <= static_cast<std::size_t>(count); ++i)
    asio::co_spawn(
        on, [=] { return copy_on(i); }, asio::detached);
  co_return;
}

template <class F> void count(const std::string& name, std::uint64_t expected, F body)
{
  const detent::result r = detent::explore(options_for(name, "exhaustive", 0ns),
      [&](detent::simulation& sim) -> task { return body(executor(sim.executor())); });
  std::printf("%-18s %8llu executions, %llu cut short\n", name.c_str(), static_cast<unsigned long long>(r.executions),
      static_cast<unsigned long long>(r.discarded));
  expect(r.passed() && r.executions == expected, name, ("expected " + std::to_string(expected)).c_str(), r);
  expect(r.executions == r.partial_orders, name, "one partial order ran twice", r);
  expect(r.coverage == detent::coverage::modulo_declared, name, "expected to be complete modulo declared objects", r);
}

void known_counts()
{
  const auto n_times_k = [](int n, int k, std::uint64_t expected) {
    count("accesses " + std::to_string(n) + "x" + std::to_string(k), expected,
        [=](executor on) { return accesses(on, n, k); });
  };
  n_times_k(2, 3, 20);
  n_times_k(3, 1, 6);
  n_times_k(3, 2, 90);
  n_times_k(3, 3, 1'680);
  for (int n = 2; n <= 8; n += 2)
    count("readers " + std::to_string(n), std::uint64_t{1} << n, [=](executor on) { return readers(on, n); });
  for (int n = 2; n <= 8; ++n)
    count("last zero " + std::to_string(n), static_cast<std::uint64_t>(n + 3) << (n - 2),
        [=](executor on) { return last_zero(on, n); });
}

// --- the corpus -----------------------------------------------------------------------------------------------

detent::result run(const corpus::program& p, corpus::variant which, const char* strategy, std::chrono::nanoseconds lag,
    std::uint64_t most)
{
  detent::options how = options_for(p.name, strategy, lag);
  how.schedules = most;
  return detent::explore(how, [&](detent::simulation& sim) { return p.run(sim.executor(), which); });
}

// False if the schedules are too many to enumerate.
bool against_enumeration(const corpus::program& p, std::chrono::nanoseconds lag, std::uint64_t most)
{
  const char* const at = lag == 0ns ? "exact time" : "10 ms lag";
  const detent::result all = run(p, corpus::variant::fixed, "depth_first", lag, most);
  expect(all.passed(), p.name, "the fixed twin fails", all);
  const bool finished = all.coverage == detent::coverage::complete;
  const std::uint64_t enough = finished ? most : std::min<std::uint64_t>(most, 20'000);
  const detent::result reduced = run(p, corpus::variant::fixed, "exhaustive", lag, enough);
  expect(reduced.passed(), p.name, "the fixed twin fails", reduced);
  std::printf("%-18s %s: %8llu schedules%s, %7llu partial orders; reduced to %llu, %llu cut short%s\n", p.name.c_str(),
      at, static_cast<unsigned long long>(all.executions), finished ? "" : " (not all)",
      static_cast<unsigned long long>(all.partial_orders), static_cast<unsigned long long>(reduced.executions),
      static_cast<unsigned long long>(reduced.discarded),
      reduced.coverage == detent::coverage::sampled ? " (not all)" : "");
  std::fflush(stdout);
  if (!p.declared)
    return finished;
  if (finished)
    expect(reduced.executions == all.partial_orders, p.name, "not as many executions as partial orders", reduced);
  expect(reduced.executions == reduced.partial_orders, p.name, "one partial order ran twice", reduced);
  return finished;
}

} // namespace

int main(int argc, char** argv)
{
  const std::uint64_t most = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 300'000;
  known_counts();
  for (const corpus::program& p : corpus::all())
  {
    if (against_enumeration(p, 0ns, most))
      against_enumeration(p, 10ms, most);
    if (!p.declared || p.hard)
      continue;
    const detent::result broken = run(p, corpus::variant::broken, "exhaustive", 10ms, most);
    expect(!broken.passed(), p.name, "its bug was not found", broken);
  }
  return failures != 0;
}
