// A schedule's trace as a range: its events, the views over them, and the matchers.
#include <detent/asio.hpp>
#include <detent/catch2.hpp>
#include <detent/catch2_trace.hpp>
#include <detent/error.hpp>
#include <detent/views.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/algorithm/equal.hpp>
#include <range/v3/algorithm/is_sorted.hpp>
#include <range/v3/range/access.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/reverse.hpp>

#include <ranges>
#include <set>
#include <string>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;
using Catch::Contains;
using namespace std::chrono_literals;
namespace views = detent::views;

namespace {

using channel = asio::experimental::channel<void(error_code, int)>;

const detent::options traced = [] {
  detent::options how;
  how.name = "traces";
  how.trace = true;
  how.schedules = 50;
  return how;
}();

// Produces three numbers, 5 ms apart, and consumes them.
asio::awaitable<void> produce_and_consume(detent::simulation& sim)
{
  channel numbers(sim.executor(), 1);
  asio::co_spawn(
      sim.executor(),
      [&]() -> asio::awaitable<void> {
        detent::name_task("producer");
        for (int i = 0; i < 3; ++i)
        {
          asio::steady_timer pause(sim.executor(), 5ms);
          co_await pause.async_wait(asio::use_awaitable);
          sim.note("produced");
          co_await numbers.async_send(error_code(), i, asio::use_awaitable);
        }
      },
      asio::detached);
  detent::name_task("consumer");
  for (int i = 0; i < 3; ++i)
  {
    co_await numbers.async_receive(asio::use_awaitable);
    sim.note("consumed");
  }
}

// By value: the views here are temporaries.
template <class Range> auto first_of(Range&& range)
{
  REQUIRE(ranges::begin(range) != ranges::end(range));
  return *ranges::begin(range);
}

bool tracked() { return std::string(FLAVOUR) == "tracked"; }

} // namespace

TEST_CASE("a trace has the steps, the clock's moves and what was done, in order")
{
  detent::simulate(traced, [](detent::simulation& sim) -> asio::awaitable<void> {
    co_await produce_and_consume(sim);
    const detent::trace events = sim.trace();
    REQUIRE(ranges::is_sorted(events, {}, &detent::event::time));
    REQUIRE(ranges::is_sorted(events, {}, &detent::event::step));
    const auto of = [&](detent::event_kind kind) { return events | views::of_kind(kind); };
    REQUIRE(ranges::distance(of(detent::event_kind::moves)) == 3);
    REQUIRE(static_cast<std::uint64_t>(ranges::distance(of(detent::event_kind::runs))) == sim.stats().steps);
    REQUIRE(ranges::distance(of(detent::event_kind::notes)) == 6);
    REQUIRE(first_of(of(detent::event_kind::moves)).words == "the clock moves to 5 ms");
    if (!tracked())
      co_return; // both coroutines are one task there
    const detent::event first =
        first_of(events | views::of_task("producer") | views::of_kind(detent::event_kind::notes));
    REQUIRE(detent::to_string(first) == "5 ms  step " + std::to_string(first.step) + "  producer  \"produced\"");
  });
}

TEST_CASE("views of a trace compose with those of range-v3 and of the standard library")
{
  detent::options how = traced;
  how.max_lag = 0ms;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) -> asio::awaitable<void> {
    co_await produce_and_consume(sim);
    REQUIRE(ranges::distance(sim.trace() | views::notes) == 6);
    if (!tracked())
      co_return;
    const auto produced = sim.trace() | views::of_task("producer") | views::notes | ranges::to<std::vector>();
    REQUIRE(produced == std::vector<std::string>(3, "produced"));
    REQUIRE(ranges::distance(sim.trace() | views::between(5ms, 10ms) | views::notes) >= 1);
    REQUIRE(ranges::distance(sim.trace() | views::between(0ms, 5ms) | views::notes) == 0);
    REQUIRE(first_of(sim.trace() | ranges::views::reverse | views::notes) == "consumed");

    auto between = sim.trace() | views::between("produced", "consumed") | views::of_kind(detent::event_kind::notes);
    REQUIRE(ranges::distance(between) <= 1); // one more may have been produced

    auto plain = sim.trace() | std::views::filter([](const detent::event& e) { return e.task == "consumer"; });
    REQUIRE(!plain.empty());
  });
  INFO(r.report);
  REQUIRE(r.passed());
}

