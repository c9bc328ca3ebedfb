// Invariants, liveness, sometimes, and steps that take too long: each found, and each quiet where it holds.
#include "toy.hpp"

#include <detent/error.hpp>
#include <detent/explore.hpp>
#include <detent/gauge.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

using Catch::Contains;
using namespace std::chrono_literals;

namespace {

detent::options named(const char* name)
{
  detent::options how = toy::named(name);
  how.schedules = 200;
  return how;
}

std::int64_t thread_time()
{
  timespec t{};
  ::syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

} // namespace

TEST_CASE("an invariant is checked after every step", "[property]")
{
  const auto run = [](bool broken) {
    return detent::explore(named("at most one"), [=](detent::simulation& sim) {
      toy::context context(sim.world());
      int inside = 0;
      const auto bounded = sim.invariant("at most one is inside", [&] { return inside <= 1; });
      for (int i = 0; i < 2; ++i)
        context.post([&] {
          if (!broken && inside != 0)
            return;
          ++inside;
          context.post([&] { --inside; });
        });
      context.run();
    });
  };
  REQUIRE(run(false).passed());
  const detent::result r = run(true);
  REQUIRE(r.verdict == detent::verdict::invariant);
  REQUIRE(r.message == "\"at most one is inside\" does not hold");
  REQUIRE(r.steps == 2);
  REQUIRE(r.task == "main.2");
}

TEST_CASE("an invariant may hold again at the end, and one that cannot be checked fails", "[property]")
{
  const detent::result thrown = detent::explore(named("throws"), [](detent::simulation& sim) {
    toy::context context(sim.world());
    const auto odd = sim.invariant("odd", []() -> bool { throw std::runtime_error("no answer"); });
    context.post([] {});
    context.run();
  });
  REQUIRE(thrown.verdict == detent::verdict::invariant);
  REQUIRE_THAT(thrown.message, Contains("\"odd\" could not be checked: std::runtime_error: no answer"));

  const detent::result outside = detent::explore(named("outside steps"), [](detent::simulation& sim) {
    int value = 0;
    const auto small = sim.invariant("small", [&] { return value < 3; });
    value = 3; // after the last step
  });
  REQUIRE(outside.verdict == detent::verdict::invariant);
}

TEST_CASE("what should come true in time has virtual time for it", "[property]")
{
  const auto run = [](std::chrono::nanoseconds when, std::chrono::nanoseconds within, std::chrono::nanoseconds other) {
    detent::options how = named("in time");
    how.max_lag = 0ns;
    return detent::explore(how, [=](detent::simulation& sim) {
      toy::context context(sim.world());
      bool answered = false;
      const auto served = sim.eventually(
          "answered", [&] { return answered; }, within);
      if (when != 0ns)
        context.after(when, [&] { answered = true; });
      context.after(other, [] {});
      context.run();
    });
  };
  REQUIRE(run(5ms, 5ms, 9ms).passed());
  REQUIRE(run(5ms, 6ms, 1ms).passed());
  const detent::result late = run(5ms, 4ms, 1ms);
  REQUIRE(late.verdict == detent::verdict::liveness);
  REQUIRE(late.message == "\"answered\" did not come true in time: it had until 4 ms, and it is 5 ms");
  const detent::result never = run(0ns, 1s, 3ms);
  REQUIRE(never.verdict == detent::verdict::liveness);
  REQUIRE(never.message == "\"answered\" went out of scope at 3 ms and had not come true; it had until 1 s");
}

TEST_CASE("a schedule that fails for another reason keeps its verdict", "[property]")
{
  const detent::result r = detent::explore(named("both"), [](detent::simulation& sim) {
    const auto served = sim.eventually(
        "answered", [] { return false; }, 1s);
    throw std::runtime_error("first");
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_THAT(r.message, Contains("first"));
}

TEST_CASE("what should sometimes be the case has to be in some schedule", "[property]")
{
  const auto run = [](detent::isolation where, bool ever) {
    detent::options how = named("sometimes");
    how.isolation = where;
    return detent::explore(how, [=](detent::simulation& sim) {
      toy::context context(sim.world());
      std::string order;
      for (const char c : {'a', 'b', 'c'})
        context.post([&, c] { order += c; });
      context.run();
      detent::sometimes("out of order", order != "abc");
      detent::sometimes("c first", order[0] == 'c');
      detent::sometimes("nothing ran", !ever && order.empty());
      detent::sometimes("nothing ran at all", ever || order.empty());
    });
  };
  for (const auto where : {detent::isolation::process, detent::isolation::none})
  {
    const detent::result r = run(where, false);
    REQUIRE(r.verdict == detent::verdict::vacuous);
    REQUIRE(r.message
        == "sometimes \"nothing ran\", \"nothing ran at all\": reached, and the case in none of 200 schedules");
    REQUIRE_THAT(r.report, Contains("failed: vacuous") && Contains("options::schedules"));
  }
  const detent::result partly = run(detent::isolation::process, true);
  REQUIRE(partly.message == "sometimes \"nothing ran\": reached, and the case in none of 200 schedules");
  detent::sometimes("outside of any exploration", false);
  const detent::result many = detent::explore(named("too many"), [](detent::simulation&) {
    for (int i = 0; i < 65; ++i)
      detent::sometimes("name " + std::to_string(i), true);
  });
  REQUIRE_THAT(many.message, Contains("more than 64 names"));
}

TEST_CASE("steps that loop at one instant are a livelock, whose round is shown once", "[livelock]")
{
  detent::options how = named("ping pong");
  how.max_steps_per_instant = 500;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    toy::context context(sim.world());
    std::function<void(int)> turn = [&](int who) {
      sim.note(who ? "pong" : "ping");
      context.post([&, who] { turn(1 - who); });
    };
    context.post([&] { turn(0); });
    context.run();
  });
  REQUIRE(r.verdict == detent::verdict::livelock);
  REQUIRE_THAT(r.message, Contains("max_steps_per_instant = 500 steps while the clock stood still"));
  REQUIRE_THAT(r.report, Contains("these 2 steps over and over, 250 times in all"));
}

TEST_CASE("a step that takes too much of its thread is a hog, if asked for", "[hog]")
{
  const auto run = [](std::chrono::nanoseconds most) {
    detent::options how = named("hog");
    how.max_step_time = most;
    how.schedules = 3;
    return detent::explore(how, [](detent::simulation& sim) {
      toy::context context(sim.world());
      context.post([] {
        for (const std::int64_t until = thread_time() + 20'000'000; thread_time() < until;)
        {
        }
      });
      context.run();
    });
  };
  REQUIRE(run(0ns).passed());
  const detent::result r = run(10ms);
  REQUIRE(r.verdict == detent::verdict::hog);
  REQUIRE_THAT(r.message, Contains("ms of its thread's time, max_step_time is 10 ms"));

  detent::options how = named("sleeps");
  how.max_step_time = 10ms;
  const detent::result slept = detent::explore(how, [](detent::simulation& sim) {
    toy::context context(sim.world());
    context.post([&] { sim.world().block(20'000'000); });
    context.run();
  });
  REQUIRE(slept.verdict == detent::verdict::hog);
  REQUIRE_THAT(slept.message, Contains("blocks its thread for 20 ms in a sleep"));
}

TEST_CASE("a step that sleeps or computes for long is a warning, if it is not asked for", "[hog]")
{
  const auto run = [](std::int64_t sleep) {
    detent::options how = named("warned");
    how.schedules = 3;
    return detent::explore(how, [=](detent::simulation& sim) {
      toy::context context(sim.world());
      context.post([&] {
        if (sleep != 0)
          sim.world().block(sleep);
        else
          for (const std::int64_t until = thread_time() + 110'000'000; thread_time() < until;)
          {
          }
      });
      context.run();
    });
  };
  const detent::result slept = run(20'000'000);
  REQUIRE(slept.passed());
  REQUIRE(slept.warning
      == "step 1 (main.1) sleeps 20 ms, which blocks its thread: nothing else can run on it meanwhile "
         "(options::max_step_time makes it a failure)");
  REQUIRE_THAT(slept.report, Contains("\n  warning step 1 (main.1) sleeps 20 ms"));
  REQUIRE_THAT(
      run(0).warning, Catch::StartsWith("step 1 (main.1) took ") && Contains(" of its thread's time: nothing else"));
}

TEST_CASE("a gauge has its current value, its highest, and each change with its time", "[gauge]")
{
  detent::gauge outside;
  outside.add(2);
  if (!detent::machine::current()) // else it has a simulation's time already
    REQUIRE(outside.history().front().at == 0ns);
  const detent::result r = detent::simulate(named("gauge"), [](detent::simulation& sim) {
    toy::context context(sim.world());
    detent::gauge in_flight;
    std::vector<detent::gauge::hold_type> held;
    context.post([&] { held.push_back(in_flight.hold()); });
    context.after(2ms, [&] { held.push_back(in_flight.hold()); });
    context.after(3ms, [&] { held.clear(); });
    context.run();
    REQUIRE(in_flight.current() == 0);
    REQUIRE(in_flight.most() == 2);
    REQUIRE(in_flight.history().size() == 4);
    REQUIRE(in_flight.history()[1].at == 2ms);
    REQUIRE(in_flight.history()[1].value == 2);
    REQUIRE(in_flight.history()[3].at == 3ms);
  });
  REQUIRE(r.passed());
}

TEST_CASE("statistics tell steps, tasks and how long what was ready had to wait", "[statistics]")
{
  const detent::result r = detent::simulate(named("statistics"), [](detent::simulation& sim) {
    toy::context context(sim.world());
    context.post([&] {
      detent::name_task("slow");
      sim.elapse(4ms);
    });
    context.post([] { detent::name_task("patient"); });
    context.after(1ms, [] {});
    context.run();
    const detent::statistics s = sim.stats();
    REQUIRE(s.steps == 3);
    REQUIRE(s.longest_wait == 4ms);
    REQUIRE(s.of("slow").steps == 1);
    REQUIRE(s.of("slow").waited == 0ns);
    REQUIRE(s.of("patient").waited == 4ms);
    REQUIRE(s.of("nobody").steps == 0);
  });
  REQUIRE(r.passed());
}
