#include "toolkit/bounded_queue.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

using namespace toolkit;

namespace {

// Producers and consumers; what was pushed is popped once, or dropped.
struct market
{
  explicit market(asio::any_io_executor executor, overflow policy = overflow::block) : queue(executor, 2, policy) {}

  asio::awaitable<void> produce(int first, int count)
  {
    for (int i = first; i < first + count; ++i)
    {
      co_await queue.push(i);
      ++pushed;
      require(queue.size() <= 2, "it holds more than its capacity");
    }
    if (--producers == 0)
      queue.close();
  }

  asio::awaitable<void> consume()
  {
    for (;;)
    {
      const std::optional<int> value = co_await queue.pop();
      if (!value)
        break;
      popped.push_back(*value);
      co_await give_way();
    }
  }

  asio::awaitable<void> run() { co_await all(list_of<void>(produce(0, 3), produce(10, 3), consume(), consume())); }

  void check() const
  {
    require(popped.size() + queue.dropped() + queue.size() == pushed, "a value is lost, or there twice");
  }

  int producers = 2;
  std::size_t pushed = 0;
  std::vector<int> popped;
  bounded_queue<int> queue;
};

} // namespace

TEST_CASE("bounded_queue: every value once, never more than the capacity", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    market m(sim.executor());
    co_await m.run();
    std::sort(m.popped.begin(), m.popped.end());
    REQUIRE(m.popped == std::vector{0, 1, 2, 10, 11, 12});
    REQUIRE(m.queue.size() == 0);
  });
}

TEST_CASE("bounded_queue: one producer, one consumer, in order", "[bounded_queue]")
{
  detent::catch2::explore(exhaustive, [](detent::simulation& sim) -> asio::awaitable<void> {
    market m(sim.executor());
    m.producers = 1;
    co_await all(list_of<void>(m.produce(0, 4), m.consume()));
    REQUIRE(m.popped == std::vector{0, 1, 2, 3});
  });
}

TEST_CASE("bounded_queue: who waits longest pushes first", "[bounded_queue]")
{
  detent::catch2::explore(exhaustive, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 1);
    std::vector<int> asked;
    const auto push = [&](int value) -> asio::awaitable<void> {
      asked.push_back(value);
      co_await queue.push(value);
    };
    std::vector<int> popped;
    const auto pop = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < 3; ++i)
        popped.push_back((co_await queue.pop()).value());
    };
    co_await all(list_of<void>(push(1), push(2), push(3), pop()));
    REQUIRE(popped == asked);
  });
}

TEST_CASE("bounded_queue: backpressure holds the producer", "[bounded_queue]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 2);
    const auto start = std::chrono::steady_clock::now();
    task consumer(sim.executor(), [](bounded_queue<int>& from) -> asio::awaitable<void> {
      for (;;)
      {
        co_await sleep_for(10ms);
        if (!co_await from.pop())
          co_return;
      }
    }(queue));
    for (int i = 0; i < 5; ++i)
      co_await queue.push(i);
    REQUIRE(since(start) == 30ms);
    queue.close();
    co_await sleep_for(1s);
    REQUIRE(consumer.error() == "");
  });
}

TEST_CASE("bounded_queue: what a full one drops", "[bounded_queue]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    const std::vector<std::pair<overflow, std::vector<int>>> expected{
        {overflow::drop_newest, {0, 1}}, {overflow::drop_oldest, {3, 4}}, {overflow::keep_latest, {4}}};
    for (const auto& [policy, kept] : expected)
    {
      market m(sim.executor(), policy);
      m.producers = 1;
      co_await m.produce(0, 5);
      co_await m.consume();
      REQUIRE(m.popped == kept);
      REQUIRE(m.queue.dropped() == 5 - kept.size());
    }
    market m(sim.executor(), overflow::fail);
    const std::string error = co_await failure_of(m.produce(0, 5));
    REQUIRE(error == "the queue is full\n");
    REQUIRE(m.pushed == 2);
    m.queue.close();
    co_await m.consume();
    REQUIRE(m.popped == std::vector{0, 1});

    market roomy(sim.executor(), overflow::keep_latest);
    roomy.producers = 1;
    co_await roomy.produce(0, 4); // the third emptied it
    co_await roomy.consume();
    REQUIRE(roomy.popped == std::vector{2, 3});
  });
}

TEST_CASE("bounded_queue: who is woken for a value that is dropped waits on", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 2, overflow::keep_latest);
    std::vector<int> popped;
    const auto pops = [&]() -> asio::awaitable<void> { popped.push_back((co_await queue.pop()).value_or(-1)); };
    task first(sim.executor(), pops());
    task second(sim.executor(), pops());
    co_await sleep_for(1s);
    for (int i = 1; i <= 3; ++i)
      co_await queue.push(i);
    co_await sleep_for(1s);
    REQUIRE(popped == std::vector{3});
    REQUIRE(queue.try_push(4));
    co_await sleep_for(1s);
    REQUIRE(popped == std::vector{3, 4});
  });
}

TEST_CASE("bounded_queue: every policy keeps count, whoever waits", "[bounded_queue]")
{
  for (const overflow policy : {overflow::drop_newest, overflow::drop_oldest, overflow::keep_latest})
    DYNAMIC_SECTION("policy " << static_cast<int>(policy))
    {
      detent::catch2::explore(thorough, [policy](detent::simulation& sim) -> asio::awaitable<void> {
        market m(sim.executor(), policy);
        const auto produce = [&](int first) -> asio::awaitable<void> {
          for (int i = first; i < first + 3; ++i)
          {
            co_await m.queue.push(i);
            ++m.pushed;
            co_await give_way();
          }
          if (--m.producers == 0)
            m.queue.close();
        };
        co_await all(list_of<void>(produce(0), produce(10), m.consume(), m.consume()));
        REQUIRE(m.queue.size() == 0);
        m.check();
      });
    }
}

