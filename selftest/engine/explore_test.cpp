// Exploration with plain bodies: what is found, how it is reported, and that nothing takes the explorer down.
#include "toy.hpp"

#include <detent/real_threads.hpp>
#include <detent/error.hpp>
#include <detent/explore.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using Catch::Contains;
using toy::named;
using namespace std::chrono_literals;

namespace {

// Fails when the third of three steps comes first.
void third_first(detent::simulation& sim)
{
  toy::context context(sim.world());
  int ran = 0;
  for (int i = 0; i < 3; ++i)
    context.post([&, i] {
      if (i == 2 && ran == 0)
        throw std::runtime_error("the third came first");
      ++ran;
    });
  context.run();
}

} // namespace

TEST_CASE("a failing order is found, and is the same one with any number of workers", "[explore]")
{
  detent::options how = named("third first");
  std::vector<std::string> tokens;
  for (const unsigned jobs : {1u, 2u, 5u})
  {
    how.jobs = jobs;
    const detent::result r = detent::explore(how, third_first);
    REQUIRE(r.verdict == detent::verdict::assertion);
    REQUIRE(r.message == "std::runtime_error: the third came first");
    REQUIRE(r.needs.threads);
    REQUIRE(r.needs.lag == 0ns);
    tokens.push_back(r.token + " " + std::to_string(r.schedules));
  }
  how.isolation = detent::isolation::none;
  const detent::result here = detent::explore(how, third_first);
  tokens.push_back(here.token + " " + std::to_string(here.schedules));
  REQUIRE(std::set<std::string>(tokens.begin(), tokens.end()).size() == 1);
}

TEST_CASE("a failure is reported under the weakest assumptions that it needs", "[explore]")
{
  // Two timers of one deadline: their order is a choice on one thread, too.
  detent::options how = named("tie");
  for (std::uint64_t seed = 0; seed < 20; ++seed)
  {
    how.seed = seed;
    const detent::result r = detent::explore(how, [](detent::simulation& sim) {
      toy::context context(sim.world());
      bool first = false;
      context.after(1ms, [&] { first = true; });
      context.after(1ms, [&] {
        if (!first)
          throw std::runtime_error("the second came first");
      });
      context.run();
    });
    REQUIRE(r.verdict == detent::verdict::assertion);
    REQUIRE_FALSE(r.needs.threads);
    REQUIRE(r.needs.lag == 0ns);
    REQUIRE_THAT(r.report, Contains("needs   one thread suffices, on an idle machine"));
  }

  // A step that must be late: no thread more, but lag.
  const detent::result late = detent::explore(named("late"), [](detent::simulation& sim) {
    toy::context context(sim.world());
    context.after(7ms, [] {});
    context.post([&] {
      if (sim.elapsed() > 5ms)
        throw std::runtime_error("late");
    });
    context.run();
  });
  REQUIRE(late.verdict == detent::verdict::assertion);
  REQUIRE_FALSE(late.needs.threads);
  REQUIRE(late.needs.lag == 7ms);
  REQUIRE_THAT(late.report, Contains("one thread suffices, on a machine that runs a ready handler 7 ms late"));
}

TEST_CASE("another seed explores other schedules", "[explore]")
{
  detent::options how = named("third first");
  std::set<std::uint64_t> found_by;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
  {
    how.seed = seed;
    found_by.insert(detent::explore(how, third_first).schedules);
  }
  REQUIRE(found_by.size() > 1);
}

TEST_CASE("the report says what happened, what it needs, and what to type", "[explore][report]")
{
  detent::options how = named("third first");
  how.command = "./a_test third";
  const detent::result r = detent::explore(how, third_first);
  const std::string expected = R"(detent: "third first" failed: assertion
  std::runtime_error: the third came first
  in task main.3, at 0 ms, step 1

            time  step   main                          main.3                        why
            0 ms     -  spawns main.1
                        spawns main.2
                        spawns main.3
            0 ms     1                                fails                         overtakes 2 older steps

  because step 1 (main.3) comes before the next step of main.1
      and step 1 (main.3) comes before the next step of main.2
          with any one of these the other way round, it passes
  needs   several threads on one context
  found   by schedule )"
      + std::to_string(r.schedules) + R"( of at most 1000, strategy portfolio, DETENT_SEED=0x)";
  REQUIRE_THAT(r.report, Catch::StartsWith(expected));
  REQUIRE_THAT(r.report,
      Catch::EndsWith("  replay  DETENT_REPLAY=" + r.token + " \\\n          ./a_test third\n  pin     "
          + "pin1:any:main.3#1<main.1#1,main.3#1<main.2#1\n  passes  " + r.nearest_passing
          + ", the nearest schedule that does\n"));
}

