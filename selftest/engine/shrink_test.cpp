// Shrinking, pins, and the folder of failures.
#include "toy.hpp"

#include <detent/error.hpp>
#include <detent/explore.hpp>
#include <detent/token.hpp>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

using Catch::Contains;
using toy::named;
using namespace std::chrono_literals;

namespace {

// Five increments and five decrements in turn; three is one too many.
void counter(detent::simulation& sim)
{
  toy::context context(sim.world());
  int count = 0;
  for (int i = 0; i < 5; ++i)
    for (const int change : {1, -1})
      context.post([&count, change] {
        count += change;
        if (count == 3)
          throw std::runtime_error("three");
      });
  context.run();
}

// A folder that goes with the test.
struct folder
{
  folder()
  {
    char pattern[] = "/tmp/detent-corpus-XXXXXX";
    path = ::mkdtemp(pattern);
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::string path;
};

} // namespace

TEST_CASE("the counter ends at its three steps, from any seed", "[shrink]")
{
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
  {
    detent::options how = named("counter");
    how.seed = seed;
    const detent::result r = detent::explore(how, counter);
    INFO(r.report);
    REQUIRE(r.verdict == detent::verdict::assertion);
    REQUIRE(r.shrunk);
    REQUIRE(r.steps == 3);
    REQUIRE(r.constraints.size() <= 3);
    REQUIRE(detent::replay(r.pin, how, counter).hash == r.hash);
    REQUIRE(detent::replay(r.nearest_passing, how, counter).passed());
  }
}

TEST_CASE("without shrinking a failure stays as it was found", "[shrink]")
{
  detent::options how = named("counter");
  how.shrink = false;
  std::uint64_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
  {
    how.seed = seed;
    const detent::result r = detent::explore(how, counter);
    REQUIRE_FALSE(r.shrunk);
    longest = std::max(longest, r.steps);
  }
  REQUIRE(longest > 3); // a canary: there is something to shrink
}

TEST_CASE("values shrink with the schedule: to the smallest that fails", "[shrink]")
{
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
  {
    detent::options how = named("values");
    how.seed = seed;
    const detent::result r = detent::explore(how, [](detent::simulation& sim) {
      const std::uint32_t first = sim.choose(1'000);
      const std::uint32_t second = sim.choose(1'000);
      if (second >= 137 && first != 1)
        throw std::runtime_error("137 or more");
    });
    REQUIRE(r.shrunk);
    REQUIRE(r.pin == "pin1:fifo:main=0,main=137");
  }
}

TEST_CASE("crashes and hangs shrink too", "[shrink]")
{
  detent::options how = named("crash");
  for (const bool crashes : {true, false})
  {
    if (!crashes)
      how.watchdog = 700ms; // each attempt that hangs takes that long
    const detent::result r = detent::explore(how, [=](detent::simulation& sim) {
      toy::context context(sim.world());
      int ran = 0;
      for (int i = 0; i < 4; ++i)
        context.post([&ran, i, crashes] {
          if (i == 2 && ran == 0)
          {
            if (crashes)
              std::abort();
            for (volatile bool forever = true; forever;)
            {
            }
          }
          ++ran;
        });
      context.run();
    });
    REQUIRE(r.verdict == (crashes ? detent::verdict::crash : detent::verdict::livelock));
    REQUIRE(r.shrunk);
    REQUIRE(r.constraints.size() == 2);
  }
}

TEST_CASE("a pin goes through text and back; what is no pin is refused", "[pin]")
{
  const std::string text = "pin1:any,lag=10ms,seed=0x2a:main.2#4<main.1#2,clock#3<main#2,main.1=7,main~1";
  REQUIRE(detent::render_pin(detent::parse_pin(text)) == text);
  REQUIRE(detent::parse_pin("pin1:fifo").constraints.empty());
  for (const char* bad : {"pin1:", "pin1:some", "pin1:any:main.2#4", "pin1:any:main.2<main.1#1", "pin1:any:x#1<main#1",
           "pin1:any:main#1<main#", "pin1:any,lag=5:", "pin1:any:main=x", "pin1:any:main..1#1<main#1",
           "pin1:any:main#99999999999<main#1"})
  {
    CAPTURE(bad);
    CHECK_THROWS_WITH(detent::parse_pin(bad), Contains("cannot be read at") && Contains("Next:"));
  }
  CHECK_THROWS_WITH(detent::parse_pin("pin9:any"), Contains("of another format"));
}

TEST_CASE("a pin survives an unrelated edit, and says so when its steps are gone", "[pin]")
{
  const auto program = [](int unrelated, bool repaired) {
    return [=](detent::simulation& sim) {
      toy::context context(sim.world());
      bool first = false;
      for (const int i : {0, 1})
        context.post([&, i] {
          if (i == 0)
            first = true;
          else if (!first && !repaired)
            throw std::runtime_error("the second came first");
        });
      for (int i = 0; i < unrelated; ++i)
        context.post([] {});
      context.run();
    };
  };
  const detent::result found = detent::explore(named("edited"), program(0, false));
  REQUIRE(found.pin == "pin1:any:main.2#1<main.1#1");
  REQUIRE(detent::replay(found.pin, named("edited"), program(9, false)).verdict == detent::verdict::assertion);
  REQUIRE(detent::replay(found.pin, named("edited"), program(9, true)).passed());

  const detent::result gone = detent::replay("pin1:any:main.7#1<main.1#1", named("edited"), program(0, true));
  REQUIRE(gone.verdict == detent::verdict::diverged);
  REQUIRE_THAT(gone.message, Contains("names step 1 of main.7, which never came"));

  // A token is of one trace: with the edit it has diverged, and the test fails or goes on, as asked.
  detent::options how = named("edited");
  REQUIRE(detent::replay(found.token, how, program(9, true)).verdict == detent::verdict::diverged);
  how.on_divergence = detent::divergence::explore;
  REQUIRE(detent::replay(found.token, how, program(9, true)).passed());
}

TEST_CASE("failing schedules are kept in a folder and tried first", "[corpus]")
{
  const folder kept;
  detent::options how = named("counter");
  how.corpus = kept.path + "/made/here";
  const detent::result first = detent::explore(how, counter);
  REQUIRE_FALSE(first.passed());
  how.strategy = "delay_bound(1)"; // would not find it
  const detent::result again = detent::explore(how, counter);
  REQUIRE(again.hash == first.hash);
  REQUIRE(again.schedules == 1);
  REQUIRE_THAT(again.report, Contains("where it was kept when it failed before"));
  REQUIRE(detent::explore(how, [](detent::simulation&) {}).passed()); // repaired
  how.schedules = 5;
  REQUIRE(detent::explore(how, counter).passed()); // forgotten

  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(how.corpus))
    file = entry.path();
  std::ofstream(file) << "rubbish\n";
  REQUIRE_THROWS_WITH(detent::explore(how, counter), Contains("holds \"rubbish\", which is no token of this test"));
  how.corpus = file; // a file, not a folder
  REQUIRE_THROWS_WITH(detent::explore(how, counter), Contains("cannot be made or read"));
}
