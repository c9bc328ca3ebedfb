#include "toolkit/scope.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

// Opens and closes things, which takes a while, and keeps a diary.
struct house
{
  explicit house(asio::any_io_executor) {}

  asio::awaitable<void> open(std::string what)
  {
    co_await sleep_for(1ms);
    diary += "+" + what;
    ++opened;
  }

  asio::awaitable<void> close(std::string what, bool fails = false)
  {
    co_await sleep_for(1ms);
    diary += "-" + what;
    --opened;
    if (fails)
      throw std::runtime_error("closing " + what);
  }

  asio::awaitable<void> use(scope& s)
  {
    co_await open("a");
    s.on_exit([this] { return close("a"); });
    co_await open("b");
    s.on_exit([this] { return close("b"); });
    co_await sleep_for(1ms);
  }

  asio::awaitable<void> run()
  {
    const auto body = [this](scope& s) { return use(s); };
    co_await with_scope(body);
  }

  void check() const { require(opened == 0, "something is left open"); }

  int opened = 0;
  std::string diary;
};

} // namespace

TEST_CASE("scope: releases in reverse order", "[scope]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    house h(sim.executor());
    co_await h.run();
    REQUIRE(h.diary == "+a+b-b-a");
    const auto value = [&](scope& s) -> asio::awaitable<int> {
      co_await h.open("c");
      s.on_exit([&h] { return h.close("c"); });
      co_return 7;
    };
    const int got = co_await with_scope(value);
    REQUIRE(got == 7);
    REQUIRE(h.opened == 0);
  });
}

TEST_CASE("scope: no error is lost", "[scope]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    house h(sim.executor());
    const auto body = [&](bool fails) {
      return [&h, fails](scope& s) -> asio::awaitable<void> {
        for (const char* what : {"a", "b", "c"})
        {
          co_await h.open(what);
          s.on_exit([&h, what] { return h.close(what, *what != 'b'); });
        }
        if (fails)
          throw std::runtime_error("of the body");
      };
    };
    const auto well = body(false);
    std::string error = co_await failure_of(with_scope(well));
    REQUIRE(error == "closing c\n  closing a\n");
    const auto badly = body(true);
    error = co_await failure_of(with_scope(badly));
    REQUIRE(error == "of the body\n  closing c\n  closing a\n");
    REQUIRE(h.opened == 0);
  });
}

TEST_CASE("scope: a cancellation ends the body and spares the releases", "[scope]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    house h(sim.executor());
    task user(sim.executor(), h.run());
    co_await sleep_for(std::chrono::milliseconds(sim.choose(7)));
    user.cancel();
    co_await sleep_for(std::chrono::milliseconds(sim.choose(3)));
    user.cancel();
    co_await sleep_for(1s);
    REQUIRE(user.ended());
    h.check();
  });
}

TEST_CASE("scope: a cancellation is what it throws", "[scope]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    house h(sim.executor());
    task user(sim.executor(), h.run());
    co_await sleep_for(2500us); // in the body, with both open
    user.cancel();
    co_await sleep_for(1s);
    REQUIRE(user.error() == "aborted");
    REQUIRE(h.diary == "+a+b-b-a");
    const auto goes_on = [](house& own) -> asio::awaitable<void> {
      co_await failure_of(own.run());
      co_await sleep_for(1h);
    };
    task after(sim.executor(), goes_on(h));
    co_await sleep_for(2500us);
    after.cancel();
    co_await sleep_for(1s);
    REQUIRE(after.error() == "aborted"); // whatever it awaits next
  });
}

TEST_CASE("scope: abandoned at every step", "[scope]") { abandon_everywhere<house>(); }
TEST_CASE("scope: in every order", "[scope]") { in_every_order<house>(); }
