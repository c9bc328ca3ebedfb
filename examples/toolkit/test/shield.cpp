#include "toolkit/shield.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

struct effect
{
  explicit effect(asio::any_io_executor) {}

  asio::awaitable<int> take()
  {
    began = true;
    co_await sleep_for(2ms);
    co_await sleep_for(2ms);
    taken = true;
    co_return 7;
  }

  asio::awaitable<void> run()
  {
    int got = 0;
    try
    {
      got = co_await shield(take());
    }
    catch (const system_error&)
    {
      require(taken || !began, "it returns before its operation has ended");
      throw;
    }
    require(got == 7, "another value");
    went_on = true;
    co_await sleep_for(2ms);
    finished = true;
  }

  void check() const { require(taken || !began, "it was taken half"); }

  bool began = false;
  bool taken = false;
  bool went_on = false;
  bool finished = false;
};

} // namespace

TEST_CASE("shield: runs to its end, and returns its result", "[shield]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    effect e(sim.executor());
    co_await e.run();
    REQUIRE(e.finished);
    REQUIRE(sim.elapsed() == 6ms);
    std::string error;
    try
    {
      co_await shield([]() -> asio::awaitable<void> {
        co_await sleep_for(1ms);
        throw std::runtime_error("its own");
      }());
    }
    catch (const std::runtime_error& e)
    {
      error = e.what();
    }
    REQUIRE(error == "its own");
  });
}

TEST_CASE("shield: a cancelled caller learns it later", "[shield]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    effect e(sim.executor());
    task user(sim.executor(), e.run());
    co_await sleep_for(1ms);
    user.cancel();
    co_await sleep_for(2ms);
    user.cancel();
    co_await sleep_for(1s);
    REQUIRE(e.taken);
    REQUIRE(e.went_on);
    REQUIRE(!e.finished);
    REQUIRE(user.error() == "aborted");
  });
}

TEST_CASE("shield: at any time", "[shield]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    effect e(sim.executor());
    task user(sim.executor(), e.run());
    co_await sleep_for(std::chrono::milliseconds(sim.choose(6)));
    user.cancel();
    co_await sleep_for(1s);
    REQUIRE((user.error() == "" || user.error() == "aborted"));
    REQUIRE(e.taken);
  });
}

TEST_CASE("shield: abandoned at every step", "[shield]") { abandon_everywhere<effect>(); }
TEST_CASE("shield: in every order", "[shield]") { in_every_order<effect>(); }
