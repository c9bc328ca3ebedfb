#include "toolkit/shutdown.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

// Accepts requests until it is told to stop, and answers each in its time.
struct server
{
  explicit server(asio::any_io_executor executor) : requests(executor) {}

  asio::awaitable<void> answer(std::chrono::nanoseconds time)
  {
    const inside here(running);
    co_await sleep_for(time);
    ++answered;
  }

  void accept(std::chrono::nanoseconds time)
  {
    if (accepts)
      requests.spawn(answer(time));
    else
      ++refused;
  }

  asio::awaitable<std::size_t> shut_down(std::chrono::nanoseconds drain)
  {
    ending.stop_accepting([this] { accepts = false; });
    co_return co_await ending.run(requests, drain);
  }

  asio::awaitable<void> run()
  {
    accept(1ms);
    accept(1h);
    co_await sleep_for(1ms);
    co_await shut_down(5ms);
    require(running == 0, "a request goes on after the end");
  }

  void check() const { require(running == 0, "a request goes on"); }

  bool accepts = true;
  int refused = 0;
  int running = 0;
  int answered = 0;
  task_group requests;
  shutdown_sequence ending;
};

} // namespace

TEST_CASE("shutdown: accepts nothing, drains, cancels the rest", "[shutdown]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    s.accept(10ms);
    s.accept(30ms);
    s.accept(1h);
    task late(sim.executor(), [](server& to) -> asio::awaitable<void> {
      co_await sleep_for(5ms);
      to.accept(1ms);
    }(s));
    REQUIRE(!s.ending.begun());
    const std::size_t cancelled = co_await s.shut_down(20ms);
    REQUIRE(s.ending.begun());
    REQUIRE(sim.elapsed() == 20ms);
    REQUIRE(cancelled == 2);
    REQUIRE(s.answered == 1);
    REQUIRE(s.refused == 1);
    REQUIRE(s.running == 0);
    bool twice = false;
    try
    {
      co_await s.shut_down(1ms);
    }
    catch (const std::logic_error&)
    {
      twice = true;
    }
    REQUIRE(twice);
  });
}

TEST_CASE("shutdown: in order when all end by themselves", "[shutdown]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    s.accept(10ms);
    s.accept(15ms);
    const std::size_t cancelled = co_await s.shut_down(20ms);
    REQUIRE(cancelled == 0);
    REQUIRE(s.answered == 2);
    REQUIRE(sim.elapsed() == 15ms);
  });
}

TEST_CASE("shutdown: requests that end at the deadline", "[shutdown]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    s.accept(5ms);
    s.accept(5ms);
    const std::size_t cancelled = co_await s.shut_down(5ms);
    REQUIRE(s.running == 0);
    REQUIRE(cancelled <= 2);
    co_await sleep_for(1s);
  });
}

TEST_CASE("shutdown: a cancellation shortens it", "[shutdown]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    server s(sim.executor());
    s.accept(1h);
    task ends(sim.executor(), [](server& of) -> asio::awaitable<void> { co_await of.shut_down(10min); }(s));
    co_await sleep_for(1s);
    REQUIRE(s.running == 1);
    ends.cancel();
    co_await sleep_for(1s);
    REQUIRE(ends.ended());
    REQUIRE(s.running == 0);
  });
}

TEST_CASE("shutdown: abandoned at every step", "[shutdown]") { abandon_everywhere<server>(); }
TEST_CASE("shutdown: in every order", "[shutdown]") { in_every_order<server>(); }
