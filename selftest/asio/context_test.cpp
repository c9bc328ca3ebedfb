// io_context on the simulated machine: all ways to run it, and what it promises.
#include <detent/asio.hpp>
#include <detent/error.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context_strand.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>

#include <future>
#include <set>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

// One schedule in this process, on one thread.
detent::result passes_once(const detent::body& test)
{
  const detent::result r = detent::simulate(test);
  INFO(r.report);
  CHECK(r.passed());
  return r;
}

} // namespace

TEST_CASE("run runs all handlers and counts them", "[context]")
{
  passes_once([](detent::simulation&) {
    asio::io_context context;
    std::string ran;
    for (const char c : {'a', 'b', 'c'})
      asio::post(context, [&, c] { ran += c; });
    CHECK(context.run() == 3);
    CHECK(ran == "abc");
    CHECK(context.stopped());
    CHECK(context.run() == 0);
    context.restart();
    asio::post(context, [&] { ran += 'd'; });
    CHECK(context.run_one() == 1);
    CHECK(ran == "abcd");
  });
}

TEST_CASE("poll runs what is ready and does not move the clock", "[context]")
{
  passes_once([](detent::simulation& sim) {
    asio::io_context context;
    int fired = 0;
    asio::steady_timer timer(context, 1ms);
    timer.async_wait([&](boost::system::error_code) { ++fired; });
    asio::post(context, [&] { ++fired; });
    asio::post(context, [&] { ++fired; });
    CHECK(context.poll_one() == 1);
    CHECK(context.poll() == 1);
    CHECK(context.poll() == 0);
    CHECK(fired == 2);
    CHECK(sim.elapsed() == 0ns);
    CHECK_FALSE(context.stopped());
    sim.elapse(1ms);
    CHECK(context.poll() == 1);
  });
}

TEST_CASE("run_for and run_until end at their very limit", "[context]")
{
  passes_once([](detent::simulation& sim) {
    asio::io_context context;
    const auto guard = asio::make_work_guard(context);
    asio::steady_timer timer(context, 10ms);
    int fired = 0;
    timer.async_wait([&](boost::system::error_code) { ++fired; });
    CHECK(context.run_for(1'234'567ns) == 0);
    CHECK(sim.elapsed() == 1'234'567ns);
    CHECK(context.run_until(std::chrono::steady_clock::now() + 20ms) == 1);
    CHECK(sim.elapsed() == 21'234'567ns);
    CHECK(fired == 1);
    CHECK(context.run_one_for(5ms) == 0);
    CHECK(sim.elapsed() == 26'234'567ns);
    CHECK(context.run_until(std::chrono::system_clock::now() + 1h) == 0);
    CHECK(sim.elapsed() == 26'234'567ns + 1h);
  });
}

TEST_CASE("stop ends run; restart lets it go on", "[context]")
{
  passes_once([](detent::simulation&) {
    asio::io_context context;
    std::string ran;
    asio::post(context, [&] {
      ran += 'a';
      context.stop();
    });
    asio::post(context, [&] { ran += 'b'; });
    CHECK(context.run() == 1);
    CHECK(ran == "a");
    context.restart();
    CHECK(context.run() == 1);
    CHECK(ran == "ab");
  });
}

TEST_CASE("dispatch runs inline inside the context, post and defer never do", "[context]")
{
  passes_once([](detent::simulation&) {
    asio::io_context context;
    std::string ran;
    asio::dispatch(context, [&] {
      asio::dispatch(context, [&] { ran += 'd'; });
      asio::post(context, [&] { ran += 'p'; });
      asio::defer(context, [&] { ran += 'f'; });
      CHECK(context.get_executor().running_in_this_thread());
      ran += '.';
    });
    CHECK(ran.empty());
    CHECK_FALSE(context.get_executor().running_in_this_thread());
    context.run();
    CHECK(ran == "d.pf");
  });
}

TEST_CASE("an exception leaves run, which can be called again", "[context]")
{
  passes_once([](detent::simulation&) {
    asio::io_context context;
    int after = 0;
    asio::post(context, [] { throw std::runtime_error("out of a handler"); });
    asio::post(context, [&] { ++after; });
    CHECK_THROWS_WITH(context.run(), "out of a handler");
    CHECK(context.run() == 1);
    CHECK(after == 1);
  });
}

TEST_CASE("handlers that were not run are destroyed with the context", "[context]")
{
  passes_once([](detent::simulation&) {
    const auto token = std::make_shared<int>(1);
    {
      asio::io_context context;
      asio::steady_timer timer(context, 1h);
      timer.async_wait([token](boost::system::error_code) {});
      asio::post(context, [token] {});
      asio::post(asio::make_strand(context), [token] {});
      CHECK(token.use_count() == 4);
    }
    CHECK(token.use_count() == 1);
  });
}

