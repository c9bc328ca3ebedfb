#include "toolkit/event.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

struct meeting
{
  explicit meeting(asio::any_io_executor executor) : open(executor), word(executor) {}

  asio::awaitable<void> wait()
  {
    co_await open.wait();
    ++entered;
    const std::string heard = co_await word.wait();
    require(heard == "hello", "another word");
    ++left;
  }

  asio::awaitable<void> host()
  {
    co_await sleep_for(1ms);
    open.set();
    co_await sleep_for(1ms);
    word.set("hello");
  }

  asio::awaitable<void> run() { co_await all(list_of<void>(wait(), wait(), host())); }
  void check() const {}

  int entered = 0;
  int left = 0;
  event open;
  oneshot<std::string> word;
};

} // namespace

TEST_CASE("event: all who wait go on, early and late", "[event]")
{
  const auto meets = [](detent::simulation& sim) -> asio::awaitable<void> {
    meeting m(sim.executor());
    co_await m.run();
    co_await m.wait();
    REQUIRE(m.entered == 3);
    REQUIRE(m.left == 3);
  };
  detent::catch2::explore(thorough, meets);
  detent::catch2::explore(exhaustive, meets);
}

TEST_CASE("event: set() resumes nobody inside it", "[event]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    event ready(sim.executor());
    bool resumed = false;
    task waits(sim.executor(), [](event& e, bool& out) -> asio::awaitable<void> {
      co_await e.wait();
      out = true;
    }(ready, resumed));
    co_await sleep_for(1s);
    REQUIRE(!resumed);
    REQUIRE(!ready.is_set());
    ready.set();
    REQUIRE(!resumed);
    REQUIRE(ready.is_set());
    co_await sleep_for(1s);
    REQUIRE(resumed);
  });
}

TEST_CASE("event: a reset concerns who comes later", "[event]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    event ready(sim.executor());
    const auto wait = [&]() -> asio::awaitable<void> { co_await ready.wait(); };
    task early(sim.executor(), wait());
    co_await sleep_for(1s);
    ready.set();
    ready.reset();
    task late(sim.executor(), wait());
    co_await sleep_for(1s);
    REQUIRE(early.ended());
    REQUIRE(!late.ended());
    ready.set();
    ready.set();
    co_await sleep_for(1s);
    REQUIRE(late.ended());
  });
}

TEST_CASE("event: a cancelled wait is one wait", "[event]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    event ready(sim.executor());
    const auto wait = [&]() -> asio::awaitable<void> { co_await ready.wait(); };
    task first(sim.executor(), wait());
    task second(sim.executor(), wait());
    co_await sleep_for(1s);
    first.cancel();
    co_await sleep_for(1s);
    REQUIRE(first.error() == "aborted");
    REQUIRE(!second.ended());
    ready.set();
    co_await sleep_for(1s);
    REQUIRE(second.error() == "");
  });
}

TEST_CASE("oneshot: a value, an error, and no second one", "[event]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    oneshot<int> value(sim.executor());
    REQUIRE(!value.is_set());
    value.set(7);
    REQUIRE(value.is_set());
    REQUIRE_THROWS_AS(value.set(8), std::logic_error);
    REQUIRE_THROWS_AS(value.fail(nullptr), std::logic_error);
    int got = co_await value.wait();
    REQUIRE(got == 7);
    got = co_await value.wait();
    REQUIRE(got == 7);

    oneshot<void> nothing(sim.executor());
    nothing.set();
    co_await nothing.wait();

    oneshot<int> error(sim.executor());
    task waits(sim.executor(), [](oneshot<int>& e) -> asio::awaitable<void> { co_await e.wait(); }(error));
    co_await sleep_for(1s);
    error.fail(std::make_exception_ptr(std::runtime_error("none")));
    REQUIRE_THROWS_AS(error.set(1), std::logic_error);
    co_await sleep_for(1s);
    REQUIRE(waits.error() == "none");
  });
}

TEST_CASE("event: who waits when it is destroyed is told", "[event]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    auto ready = std::make_unique<event>(sim.executor());
    task waits(sim.executor(), [](event& e) -> asio::awaitable<void> { co_await e.wait(); }(*ready));
    co_await sleep_for(1s);
    ready.reset();
    co_await sleep_for(1s);
    REQUIRE(waits.error() == "aborted");
  });
}

TEST_CASE("event: abandoned at every step", "[event]") { abandon_everywhere<meeting>(); }
TEST_CASE("event: in every order", "[event]") { in_every_order<meeting>(); }
