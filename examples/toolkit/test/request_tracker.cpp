#include "toolkit/request_tracker.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

// Replies come in another order than requests.
struct client
{
  explicit client(asio::any_io_executor executor) : tracker(executor) {}

  asio::awaitable<void> ask(int id, std::chrono::nanoseconds limit = 100ms)
  {
    auto request = tracker.expect(id);
    try
    {
      const std::string reply = co_await request.wait(limit);
      require(reply == "reply " + std::to_string(id), "the reply of another request");
      ++replies;
    }
    catch (const system_error& e)
    {
      if (e.code() != asio::error::timed_out)
        throw;
      ++timed_out;
    }
  }

  asio::awaitable<void> serve(std::vector<int> ids)
  {
    for (const int id : ids)
    {
      co_await sleep_for(1ms);
      delivered += tracker.deliver(id, "reply " + std::to_string(id));
    }
  }

  asio::awaitable<void> run()
  {
    std::vector<int> order{2, 1, 3};
    co_await all(list_of<void>(ask(1), ask(2), ask(3, 2ms), serve(std::move(order))));
    check();
    require(replies + timed_out == 3, "a request has no end");
  }

  void check() const { require(tracker.pending() == 0, "a request is kept"); }

  int replies = 0;
  int timed_out = 0;
  int delivered = 0;
  request_tracker<int, std::string> tracker;
};

} // namespace

TEST_CASE("request_tracker: each reply to its request, or too late", "[request_tracker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    client c(sim.executor());
    co_await c.run();
    REQUIRE(c.delivered + c.tracker.late() == 3);
    REQUIRE(c.delivered >= c.replies);
  });
}

TEST_CASE("request_tracker: late and unknown replies are counted, and kept nowhere", "[request_tracker]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    client c(sim.executor());
    REQUIRE(!c.tracker.deliver(9, "reply 9"));
    REQUIRE(c.tracker.late() == 1);
    co_await c.ask(1, 10ms);
    REQUIRE(c.timed_out == 1);
    REQUIRE(sim.elapsed() == 10ms);
    REQUIRE(!c.tracker.deliver(1, "reply 1"));
    REQUIRE(c.tracker.late() == 2);
    c.check();
    task twice(sim.executor(), c.ask(2));
    co_await sleep_for(1ms);
    REQUIRE(c.tracker.pending() == 1);
    REQUIRE(c.tracker.deliver(2, "reply 2"));
    REQUIRE(!c.tracker.deliver(2, "again"));
    co_await sleep_for(1ms);
    REQUIRE(c.replies == 1);
    c.check();
  });
}

TEST_CASE("request_tracker: the same id twice at once is an error", "[request_tracker]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    client c(sim.executor());
    {
      auto first = c.tracker.expect(1);
      REQUIRE_THROWS_AS(c.tracker.expect(1), std::logic_error);
      auto moved = std::move(first);
      REQUIRE(c.tracker.pending() == 1);
    }
    REQUIRE(c.tracker.pending() == 0);
    auto again = c.tracker.expect(1);
    REQUIRE(c.tracker.deliver(1, "early"));
    const std::string reply = co_await again.wait(1ms);
    REQUIRE(reply == "early");
  });
}

TEST_CASE("request_tracker: a lost connection fails all", "[request_tracker]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    client c(sim.executor());
    task first(sim.executor(), c.ask(1, 1h));
    task second(sim.executor(), c.ask(2, 1h));
    co_await sleep_for(1s);
    REQUIRE(c.tracker.deliver(2, "reply 2"));
    c.tracker.fail_all(std::make_exception_ptr(std::runtime_error("connection lost")));
    co_await sleep_for(1s);
    REQUIRE(first.error() == "connection lost");
    REQUIRE(second.error() == "");
    c.check();
  });
}

TEST_CASE("request_tracker: abandoned at every step", "[request_tracker]") { abandon_everywhere<client>(); }
TEST_CASE("request_tracker: in every order", "[request_tracker]") { in_every_order<client>(); }