TEST_CASE("a nested poll runs the context's other handlers", "[context]")
{
  passes_once([](detent::simulation&) {
    asio::io_context context;
    std::string ran;
    asio::post(context, [&] {
      ran += '(';
      context.poll();
      ran += ')';
    });
    asio::post(context, [&] { ran += 'x'; });
    context.run();
    CHECK(ran == "(x)");
  });
}

TEST_CASE("a strand is first in, first out, and runs one handler a step", "[strand]")
{
  // Both kinds of strand, in a context of any order: the strand's own order holds, others come between.
  detent::options how;
  how.name = "strands";
  how.order = detent::ordering::any;
  how.max_lag = 0ns;
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
  {
    how.seed = seed;
    std::string ran;
    const auto with = [&](detent::simulation& sim, auto strand) {
      for (const char c : {'a', 'b', 'c'})
        asio::post(strand, [&ran, c, strand] {
          CHECK(strand.running_in_this_thread());
          ran += c;
        });
      asio::post(sim.context(), [&ran] { ran += '-'; });
      sim.context().run();
      CHECK_FALSE(strand.running_in_this_thread());
    };
    const detent::result r = detent::simulate(how, [&](detent::simulation& sim) {
      if (seed % 2)
        with(sim, asio::make_strand(sim.context()));
      else
        with(sim, asio::io_context::strand(sim.context()));
    });
    REQUIRE(r.passed());
    seen.insert(ran);
    std::string without = ran;
    std::erase(without, '-');
    REQUIRE(without == "abc");
  }
  REQUIRE(seen == std::set<std::string>{"-abc", "a-bc", "ab-c", "abc-"});
}

TEST_CASE("a strand's handlers keep their tasks, and so does what comes after them", "[strand][task]")
{
  passes_once([](detent::simulation& sim) {
    std::string ran;
    const auto note = [&] {
      sim.world().flush();
      ran += task_path(sim.world().record()->tasks(), sim.world().current_task()) + " ";
    };
    asio::io_context::strand old(sim.context());
    const auto strand = asio::make_strand(sim.context());
    asio::post(old, note);
    asio::post(old, note);
    asio::post(strand, note);
    asio::post(strand, note);
    asio::post(sim.context(), note);
    sim.context().run();
    CHECK(ran == "main.1 main.3 main.5 main.2 main.4 ");
  });
}

TEST_CASE("dispatch to a strand from inside it runs inline", "[strand]")
{
  passes_once([](detent::simulation& sim) {
    auto strand = asio::make_strand(sim.context());
    asio::io_context::strand old(sim.context());
    std::string ran;
    asio::post(strand, [&] {
      asio::dispatch(strand, [&] { ran += 'd'; });
      asio::post(strand, [&] { ran += 'p'; });
      ran += '.';
    });
    asio::post(old, [&] {
      asio::dispatch(old, [&] { ran += 'D'; });
      asio::post(old, [&] { ran += 'P'; });
      ran += ':';
    });
    sim.context().run();
    CHECK(ran == "d.D:pP");
  });
}

TEST_CASE("use_future is ready after the run", "[context]")
{
  passes_once([](detent::simulation& sim) {
    std::future<void> done = asio::post(sim.context(), asio::use_future);
    sim.context().run();
    CHECK(done.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  });
}

TEST_CASE("a context is used in its own simulation only", "[context][bad input]")
{
  asio::io_context outside; // of this thread's implicit simulation
  const detent::result r = detent::simulate([&](detent::simulation&) { asio::post(outside, [] {}); });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_THAT(r.message,
      Contains("used in another schedule, or another simulation, than the one that made it")
          && Contains("Next: make the io_context inside the body"));
}

TEST_CASE("a context that lives on from one schedule is refused in the next", "[context][bad input]")
{
  detent::options how;
  how.name = "static context";
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    static_cast<void>(sim.choose(2)); // so that there are several
    static asio::io_context lives_on;
    asio::post(lives_on, [] {});
    lives_on.run();
  });
  REQUIRE(!r.passed());
  REQUIRE_THAT(r.message, Contains("used in another schedule, or another simulation, than the one that made it"));
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("the system's executor has threads in each schedule", "[context][threads]")
{
  detent::options how;
  how.name = "system executor";
  how.schedules = 100;
  const auto uses = [](detent::simulation&) {
    std::promise<int> done;
    asio::post(asio::system_executor(), [&] { done.set_value(1); });
    asio::steady_timer later(asio::system_executor(), std::chrono::milliseconds(5));
    const auto expired = later.async_wait(asio::use_future);
    if (done.get_future().get() != 1 || expired.wait_for(std::chrono::seconds(1)) != std::future_status::ready)
      throw std::runtime_error("not run");
  };
  const detent::result r = detent::explore(how, uses);
  INFO(r.report);
  REQUIRE(r.passed());
  REQUIRE(r.warning.empty());
}
#endif
