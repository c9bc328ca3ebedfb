#include "toolkit/batcher.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

#include <map>

using namespace toolkit;

namespace {

struct database
{
  explicit database(asio::any_io_executor executor)
    : rows(std::make_unique<batcher<int, int>>(executor, 3, 5ms, [this](std::vector<int> keys) { return load(keys); }))
  {
  }

  asio::awaitable<std::vector<outcome<int>>> load(std::vector<int> keys)
  {
    batches.push_back(keys);
    last_sent = since(start);
    require(keys.size() == 3 || since(asked[keys.front()]) >= 5ms, "a batch is sent too early");
    co_await sleep_for(10ms);
    if (fails)
      throw std::runtime_error("down");
    std::vector<outcome<int>> answers;
    for (const int key : keys)
    {
      outcome<int> one;
      if (key < 0)
        one.fail(std::make_exception_ptr(std::runtime_error("no row")));
      else
        one.succeed(key * 10);
      answers.push_back(std::move(one));
    }
    if (forgets)
      answers.pop_back();
    co_return answers;
  }

  asio::awaitable<void> ask(int key)
  {
    asked[key] = std::chrono::steady_clock::now();
    const int got = co_await rows->run(key);
    require(got == key * 10, "another caller's row");
    ++answered;
  }

  asio::awaitable<void> run() { co_await all(list_of<void>(ask(1), ask(2), ask(3), ask(4))); }

  void check() const
  {
    require(rows->collected() == 0, "a call is left in the batch");
    for (const auto& batch : batches)
      require(batch.size() <= 3, "a batch is too large");
  }

  bool fails = false;
  bool forgets = false;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::chrono::nanoseconds last_sent{};
  int answered = 0;
  std::map<int, std::chrono::steady_clock::time_point> asked;
  std::vector<std::vector<int>> batches;
  std::unique_ptr<batcher<int, int>> rows;
};

} // namespace

TEST_CASE("batcher: each caller gets its own, in batches by size and age", "[batcher]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    co_await d.run();
    REQUIRE(d.answered == 4);
    d.check();
    std::vector<int> sent;
    for (const auto& batch : d.batches)
      sent.insert(sent.end(), batch.begin(), batch.end());
    std::sort(sent.begin(), sent.end());
    REQUIRE(sent == std::vector{1, 2, 3, 4});
  });
}

TEST_CASE("batcher: when a batch is sent", "[batcher]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    co_await sleep_for(2ms);
    task second(sim.executor(), d.ask(2));
    co_await sleep_for(2999us);
    REQUIRE(d.batches.empty());
    REQUIRE(d.rows->collected() == 2);
    co_await sleep_for(1us);
    co_await give_way();
    REQUIRE(d.batches == std::vector<std::vector<int>>{{1, 2}});
    co_await all(list_of<void>(d.ask(3), d.ask(4), d.ask(5)));
    REQUIRE(sim.elapsed() == 15ms); // at once, beside the other
    REQUIRE(d.batches.size() == 2);
    const auto start = std::chrono::steady_clock::now();
    co_await d.ask(6);
    REQUIRE(since(start) == 15ms); // its own age counts, not that of the batch before
    d.check();
  });
}

TEST_CASE("batcher: errors of one, of all, and of the bulk operation itself", "[batcher]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task bad(sim.executor(), d.ask(-1));
    task good(sim.executor(), d.ask(1));
    co_await sleep_for(1s);
    REQUIRE(bad.error() == "no row");
    REQUIRE(good.error() == "");
    d.fails = true;
    task one(sim.executor(), d.ask(1));
    task two(sim.executor(), d.ask(2));
    co_await sleep_for(1s);
    REQUIRE(one.error() == "down");
    REQUIRE(two.error() == "down");
    d.fails = false;
    d.forgets = true;
    task three(sim.executor(), d.ask(1));
    task four(sim.executor(), d.ask(2));
    co_await sleep_for(1s);
    REQUIRE(three.error() == "a batch of 2 was answered with 1 results");
    REQUIRE(four.error() == "a batch of 2 was answered with 1 results");
  });
}

TEST_CASE("batcher: who gives up in time is not asked for", "[batcher]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    co_await sleep_for(2ms);
    task second(sim.executor(), d.ask(2));
    co_await sleep_for(1ms);
    first.cancel();
    co_await sleep_for(1s);
    REQUIRE(first.error() == "aborted");
    REQUIRE(second.error() == "");
    REQUIRE(d.batches == std::vector<std::vector<int>>{{2}});
    REQUIRE(d.last_sent == 7ms); // 5 ms after the second came
    task alone(sim.executor(), d.ask(3));
    co_await sleep_for(1ms);
    alone.cancel();
    co_await sleep_for(1s);
    REQUIRE(d.batches.size() == 1);
    task late(sim.executor(), d.ask(4));
    co_await sleep_for(8ms);
    late.cancel(); // sent already
    co_await sleep_for(1s);
    REQUIRE(late.error() == "aborted");
    REQUIRE(d.batches.size() == 2);
    d.check();
  });
}

TEST_CASE("batcher: at any time", "[batcher]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    task second(sim.executor(), d.ask(2));
    co_await sleep_for(std::chrono::milliseconds(sim.choose(7)));
    task third(sim.executor(), d.ask(3));
    task fourth(sim.executor(), d.ask(4));
    co_await sleep_for(std::chrono::milliseconds(sim.choose(7)));
    first.cancel();
    co_await sleep_for(1s);
    REQUIRE((first.error() == "" || first.error() == "aborted"));
    REQUIRE(second.error() == "");
    REQUIRE(third.error() == "");
    REQUIRE(fourth.error() == "");
    d.check();
  });
}

TEST_CASE("batcher: what waits when it is destroyed is told", "[batcher]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    co_await give_way();
    d.rows.reset();
    co_await sleep_for(1s);
    REQUIRE((first.error() == "aborted" || d.batches.size() == 1));
    REQUIRE(first.ended());
  });
}

TEST_CASE("batcher: destroyed at the instant of its age, it is sent or told, not both", "[batcher]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    database d(sim.executor());
    task first(sim.executor(), d.ask(1));
    co_await sleep_for(5ms);
    d.rows.reset();
    co_await sleep_for(1s);
    REQUIRE((first.error() == "aborted") == d.batches.empty());
  });
}

TEST_CASE("batcher: no clock runs when nothing waits", "[batcher]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) {
    const auto load = [](std::vector<int> keys) -> asio::awaitable<std::vector<outcome<int>>> {
      std::vector<outcome<int>> answers(keys.size());
      for (outcome<int>& one : answers)
        one.succeed(7);
      co_return answers;
    };
    batcher<int, int> rows(sim.executor(), 2, 1h, load);
    const auto ask = [&rows]() -> asio::awaitable<void> { co_await rows.run(1); };
    task first(sim.executor(), ask());
    task second(sim.executor(), ask());
    sim.context().run();
    require(first.error().empty() && second.error().empty(), "no batch of two");
    require(sim.elapsed() < 1h, "a clock runs for a batch that is sent");
    sim.context().restart();
    task alone(sim.executor(), ask());
    sim.context().run_for(1min);
    alone.cancel();
    sim.context().run();
    require(sim.elapsed() < 1h, "a clock runs for nobody");
  });
}

TEST_CASE("batcher: abandoned at every step", "[batcher]") { abandon_everywhere<database>(); }
TEST_CASE("batcher: in every order", "[batcher]") { in_every_order<database>(); }
