// What ends a schedule, and what the report says of it.
#include "coroutines.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

TEST_CASE("an exception out of the body is its verdict", "[verdict]")
{
  const detent::result r = once([](detent::simulation&) -> asio::awaitable<void> {
    co_await wait(1ms);
    throw std::logic_error("out of the body");
  });
  REQUIRE(r.verdict == detent::verdict::assertion);
  REQUIRE(r.message == "std::logic_error: out of the body");
}

TEST_CASE("an exception out of a detached coroutine fails the schedule and names the task", "[verdict]")
{
  const detent::result r = once([](detent::simulation& sim) -> asio::awaitable<void> {
    asio::co_spawn(
        sim.context(),
        []() -> asio::awaitable<void> {
          detent::name_task("worker");
          co_await wait(1ms);
          throw std::runtime_error("nobody sees this");
        },
        asio::detached);
    co_await wait(1s);
  });
  REQUIRE(r.verdict == detent::verdict::unhandled_exception);
  REQUIRE(r.message == "std::runtime_error: nobody sees this, out of a detached coroutine");
  REQUIRE(r.task.starts_with(FLAVOUR == std::string("tracked") ? "worker" : "main"));
}

TEST_CASE("an exception out of a handler fails the schedule", "[verdict]")
{
  const detent::result r = once([](detent::simulation& sim) -> asio::awaitable<void> {
    asio::post(sim.context(), [] { throw std::runtime_error("out of a handler"); });
    co_await wait(1s);
  });
  REQUIRE(r.verdict == detent::verdict::unhandled_exception);
  REQUIRE(r.message == "std::runtime_error: out of a handler, out of a handler");
}

TEST_CASE("waiting for what nobody does is a deadlock", "[verdict]")
{
  const detent::result r = once([](detent::simulation& sim) -> asio::awaitable<void> {
    int_channel nobody_sends(sim.executor());
    asio::steady_timer for_ever(sim.executor(), asio::steady_timer::time_point::max());
    detent::name_task("reader");
    co_await wait(3ms);
    asio::co_spawn(
        sim.context(), [&]() -> asio::awaitable<void> { co_await for_ever.async_wait(asio::use_awaitable); },
        asio::detached);
    co_await nobody_sends.async_receive(asio::use_awaitable);
  });
  REQUIRE(r.verdict == detent::verdict::deadlock);
  REQUIRE_THAT(r.report, Contains("nothing is ready and no deadline lies ahead"));
  if (names_coroutines)
  {
    REQUIRE_THAT(r.report, Contains("main.1 waits for timer 2") && Contains("for ever, since 3 ms (step 2)"));
    REQUIRE_THAT(r.report, Contains("reader receives from channel 1") && Contains(", since 3 ms (step 2)"));
  }
  else if (FLAVOUR == std::string("tracked"))
    REQUIRE_THAT(r.report, Contains("receives from channel 1") && Contains(", since 3 ms (step 2)"));
  else
    REQUIRE_THAT(r.report, Contains("link detent-asio, not detent-asio-untracked"));
}

namespace {

// An operation of the program's own. What waits refers to its context, so it goes when that shuts down.
struct bell : asio::execution_context::service
{
  static inline asio::execution_context::id id;

  explicit bell(asio::execution_context& context) : asio::execution_context::service(context) {}
  void shutdown() override { std::exchange(waiting, {}); }

  asio::awaitable<void> heard()
  {
    return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto handler) {
          const auto kept = std::make_shared<decltype(handler)>(std::move(handler));
          waiting.push_back([kept] { asio::post(std::move(*kept)); });
        },
        asio::use_awaitable);
  }
  void ring()
  {
    for (const auto& wakes : std::exchange(waiting, {}))
      wakes();
  }
  std::vector<std::function<void()>> waiting;
};

} // namespace

TEST_CASE("a deadlock names waits for operations of the program's own, as long as they are waited for", "[verdict]")
{
  const detent::result r = once([](detent::simulation& sim) -> asio::awaitable<void> {
    auto& b = asio::use_service<bell>(sim.context());
    asio::steady_timer for_ever(sim.executor(), asio::steady_timer::time_point::max());
    const auto listens = [&](const char* name, bool goes_on) -> asio::awaitable<void> {
      detent::name_task(name);
      co_await b.heard();
      if (goes_on)
        co_await for_ever.async_wait(asio::use_awaitable);
    };
    asio::co_spawn(sim.context(), listens("early", false), asio::detached);
    asio::co_spawn(sim.context(), listens("late", true), asio::detached);
    co_await wait(1ms);
    b.ring();
    co_await wait(1ms);
    co_await b.heard();
  });
  REQUIRE(r.verdict == detent::verdict::deadlock);
  if (FLAVOUR != std::string("tracked"))
    return;
  REQUIRE_THAT(r.report, Contains("waits for an operation that is not Asio's") && Contains("since 2 ms"));
  const std::string last = r.report.substr(0, r.report.find("why\n"));
  REQUIRE_THAT(last, !Contains("early waits") && !Contains("late waits for an operation"));
  if (names_coroutines)
    REQUIRE_THAT(last,
        Contains("main waits for an operation that is not Asio's at verdict_test.cpp:")
            && Contains("late waits for timer 2 at verdict_test.cpp:"));
}

TEST_CASE("a crash under an Asio that can crash by itself says so", "[verdict]")
{
  detent::options how;
  how.name = "crash";
  const detent::result r = detent::explore(how, [](detent::simulation&) -> asio::awaitable<void> {
    co_await wait(1ms);
    std::abort();
  });
  REQUIRE(r.verdict == detent::verdict::crash);
  REQUIRE_THAT(r.report, Contains("crashes"));
  if (BOOST_ASIO_VERSION < 102802)
    REQUIRE_THAT(r.report, Contains("note: this Boost is older than 1.83") && Contains("asio#1332"));
}

TEST_CASE("a plain body that runs its own context deadlocks as well", "[verdict]")
{
  bool came_back = false;
  const detent::result r = detent::simulate([&](detent::simulation&) {
    asio::io_context context;
    const auto guard = asio::make_work_guard(context);
    context.run();
    came_back = true;
  });
  REQUIRE(r.verdict == detent::verdict::deadlock);
  REQUIRE_FALSE(came_back);
}
