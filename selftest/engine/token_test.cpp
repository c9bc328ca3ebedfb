#include "toy.hpp"

#include <detent/error.hpp>
#include <detent/random.hpp>
#include <detent/token.hpp>

#include <catch2/catch.hpp>

using Catch::Contains;
using namespace std::chrono_literals;

namespace {

// A body with something of every kind to choose.
void choosy(detent::simulation& sim)
{
  toy::context context(sim.world());
  for (int i = 0; i < 3; ++i)
    context.post([&] { context.after(1ms, [&] { context.post([] {}); }); });
  if (sim.choose(5) == 3)
    static_cast<void>(sim.rng()());
  context.run();
  throw std::runtime_error("always");
}

detent::options named(const char* name)
{
  detent::options how;
  how.name = name;
  how.isolation = detent::isolation::none;
  return how;
}

} // namespace

TEST_CASE("a token replays the schedule that printed it", "[token]")
{
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
  {
    detent::options how = named("choosy");
    how.seed = seed;
    how.order = detent::ordering::any;
    const detent::result first = detent::simulate(how, choosy);
    how.replay = first.token;
    const detent::result again = detent::simulate(how, choosy);
    REQUIRE(again.verdict == detent::verdict::assertion);
    REQUIRE(again.hash == first.hash);
    REQUIRE(again.steps == first.steps);
  }
}

TEST_CASE("what is no whole token of this test is refused, with the next thing to do", "[token]")
{
  const std::string good = detent::simulate(named("choosy"), choosy).token;
  REQUIRE_NOTHROW(detent::decode_token(good));
  const auto replay = [](std::string token, const char* name = "choosy") {
    detent::options how = named(name);
    how.replay = std::move(token);
    return detent::simulate(how, choosy);
  };
  CHECK_THROWS_WITH(
      replay("hello"), Contains("\"hello\" is no replay token") && Contains("Next: copy the whole token"));
  CHECK_THROWS_WITH(replay(good.substr(0, good.size() - 3)), Contains("damaged or cut short"));
  CHECK_THROWS_WITH(replay("detent1-"), Contains("damaged or cut short"));
  CHECK_THROWS_WITH(replay(good + "!"), Contains("holds the character '!'"));
  CHECK_THROWS_WITH(
      replay("detent2-AAAA"), Contains("another format") && Contains("the version of Detent that printed it"));
  CHECK_THROWS_WITH(replay(good, "other"), Contains("belongs to another test than \"other\""));
}

TEST_CASE("no flipped character of a token is replayed as another schedule", "[token]")
{
  detent::options how = named("choosy");
  how.seed = 3;
  how.order = detent::ordering::any;
  const std::string good = detent::simulate(how, choosy).token;
  detent::generator random(1);
  int refused = 0;
  constexpr int tries = 2'000;
  for (int i = 0; i < tries; ++i)
  {
    std::string bad = good;
    bad[8 + random.below(bad.size() - 8)] = "ABCxyz019-_"[random.below(11)];
    if (bad == good)
    {
      ++refused;
      continue;
    }
    try
    {
      static_cast<void>(detent::decode_token(bad));
    }
    catch (const detent::usage_error&)
    {
      ++refused;
    }
  }
  REQUIRE(refused >= tries - 2); // 16 bits of checksum let one in 65,536 pass
}

TEST_CASE("rubbish is refused, never read past its end", "[token]")
{
  detent::generator random(2);
  for (int i = 0; i < 20'000; ++i)
  {
    std::string rubbish = "detent1-";
    for (std::uint64_t n = random.below(40); n > 0; --n)
      rubbish += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[random.below(64)];
    try
    {
      static_cast<void>(detent::decode_token(rubbish));
    }
    catch (const detent::usage_error&)
    {
    }
  }
}

TEST_CASE("a replay that meets another choice says where it diverged", "[token]")
{
  detent::options how = named("edited");
  how.order = detent::ordering::any;
  const auto with_tasks = [](int tasks) {
    return [tasks](detent::simulation& sim) {
      toy::context context(sim.world());
      for (int i = 0; i < tasks; ++i)
        context.post([] {});
      context.run();
      throw std::runtime_error("always");
    };
  };
  std::string token;
  for (std::uint64_t seed = 1; token.empty() || detent::decode_token(token).choices.empty()
       || detent::decode_token(token).choices.front().path != "main.4";
       ++seed)
  {
    how.seed = seed;
    token = detent::simulate(how, with_tasks(4)).token;
  }
  how.replay = token;
  const detent::result r = detent::simulate(how, with_tasks(3));
  REQUIRE(r.verdict == detent::verdict::diverged);
  REQUIRE_THAT(r.message,
      Contains("diverged at step ") && Contains("expected main.4 to be ready, found a step choice among main."));

  const detent::result shorter = detent::simulate(how, with_tasks(1));
  REQUIRE(shorter.verdict == detent::verdict::diverged);
  REQUIRE_THAT(shorter.message, Contains("expected further choices, found the end of the test"));

  const detent::result longer = detent::simulate(how, with_tasks(5));
  REQUIRE(longer.verdict == detent::verdict::diverged);
}