TEST_CASE("waits are operations from start to completion")
{
  if (!tracked())
    return; // the untracked flavour does not know when an operation ends
  detent::simulate(traced, [](detent::simulation& sim) -> asio::awaitable<void> {
    co_await produce_and_consume(sim);
    std::vector<std::string> seen;
    for (const detent::wait& w : sim.trace() | views::of_task("producer") | views::waits)
      if (w.object.starts_with("timer"))
      {
        REQUIRE(w.until);
        REQUIRE(*w.until - w.since == 5ms);
        seen.push_back(w.object);
      }
    REQUIRE(seen.size() == 3);

    asio::steady_timer for_ever(sim.executor(), asio::steady_timer::time_point::max());
    for_ever.async_wait([](error_code) {});
    const auto waits = sim.trace() | views::waits;
    REQUIRE(ranges::count_if(waits, [](const detent::wait& w) { return w.object == "timer 2" && !w.until; }) == 1);
    for_ever.cancel();
  });
}

TEST_CASE("matchers over a trace")
{
  using detent::catch2::at_most;
  using detent::catch2::follows;
  detent::options how = traced;
  how.schedules = 1'000;
  const auto in_every_schedule = [&](auto check) {
    const detent::result r = detent::explore(how, [&](detent::simulation& sim) -> asio::awaitable<void> {
      co_await produce_and_consume(sim);
      check(sim);
    });
    return r;
  };
  REQUIRE(in_every_schedule([](detent::simulation& sim) {
    REQUIRE_THAT(sim.trace(), follows("consumed", "produced"));
    REQUIRE_THAT(sim.trace(), !follows("produced", "consumed"));
    REQUIRE_THAT(sim.trace(), at_most(3, "produced", "consumed"));
    REQUIRE_THAT(sim.trace(), !at_most(0, "produced", "consumed"));
    REQUIRE_THAT(sim.trace(), !detent::catch2::notes({"produced"}));
  }).passed());

  // That they always alternate holds in the dullest schedule only.
  const detent::result r = in_every_schedule([](detent::simulation& sim) {
    const std::vector<std::string> alternating{"produced", "consumed", "produced", "consumed", "produced", "consumed"};
    if (!detent::catch2::notes(alternating).match(sim.trace()))
      sim.world().fail(detent::verdict::assertion, "out of turn");
  });
  REQUIRE(!r.passed());
  REQUIRE(r.needs.lag > 0ns);

  follows order("consumed", "produced");
  REQUIRE(!order.match(detent::trace(
      {{.kind = detent::event_kind::notes, .time = 3ms, .step = 4, .task = "main", .words = "consumed"}})));
  REQUIRE(order.describe()
      == "each \"consumed\" follows a \"produced\" of its own, but not 3 ms  step 4  main  \"consumed\"");
  at_most one(1, "a", "b");
  const detent::event a{.kind = detent::event_kind::notes, .words = "a"};
  REQUIRE(!one.match(detent::trace({a, a})));
  REQUIRE(one.describe() == "at most 1 in flight from \"a\" to \"b\", there are 2");
}

TEST_CASE("a trace that is not kept is refused, with what to do")
{
  detent::options how = traced;
  how.trace = false;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) -> asio::awaitable<void> {
    co_await produce_and_consume(sim);
    static_cast<void>(sim.trace());
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE_THAT(r.message, Contains("set options::trace = true"));
}

TEST_CASE("what is kept for a trace changes no schedule")
{
  detent::options how = traced;
  how.trace = false;
  how.seed = 7;
  how.jobs = 1; // the last schedule is the same one then
  const auto body = [](detent::simulation& sim) -> asio::awaitable<void> { return produce_and_consume(sim); };
  const detent::result without = detent::explore(how, body);
  how.trace = true;
  const detent::result with = detent::explore(how, body);
  REQUIRE(with.hash == without.hash);
  REQUIRE(with.distinct == without.distinct);
}
