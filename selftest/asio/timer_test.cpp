// Timers: deadlines to the nanosecond, order, cancellation, all clocks.
#include <detent/asio.hpp>

#include <boost/asio/deadline_timer.hpp>
#include <boost/asio/high_resolution_timer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_timer.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

// One schedule, on a clock that is never late.
detent::result passes_punctually(const detent::body& test)
{
  detent::options how;
  how.name = "timers";
  how.max_lag = 0ns;
  const detent::result r = detent::simulate(how, test);
  INFO(r.report);
  CHECK(r.passed());
  return r;
}

// A clock of the program's own, in odd units, over the steady clock.
struct frames
{
  using rep = std::int64_t;
  using period = std::ratio<1, 60>;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<frames>;
  static constexpr bool is_steady = true;

  static time_point now()
  {
    return time_point(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
};

} // namespace

TEST_CASE("a timer fires at its deadline, on every clock", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    auto& context = sim.context();
    std::vector<std::int64_t> fired;
    const auto note = [&](error_code e) {
      CHECK_FALSE(e);
      fired.push_back(sim.elapsed().count());
    };
    asio::steady_timer steady(context, 3ns);
    asio::system_timer system(context, 5ns);
    asio::high_resolution_timer high(context, 7us);
    steady.async_wait(note);
    system.async_wait(note);
    high.async_wait(note);
    const auto steady_deadline = steady.expiry();
    context.run();
    CHECK(fired == std::vector<std::int64_t>{3, 5, 7'000});
    CHECK(steady_deadline + 7'000ns - 3ns == std::chrono::steady_clock::now());
  });
}

TEST_CASE("a timer on the program's own clock fires when that clock says so", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    asio::basic_waitable_timer<frames> timer(sim.context());
    const auto deadline = frames::now() + frames::duration(3);
    timer.expires_at(deadline);
    bool fired = false;
    timer.async_wait([&](error_code) {
      fired = true;
      CHECK(frames::now() == deadline);
    });
    const auto before = sim.elapsed();
    sim.context().run();
    CHECK(fired);
    CHECK(sim.elapsed() - before > 2 * 16'666'666ns);
    CHECK(sim.elapsed() - before <= 3 * 16'666'667ns);
    // The very first nanosecond at which the clock shows it.
    const auto at = std::chrono::steady_clock::now().time_since_epoch() - 1ns;
    CHECK(std::chrono::duration_cast<frames::duration>(at) == deadline.time_since_epoch() - frames::duration(1));
  });
}

TEST_CASE("deadline_timer fires to its microsecond", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    asio::deadline_timer timer(sim.context(), boost::posix_time::milliseconds(20));
    bool fired = false;
    timer.async_wait([&](error_code e) { fired = !e; });
    sim.context().run();
    CHECK(fired);
    CHECK(sim.elapsed() >= 20ms - 1us);
    CHECK(sim.elapsed() <= 20ms + 1us);
  });
}

TEST_CASE("wait blocks in virtual time, to the nanosecond", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    asio::steady_timer timer(sim.context(), 1h + 1ns);
    timer.wait();
    CHECK(sim.elapsed() == 1h + 1ns);
    timer.wait(); // expired: returns at once
    CHECK(sim.elapsed() == 1h + 1ns);
  });
}

TEST_CASE("cancel and cancel_one count, in the order of the waits", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    asio::steady_timer condition(sim.context(), asio::steady_timer::time_point::max());
    std::string woken;
    for (const char c : {'a', 'b', 'c'})
      condition.async_wait([&, c](error_code e) {
        CHECK(e == asio::error::operation_aborted);
        woken += c;
      });
    CHECK(condition.cancel_one() == 1);
    sim.context().poll();
    CHECK(woken == "a");
    CHECK(condition.cancel() == 2);
    CHECK(condition.cancel() == 0);
    sim.context().run();
    CHECK(woken == "abc");
  });
}

