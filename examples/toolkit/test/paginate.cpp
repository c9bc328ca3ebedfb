#include "toolkit/paginate.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

struct listing
{
  explicit listing(asio::any_io_executor executor)
    : rate(executor, 10ms), items([this](std::string t) { return fetch(t); }, &rate)
  {
  }

  // 0 1 | 2 3 | nothing | 4
  asio::awaitable<page<int>> fetch(std::string token)
  {
    const inside here(running);
    fetched.push_back(token);
    co_await sleep_for(1ms);
    if (fails-- > 0)
      throw std::runtime_error("down");
    page<int> made;
    if (token.empty())
      made = {{0, 1}, "b"};
    else if (token == "b")
      made = {{2, 3}, "c"};
    else if (token == "c")
      made = {{}, "d"};
    else
      made = {{4}, std::nullopt};
    co_return made;
  }

  asio::awaitable<std::vector<int>> rest(std::size_t most = 100)
  {
    std::vector<int> all;
    while (all.size() < most)
    {
      const std::optional<int> one = co_await items.next();
      if (!one)
        break;
      all.push_back(*one);
    }
    co_return all;
  }

  asio::awaitable<void> run()
  {
    const std::vector<int> all = co_await rest();
    require(all == std::vector{0, 1, 2, 3, 4}, "other items");
  }

  void check() const { require(running == 0, "a fetch goes on"); }

  int fails = 0;
  int running = 0;
  std::vector<std::string> fetched;
  rate_limiter rate;
  paginator<int> items;
};

} // namespace

TEST_CASE("paginate: every item once, pages when they are needed, at the rate", "[paginate]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    listing l(sim.executor());
    REQUIRE(l.fetched.empty());
    const std::vector<int> two = co_await l.rest(2);
    REQUIRE(two == std::vector{0, 1});
    REQUIRE(l.fetched == std::vector<std::string>{""});
    const std::vector<int> more = co_await l.rest();
    REQUIRE(more == std::vector{2, 3, 4});
    REQUIRE(l.fetched == std::vector<std::string>{"", "b", "c", "d"});
    REQUIRE(sim.elapsed() == 31ms);
    const auto end = co_await l.items.next();
    REQUIRE(!end);
    REQUIRE(l.fetched.size() == 4);
  });
}

TEST_CASE("paginate: a fetch that fails can be repeated", "[paginate]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    listing l(sim.executor());
    const std::vector<int> two = co_await l.rest(2);
    l.fails = 1;
    std::string error;
    try
    {
      co_await l.items.next();
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error == "down");
    const std::vector<int> more = co_await l.rest();
    REQUIRE(more == std::vector{2, 3, 4});
    REQUIRE(l.fetched == std::vector<std::string>{"", "b", "b", "c", "d"});
  });
}

TEST_CASE("paginate: cancelled at any time, it goes on where it was", "[paginate]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    listing l(sim.executor());
    std::vector<int> got;
    const auto reads = [&]() -> asio::awaitable<void> {
      for (;;)
      {
        const std::optional<int> one = co_await l.items.next();
        if (!one)
          break;
        got.push_back(*one);
      }
    };
    task reader(sim.executor(), reads());
    co_await sleep_for(std::chrono::milliseconds(sim.choose(40)));
    reader.cancel();
    co_await sleep_for(1s);
    REQUIRE(reader.ended());
    l.check();
    const std::vector<int> more = co_await l.rest();
    got.insert(got.end(), more.begin(), more.end());
    REQUIRE(got == std::vector{0, 1, 2, 3, 4});
  });
}

TEST_CASE("paginate: without a rate", "[paginate]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    listing l(sim.executor());
    paginator<int> plain([&](std::string t) { return l.fetch(t); });
    for (int i = 0; i < 5; ++i)
    {
      const auto one = co_await plain.next();
      REQUIRE(one == i);
    }
    REQUIRE(sim.elapsed() == 4ms);
  });
}

TEST_CASE("paginate: abandoned at every step", "[paginate]") { abandon_everywhere<listing>(); }
TEST_CASE("paginate: in every order", "[paginate]") { in_every_order<listing>(); }
