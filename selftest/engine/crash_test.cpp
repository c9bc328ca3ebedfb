// Ways to end a process: each is a finding, is shrunk, replays, and takes nothing else down.
#include "toy.hpp"

#include <detent/explore.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <csignal>
#include <cstdlib>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using Catch::Contains;
using toy::named;
using namespace std::chrono_literals;

namespace {

[[noreturn]] void throw_now() { throw std::runtime_error("out of noexcept"); }

struct throws_in_destructor
{
  ~throws_in_destructor()
  {
    throw_now();
  } // noexcept, as destructors are: an assertion that fails there ends the process
};

// No tail call: each call needs its frame.
[[gnu::noinline]] int for_ever(int depth)
{
  volatile char frame[1'024];
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : for_ever(depth + 1) + frame[0];
}

void exhaust_memory()
{
  try
  {
    std::vector<std::unique_ptr<char[]>> taken;
    rlimit limit{};
    ::getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = std::size_t{1} << 32;
#if !defined(__SANITIZE_ADDRESS__)
    ::setrlimit(RLIMIT_AS, &limit);
    for (;;)
      taken.push_back(std::make_unique_for_overwrite<char[]>(std::size_t{1} << 26)); // never touched
#endif
  }
  catch (const std::bad_alloc&)
  {
  }
  throw std::runtime_error("out of memory, or what stands for it");
}

#if defined(__SANITIZE_ADDRESS__)
constexpr const char* end_by_segv = "ended with exit code 1 inside the test";
#else
constexpr const char* end_by_segv = "killed by signal SEGV";
#endif

} // namespace

TEST_CASE("a crash, an exit and a hang are findings", "[explore]")
{
  struct ending
  {
    const char* name;
    void (*end)();
    detent::verdict verdict;
    const char* says;
  };
  const ending endings[] = {
      {"segv", [] { ::raise(SIGSEGV); }, detent::verdict::crash, end_by_segv},
      {"abort", [] { std::abort(); }, detent::verdict::crash, "killed by signal ABRT (Aborted)"},
      {"exit", [] { std::exit(3); }, detent::verdict::crash, "ended with exit code 3 inside the test"},
      {"_exit 0", [] { ::_exit(0); }, detent::verdict::crash, "ended with exit code 0 inside the test"},
      {"terminate", []() noexcept { throw_now(); }, detent::verdict::unhandled_exception, "std::terminate was called"},
      {"abort", [] { std::abort(); }, detent::verdict::crash, "signal ABRT"},
      {"stack overflow", [] { static_cast<void>(for_ever(1)); }, detent::verdict::crash, end_by_segv},
      {"exception while another unwinds",
          [] {
            const throws_in_destructor one;
            throw std::runtime_error("first");
          },
          detent::verdict::unhandled_exception, "std::terminate was called"},
      {"no memory left", exhaust_memory, detent::verdict::assertion, "out of memory, or what stands for it"},
      {"endless",
          [] {
            for (std::atomic<int> i = 0;; ++i)
            {
            }
          },
          detent::verdict::livelock, "one step did not end within 0.5 s"},
  };
  for (const ending& e : endings)
  {
    INFO(e.name);
    detent::options how = named(e.name);
    if (e.verdict == detent::verdict::livelock)
      how.watchdog = 500ms;
    const auto ends = [&](detent::simulation& sim) {
      toy::context context(sim.world());
      context.post([&] { context.post([] {}); });
      context.post([&] {
        if (sim.choose(4) == 2)
          e.end();
      });
      context.run();
    };
    const detent::result r = detent::explore(how, ends);
    CHECK(r.verdict == e.verdict);
    CHECK_THAT(r.message, Contains(e.says));
    CHECK_FALSE(r.token.empty());
    CHECK(r.shrunk);
    CHECK(r.constraints.empty()); // the value alone

    how.replay = r.token; // replays are isolated too
    const detent::result again = detent::explore(how, ends);
    CHECK(again.verdict == e.verdict);
  }
}

TEST_CASE("a hang in the calling process ends it with a message", "[explore]")
{
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0)
  {
    ::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    detent::options how = named("hang");
    how.isolation = detent::isolation::none;
    how.watchdog = 200ms;
    detent::explore(how, [](detent::simulation&) {
      for (std::atomic<int> i = 0;; ++i)
      {
      }
    });
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(2'000, '\0');
  const ssize_t size = ::read(ends[0], said.data(), said.size());
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(size > 0);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGABRT);
  REQUIRE_THAT(said, Contains("one step did not end within the watchdog's time") && Contains("Next:"));
}

TEST_CASE("a crash's last words are in the report", "[explore]")
{
  const detent::result r = detent::explore(named("last words"), [](detent::simulation&) {
    std::fprintf(stderr, "assertion `x > 0' failed\n");
    std::abort();
  });
  REQUIRE_THAT(r.report, Contains("the last words on its stderr:\nassertion `x > 0' failed"));
}

TEST_CASE("a worker ends with the process that explores, also where that is killed", "[explore]")
{
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t explorer = ::fork();
  if (explorer == 0)
  {
    ::close(ends[0]);
    detent::options how = named("no end");
    how.watchdog = 10min;
    detent::explore(how, [&](detent::simulation&) {
      static_cast<void>(!::write(ends[1], "x", 1));
      for (std::atomic<int> spins = 0;; ++spins)
      {
      }
    });
    ::_exit(0);
  }
  ::close(ends[1]);
  char byte = 0;
  REQUIRE(::read(ends[0], &byte, 1) == 1); // the worker is in its step
  ::kill(explorer, SIGKILL);
  ::waitpid(explorer, nullptr, 0);
  pollfd hangs_up{ends[0], POLLIN, 0};
  do
    REQUIRE(::poll(&hangs_up, 1, 60'000) == 1); // the last one that could write has gone; or another worker was there
  while (::read(ends[0], &byte, 1) == 1);
  ::close(ends[0]);
}