TEST_CASE("bounded_queue: never more than the demand", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 0, overflow::on_demand);
    int pushed = 0;
    int asked_for = 0;
    task producer(sim.executor(), [](bounded_queue<int>& to, int& count, int& most) -> asio::awaitable<void> {
      for (int i = 0; i < 6; ++i)
      {
        co_await to.push(i);
        require(++count <= most, "more is pushed than was asked for");
      }
    }(queue, pushed, asked_for));
    co_await sleep_for(1s);
    REQUIRE(pushed == 0);
    for (const std::size_t more : {1, 2, 3})
    {
      asked_for += static_cast<int>(more);
      queue.request(more);
      co_await sleep_for(1s);
      REQUIRE(pushed == asked_for);
    }
    for (int i = 0; i < 6; ++i)
    {
      const std::optional<int> got = co_await queue.pop();
      REQUIRE(got == i);
    }
    REQUIRE(producer.error() == "");
    REQUIRE(!queue.try_push(9));
    queue.request(1);
    REQUIRE(queue.try_push(9));
    REQUIRE(!queue.try_push(9));
  });
}

TEST_CASE("bounded_queue: closing ends who waits, and lets the rest be popped", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 1);
    co_await queue.push(1);
    task blocked(sim.executor(), [](bounded_queue<int>& to) -> asio::awaitable<void> { co_await to.push(2); }(queue));
    co_await sleep_for(1s);
    queue.close();
    co_await sleep_for(1s);
    REQUIRE(blocked.error() == "the queue is closed");
    REQUIRE(queue.closed());
    REQUIRE(!queue.try_push(3));
    const std::string refused = co_await failure_of(queue.push(3));
    REQUIRE(refused == "the queue is closed\n");
    const auto last = co_await queue.pop();
    REQUIRE(last == 1);
    const auto end = co_await queue.pop();
    REQUIRE(!end);
    bounded_queue<int> other(sim.executor(), 1);
    int ended = 0;
    const auto pop = [&]() -> asio::awaitable<void> {
      const auto none = co_await other.pop();
      require(!none, "there is a value");
      ++ended;
    };
    task first(sim.executor(), pop());
    task second(sim.executor(), pop());
    co_await sleep_for(1s);
    other.close();
    co_await sleep_for(1s);
    REQUIRE(ended == 2);
  });
}

TEST_CASE("bounded_queue: a value that arrives as the queue closes is popped, or refused", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    market m(sim.executor());
    m.producers = 99;
    task consumer(sim.executor(), m.consume());
    task other(sim.executor(), m.consume());
    task first(sim.executor(), m.produce(0, 2));
    task second(sim.executor(), m.produce(10, 4));
    co_await give_way();
    m.queue.close();
    co_await sleep_for(1s);
    REQUIRE(consumer.error() == "");
    REQUIRE(other.error() == "");
    REQUIRE(m.popped.size() == m.pushed);
    REQUIRE(m.queue.size() == 0);
  });
}

TEST_CASE("bounded_queue: a cancelled push pushes nothing, a cancelled pop takes nothing", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 1);
    std::vector<int> pushed;
    std::vector<int> popped;
    const auto push = [&](int value) -> asio::awaitable<void> {
      co_await queue.push(value);
      pushed.push_back(value);
    };
    const auto pop = [&]() -> asio::awaitable<void> {
      const auto value = co_await queue.pop();
      popped.push_back(value.value());
    };
    task first(sim.executor(), push(1));
    task second(sim.executor(), push(2));
    task third(sim.executor(), push(3));
    co_await give_way();
    task taker(sim.executor(), pop());
    co_await give_way();
    second.cancel();
    taker.cancel();
    co_await sleep_for(1s);
    queue.close();
    co_await sleep_for(1s);
    for (;;)
    {
      const std::optional<int> value = co_await queue.pop();
      if (!value)
        break;
      popped.push_back(*value);
    }
    REQUIRE(popped == pushed);
  });
}

TEST_CASE("bounded_queue: a pop that is cancelled as its value comes", "[bounded_queue]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 1);
    std::vector<int> popped;
    const auto pop = [&]() -> asio::awaitable<void> {
      const auto value = co_await queue.pop();
      popped.push_back(value.value());
    };
    task taker(sim.executor(), pop());
    co_await give_way();
    task pusher(sim.executor(), [](bounded_queue<int>& to) -> asio::awaitable<void> { co_await to.push(7); }(queue));
    taker.cancel();
    co_await sleep_for(1s);
    REQUIRE(pusher.error() == "");
    REQUIRE(popped.size() + queue.size() == 1);
  });
}

TEST_CASE("bounded_queue: a capacity of 0 is refused", "[bounded_queue]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    REQUIRE_THROWS_AS(bounded_queue<int>(sim.executor(), 0), std::invalid_argument);
    co_return;
  });
}

TEST_CASE("bounded_queue: abandoned at every step", "[bounded_queue]") { abandon_everywhere<market>(); }
TEST_CASE("bounded_queue: in every order", "[bounded_queue]") { in_every_order<market>(); }