TEST_CASE("a step that does a thousand things shows the first and the last of them", "[explore][report]")
{
  const detent::result r = detent::explore(named("a crowd"), [](detent::simulation& sim) {
    toy::context context(sim.world());
    context.post([&] {
      for (int i = 0; i < 1000; ++i)
        sim.note("greets " + std::to_string(i));
      throw std::runtime_error("too many");
    });
    context.run();
  });
  REQUIRE_THAT(r.report, Contains("\"greets 7\"\n") && !Contains("\"greets 8\"\n"));
  REQUIRE_THAT(r.report, Contains("... 990 more ...\n"));
  REQUIRE_THAT(r.report, Contains("\"greets 998\"\n") && Contains("\"greets 999\"\n"));
  REQUIRE_THAT(r.report, Contains("fails\n"));
}

TEST_CASE("a body with nothing to choose has one interleaving, and the report says so", "[explore]")
{
  const detent::result r = detent::explore(named("quiet"), [](detent::simulation&) {});
  REQUIRE(r.passed());
  REQUIRE(r.distinct == 1);
  REQUIRE_THAT(r.report, Contains("one interleaving exists"));
}

TEST_CASE("a value that the test chooses is explored like any other choice", "[explore]")
{
  const detent::result r = detent::explore(named("values"), [](detent::simulation& sim) {
    const std::uint32_t a = sim.choose(10);
    const std::uint32_t b = sim.choose(10);
    if (a == 7 && b == 3)
      throw std::runtime_error("seven and three");
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_FALSE(r.needs.threads);
}

TEST_CASE("random data is the same in the replay", "[explore]")
{
  const auto body = [](detent::simulation& sim) {
    if (const auto drawn = sim.rng().below(50); drawn == 17)
      throw std::runtime_error("drew 17, then " + std::to_string(sim.rng().below(1'000'000)));
  };
  detent::options how = named("random data");
  how.order = detent::ordering::fifo;
  const auto choosing = [&](detent::simulation& sim) {
    static_cast<void>(sim.choose(2)); // without a choice there is one schedule
    body(sim);
  };
  const detent::result r = detent::explore(how, choosing);
  REQUIRE(r.verdict == detent::verdict::assertion);
  how.replay = r.token;
  REQUIRE(detent::explore(how, choosing).message == r.message);
}

// Under AddressSanitizer its handler comes first, reports, and exits.
TEST_CASE("state that lives on from one schedule to the next shows as nondeterministic", "[explore]")
{
  static int runs = 0;
  const detent::result r = detent::explore(named("static"), [](detent::simulation& sim) {
    static_cast<void>(sim.choose(2));
    if (++runs == 10)
      throw std::runtime_error("the tenth run");
  });
  REQUIRE(r.verdict == detent::verdict::nondeterministic);
  REQUIRE_THAT(r.message, Contains("failed (std::runtime_error: the tenth run) and passed when run again"));
}

TEST_CASE("impossible options are refused, with the next thing to do", "[explore][bad input]")
{
  const auto with = [](auto change) {
    detent::options how = named("refused");
    change(how);
    return [how] { return detent::explore(how, [](detent::simulation&) {}); };
  };
  CHECK_THROWS_WITH(with([](auto& o) { o.schedules = 0; })(), Contains("options::schedules is 0") && Contains("Next:"));
  CHECK_THROWS_WITH(with([](auto& o) { o.max_steps = 0; })(), Contains("options::max_steps is 0"));
  CHECK_THROWS_WITH(with([](auto& o) { o.max_lag = -1ns; })(), Contains("options::max_lag is negative"));
  CHECK_THROWS_WITH(with([](auto& o) { o.watchdog = 0ns; })(), Contains("options::watchdog is not positive"));
  CHECK_THROWS_WITH(with([](auto& o) { o.time = -1s; })(), Contains("options::time is negative"));
  CHECK_THROWS_WITH(with([](auto& o) { o.strategy = "luck"; })(),
      Contains("no strategy \"luck\"") && Contains("one of: portfolio, random, pct(3)"));
}

TEST_CASE("an exploration inside another one is refused", "[explore][bad input]")
{
  const detent::result r = detent::simulate([](detent::simulation&) { detent::explore([](detent::simulation&) {}); });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_THAT(r.message, Contains("explore is called inside the body of another exploration") && Contains("Next:"));
}

TEST_CASE("the environment goes before the options, and what it cannot mean is refused", "[explore][bad input]")
{
  const auto with = [](const char* variable, const char* value) {
    ::setenv(variable, value, 1);
    struct unset
    {
      const char* name;
      ~unset() { ::unsetenv(name); }
    } at_end{variable};
    return detent::explore(named("environment"), [](detent::simulation& sim) { static_cast<void>(sim.choose(1000)); });
  };
  REQUIRE(with("DETENT_SEED", "0x2a").seed == 42);
  REQUIRE(with("DETENT_SEED", "random").seed != with("DETENT_SEED", "random").seed);
  REQUIRE(with("DETENT_SCHEDULES", "50").schedules == 50);
  REQUIRE(with("DETENT_TIME", "1s").schedules > 1000);
  CHECK_THROWS_WITH(with("DETENT_SEED", "12x"), Contains("DETENT_SEED is \"12x\"") && Contains("set DETENT_SEED=42"));
  CHECK_THROWS_WITH(with("DETENT_SEED", "-1"), Contains("a seed is a whole number"));
  CHECK_THROWS_WITH(with("DETENT_SCHEDULES", "0"), Contains("must be a whole number above 0"));
  CHECK_THROWS_WITH(with("DETENT_SCHEDULES", "-5"), Contains("DETENT_SCHEDULES is \"-5\""));
  CHECK_THROWS_WITH(with("DETENT_JOBS", "two"), Contains("DETENT_JOBS is \"two\""));
  CHECK_THROWS_WITH(with("DETENT_TIME", "soon"), Contains("must be a time like 60s"));
  CHECK_THROWS_WITH(with("DETENT_STRATEGY", "luck"), Contains("no strategy \"luck\""));
  CHECK_THROWS_WITH(with("DETENT_REPLAY", "xyz"), Contains("no replay token"));
}

TEST_CASE("with several threads in the process, schedules run in it", "[explore]")
{
  const detent::real_threads outside; // whatever this is linked with
  std::atomic<bool> leave{false};
  std::thread other([&] {
    while (!leave)
      ::usleep(1'000);
  });
  static int here = 0;
  here = 0;
  const detent::result r = detent::explore(named("threads"), [](detent::simulation& sim) {
    ++here;
    static_cast<void>(sim.choose(2));
  });
  leave = true;
  other.join();
  REQUIRE(r.passed());
  REQUIRE(here == 1000);
}

TEST_CASE("a failure leaves its report, trace and token in a folder", "[explore][out]")
{
  const auto folder = std::filesystem::temp_directory_path() / ("detent-out-" + std::to_string(::getpid()));
  detent::options how = named("third first: \"why?\"");
  how.out = (folder / "deeper").string();
  const detent::result r = detent::explore(how, third_first);
  REQUIRE_FALSE(r.passed());
  const auto read = [&](const std::string& kind) {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator(how.out))
      if (entry.path().extension() == kind)
      {
        std::ifstream in(entry.path());
        found.assign(std::istreambuf_iterator<char>(in), {});
        CHECK_THAT(entry.path().filename().string(), Catch::StartsWith("third-first-why-"));
      }
    return found;
  };
  REQUIRE(read(".txt") == r.report);
  REQUIRE(read(".token") == r.token + "\n");
  const std::string trace = read(".json");
  REQUIRE_THAT(
      trace, Contains("\"name\":\"main.3\"") && Contains("\"ph\":\"X\"") && Contains("\"virtual time\":\"0 ms\""));
  // As many things are opened as are closed, outside of strings.
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < trace.size(); ++i)
  {
    if (trace[i] == '"' && trace[i - 1] != '\\')
      in_string = !in_string;
    if (!in_string)
      depth += (trace[i] == '{' || trace[i] == '[') - (trace[i] == '}' || trace[i] == ']');
    REQUIRE((depth > 0 || i + 2 >= trace.size()));
  }
  REQUIRE(depth == 0);
  REQUIRE_FALSE(in_string);
  std::filesystem::remove_all(folder);

  how.out = "/proc/nowhere";
  REQUIRE_THROWS_WITH(detent::explore(how, third_first), Contains("cannot be written") && Contains("DETENT_OUT"));
}