TEST_CASE("a wait that has expired cannot be cancelled any more", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    asio::steady_timer timer(sim.context(), 1ms);
    error_code seen = asio::error::fault;
    timer.async_wait([&](error_code e) { seen = e; });
    asio::steady_timer same(sim.context(), 1ms);
    std::size_t cancelled = 99;
    same.async_wait([&](error_code) { cancelled = timer.cancel(); });
    sim.context().run();
    CHECK(cancelled == 0);
    CHECK_FALSE(seen);
  });
}

TEST_CASE("cancelling and completing at one instant: both outcomes are reachable", "[timer]")
{
  std::set<std::string> outcomes;
  detent::options how;
  how.name = "cancel at expiry";
  for (std::uint64_t seed = 0; seed < 50; ++seed)
  {
    how.seed = seed;
    REQUIRE(detent::simulate(how, [&](detent::simulation& sim) {
      asio::steady_timer timer(sim.context(), 10ms);
      asio::steady_timer canceller(sim.context(), 9ms);
      std::string outcome;
      timer.async_wait([&](error_code e) { outcome += e ? "aborted" : "expired"; });
      canceller.async_wait([&](error_code) { outcome += std::to_string(timer.cancel()) + " "; });
      sim.context().run();
      outcomes.insert(outcome);
    }).passed());
  }
  REQUIRE(outcomes == std::set<std::string>{"1 aborted", "0 expired"}); // the latter with a canceller 1 ms late
}

TEST_CASE("waits on one timer complete in order in every schedule; timers of one deadline in any", "[timer]")
{
  std::set<std::string> orders;
  detent::options how;
  how.name = "ties";
  how.order = detent::ordering::any;
  how.max_lag = 0ns;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
  {
    how.seed = seed;
    std::string order;
    REQUIRE(detent::simulate(how, [&](detent::simulation& sim) {
      asio::steady_timer one(sim.context(), 1ms);
      asio::steady_timer other(sim.context(), 1ms);
      one.async_wait([&](error_code) { order += 'a'; });
      one.async_wait([&](error_code) { order += 'b'; });
      other.async_wait([&](error_code) { order += 'x'; });
      sim.context().run();
    }).passed());
    orders.insert(order);
  }
  REQUIRE(orders == std::set<std::string>{"abx", "axb", "xab"});
}

TEST_CASE("changing the expiry cancels, moving keeps the waits", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    asio::steady_timer timer(sim.context(), 1ms);
    std::string seen;
    timer.async_wait([&](error_code e) { seen += e ? 'c' : 'f'; });
    CHECK(timer.expires_after(2ms) == 1);
    timer.async_wait([&](error_code e) { seen += e ? 'C' : 'F'; });
    asio::steady_timer moved(std::move(timer));
    sim.context().run();
    CHECK(seen == "cF");
    CHECK(sim.elapsed() == 2ms);
  });
}

TEST_CASE("an expired timer is ready at once, and the clock stands", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    sim.elapse(5ms);
    asio::steady_timer timer(sim.context(), std::chrono::steady_clock::now() - 1h);
    bool fired = false;
    timer.async_wait([&](error_code e) { fired = !e; });
    sim.context().run();
    CHECK(fired);
    CHECK(sim.elapsed() == 5ms);
  });
}

TEST_CASE("many timers fire in the order of their deadlines", "[timer]")
{
  passes_punctually([](detent::simulation& sim) {
    std::vector<std::unique_ptr<asio::steady_timer>> timers;
    std::int64_t last = 0;
    int fired = 0;
    for (int i = 0; i < 2'000; ++i)
    {
      timers.push_back(
          std::make_unique<asio::steady_timer>(sim.context(), std::chrono::microseconds((i * 7919) % 5'003)));
      timers.back()->async_wait([&](error_code) {
        ++fired;
        CHECK(sim.elapsed().count() >= last);
        last = sim.elapsed().count();
      });
    }
    sim.context().run();
    CHECK(fired == 2'000);
  });
}
