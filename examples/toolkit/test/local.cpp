#include "toolkit/local.hpp"

#include "toolkit/task_group.hpp"
#include "toolkit/timeout.hpp"

#include "exploring.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

using namespace toolkit;

namespace {

const local<std::string> request_id("none");
const local<int> attempt(0);

asio::awaitable<std::string> seen()
{
  const std::string id = co_await request_id.get();
  const int number = co_await attempt.get();
  co_return id + " " + std::to_string(number);
}

asio::awaitable<std::string> seen_after_a_timer()
{
  co_await sleep_for(1ms);
  co_return co_await seen();
}

} // namespace

TEST_CASE("local: a value is seen inside, and not outside", "[local]")
{
  detent::catch2::explore([](detent::simulation&) -> asio::awaitable<void> {
    std::string text = co_await seen();
    REQUIRE(text == "none 0");
    text = co_await request_id.with("a", seen());
    REQUIRE(text == "a 0");
    text = co_await request_id.with("a", request_id.with("b", attempt.with(2, seen())));
    REQUIRE(text == "b 2");
    text = co_await attempt.with(3, request_id.with("c", seen()));
    REQUIRE(text == "c 3");
    text = co_await seen();
    REQUIRE(text == "none 0");
  });
}

TEST_CASE("local: it follows through timers, spawns, time limits and tasks, and no others see it", "[local]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    std::vector<std::string> all;
    const auto tells = [&all]() -> asio::awaitable<void> {
      std::string text = co_await seen_after_a_timer();
      all.push_back(std::move(text));
    };
    const auto request = [&](const char* id) -> asio::awaitable<void> {
      const auto handle = [&]() -> asio::awaitable<void> {
        const auto spawns = [&](task_group& tasks) -> asio::awaitable<void> {
          tasks.spawn(tells());
          tasks.spawn(attempt.with(1, timeout(tells(), 1h)));
          co_await sleep_for(1ms);
        };
        co_await with_tasks(spawns);
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        co_await asio::co_spawn(executor, tells(), asio::use_awaitable);
      };
      co_await request_id.with(id, handle());
      const std::string after = co_await seen_after_a_timer();
      require(after == "none 0", "a value outlived its with()");
    };
    const auto both = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(request("a"));
      tasks.spawn(request("b"));
      co_return;
    };
    co_await with_tasks(both);
    std::ranges::sort(all);
    REQUIRE(all == std::vector<std::string>{"a 0", "a 0", "a 1", "b 0", "b 0", "b 1"});
  });
}

TEST_CASE("local: handlers have it by their executor", "[local]")
{
  detent::catch2::explore([](detent::simulation&) -> asio::awaitable<void> {
    const auto asks = []() -> asio::awaitable<std::string> {
      const asio::any_io_executor executor = co_await asio::this_coro::executor;
      const auto strand = asio::make_strand(executor);
      const std::string outside = request_id.of(executor);
      const std::string inside = request_id.of(strand.get_inner_executor());
      co_return outside + inside;
    };
    const std::string text = co_await request_id.with("x", asks());
    REQUIRE(text == "xx");
  });
}

TEST_CASE("local: executors are equal if their values are", "[local]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    const asio::any_io_executor plain = sim.executor();
    const auto value = std::make_shared<const std::string>("v");
    const asio::any_io_executor one = local_executor::with(plain, &request_id, value);
    const asio::any_io_executor two = local_executor::with(plain, &request_id, value);
    const asio::any_io_executor copy = one;
    REQUIRE(one == copy);
    REQUIRE(one != two);
    REQUIRE(one != plain);
    REQUIRE(&asio::query(one, asio::execution::context) == &sim.context());
    REQUIRE(asio::query(one, asio::execution::blocking) == asio::query(plain, asio::execution::blocking));
    co_return;
  });
}

TEST_CASE("local: cancellations and errors pass", "[local]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    const auto throws = []() -> asio::awaitable<void> {
      co_await give_way();
      throw std::runtime_error("no");
    };
    const std::string error = co_await failure_of(request_id.with("a", throws()));
    REQUIRE(error == "no\n");
    task sleeper(sim.executor(), request_id.with("b", sleep_for(1h)));
    co_await sleep_for(std::chrono::milliseconds(sim.choose(2)));
    sleeper.cancel();
    co_await sleep_for(1min);
    REQUIRE(sleeper.error() == "aborted");
  });
}

namespace {

struct request
{
  explicit request(asio::any_io_executor) {}

  asio::awaitable<void> run()
  {
    const auto handle = [this]() -> asio::awaitable<void> {
      const inside here(running);
      const std::string text = co_await seen_after_a_timer();
      require(text == "r 0", "another value");
    };
    co_await request_id.with("r", handle());
  }
  void check() const { require(running == 0, "the operation goes on"); }

  int running = 0;
};

} // namespace

TEST_CASE("local: abandoned at every step", "[local]") { abandon_everywhere<request>(); }
TEST_CASE("local: in every order", "[local]") { in_every_order<request>(); }
