#include "toolkit/stream.hpp"

#include "toolkit/bounded_queue.hpp"
#include "toolkit/paginate.hpp"

#include "exploring.hpp"

#include <range/v3/view/iota.hpp>

using namespace toolkit;

namespace {

// Gives its values at their times, as long as it is asked in time, and counts.
struct sensor
{
  struct reading
  {
    std::chrono::milliseconds at;
    int value;
  };

  explicit sensor(std::vector<reading> all) : readings(std::move(all)) {}

  asio::awaitable<std::optional<int>> next()
  {
    const inside here(running);
    require(running == 1, "asked by two");
    ++asked;
    if (given == readings.size())
      co_return std::nullopt;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(start + readings[given].at);
    co_await timer.async_wait(asio::use_awaitable);
    const int value = readings[given++].value;
    if (value < 0)
      throw std::runtime_error("reading " + std::to_string(-value));
    co_return value;
  }

  std::vector<reading> readings;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::size_t given = 0;
  std::size_t asked = 0;
  int running = 0;
};

template <class T> asio::awaitable<std::vector<T>> all_of(stream<T> elements)
{
  std::vector<T> all;
  co_await for_each(std::move(elements), [&all](T one) { all.push_back(std::move(one)); });
  co_return all;
}

using ints = std::vector<int>;

} // namespace

TEST_CASE("stream: map, filter and take ask for what they need, and no more", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    sensor s({{0ms, 1}, {1ms, 2}, {2ms, 3}, {3ms, 4}, {4ms, 5}, {5ms, 6}});
    const auto is_even = [](int i) { return i % 2 == 0; };
    const auto times_ten = [](int i) { return i * 10; };
    auto two = stream_of(s).filter(is_even).map(times_ten).take(2);
    REQUIRE(s.asked == 0);
    const auto first = co_await two.next();
    REQUIRE(first == 20);
    REQUIRE(s.asked == 2);
    const auto second = co_await two.next();
    REQUIRE(second == 40);
    for (int i = 0; i < 2; ++i)
    {
      const auto none = co_await two.next();
      REQUIRE(!none);
    }
    REQUIRE(s.asked == 4);
    const ints nothing = co_await all_of(stream_of(s).take(0));
    REQUIRE(nothing.empty());
    REQUIRE(s.asked == 4);
  });
}

TEST_CASE("stream: a function of map that takes time", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    const auto slowly = [](int i) -> asio::awaitable<std::string> {
      co_await sleep_for(10ms);
      co_return std::to_string(i);
    };
    const auto texts = co_await all_of(stream_of(ranges::views::iota(7, 10)).map(slowly));
    REQUIRE(texts == std::vector<std::string>{"7", "8", "9"});
    REQUIRE(sim.elapsed() == 30ms);
    const ints none = co_await all_of(stream_of(ints()));
    REQUIRE(none.empty());
  });
}

TEST_CASE("stream: at the end the source is not asked again", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    for (int kind = 0; kind < 3; ++kind)
    {
      sensor s({{0ms, 1}});
      const auto same = [](int i) { return i; };
      auto one = kind == 0 ? stream_of(s).map(same) : kind == 1 ? stream_of(s).debounce(1ms) : merge(stream_of(s));
      const auto value = co_await one.next();
      REQUIRE(value == 1);
      for (int i = 0; i < 3; ++i)
      {
        const auto none = co_await one.next();
        REQUIRE(!none);
      }
      REQUIRE(s.asked == 2);
    }
  });
}

TEST_CASE("stream: throttle, debounce and sample", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    const std::vector<sensor::reading> readings{{1ms, 1}, {3ms, 2}, {11ms, 3}, {12ms, 4}, {25ms, 5}, {60ms, 6}};
    std::vector<std::pair<int, std::chrono::nanoseconds>> got;
    const auto takes = [&](int i) { got.emplace_back(i, sim.elapsed()); };
    using times = decltype(got);
    sensor one(readings);
    co_await for_each(stream_of(one).throttle(10ms), takes);
    REQUIRE(got == times{{1, 1ms}, {3, 11ms}, {5, 25ms}, {6, 60ms}});

    got.clear();
    sensor two(readings);
    co_await for_each(stream_of(two).debounce(5ms), takes);
    REQUIRE(got == times{{2, 68ms}, {4, 77ms}, {5, 90ms}, {6, 120ms}});

    got.clear();
    sensor three(readings);
    co_await for_each(stream_of(three).sample(10ms), takes);
    REQUIRE(got == times{{2, 130ms}, {4, 140ms}, {5, 150ms}, {6, 180ms}});
    REQUIRE(three.running == 0);
  });
}

TEST_CASE("stream: buffer, by number and by age", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    sensor s({{1ms, 1}, {2ms, 2}, {3ms, 3}, {4ms, 4}, {30ms, 5}, {50ms, 6}});
    auto buffers = stream_of(s).buffer(3, 10ms);
    auto one = co_await buffers.next();
    REQUIRE(*one == ints{1, 2, 3});
    REQUIRE(sim.elapsed() == 3ms);
    REQUIRE(s.asked == 3);
    one = co_await buffers.next();
    REQUIRE(*one == ints{4});
    REQUIRE(sim.elapsed() == 14ms);
    REQUIRE(s.asked == 5);
    one = co_await buffers.next();
    REQUIRE(*one == ints{5});
    REQUIRE(sim.elapsed() == 40ms);
    one = co_await buffers.next(); // the source's end
    REQUIRE(*one == ints{6});
    REQUIRE(sim.elapsed() == 50ms);
    one = co_await buffers.next();
    REQUIRE(!one);
  });
}

TEST_CASE("stream: who comes late finds one element, and the source waits", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    sensor s({{1ms, 1}, {2ms, 2}, {3ms, 3}, {4ms, 4}});
    auto buffers = stream_of(s).buffer(2, 500us);
    const auto first = co_await buffers.next();
    REQUIRE(*first == ints{1});
    co_await sleep_for(1s);
    REQUIRE(s.given == 2);
    const auto second = co_await buffers.next();
    REQUIRE(*second == ints{2, 3});
    co_await buffers.close();
    REQUIRE(s.running == 0);
  });
}

TEST_CASE("stream: merge gives every element once, each source's in order", "[stream]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    sensor one({{0ms, 1}, {1ms, 2}, {2ms, 3}});
    sensor two({{1ms, 11}, {1ms, 12}});
    const ints third{21};
    const ints all = co_await all_of(merge(stream_of(one), stream_of(two), stream_of(third)));
    ints sorted = all;
    std::ranges::sort(sorted);
    REQUIRE(sorted == ints{1, 2, 3, 11, 12, 21});
    REQUIRE(std::ranges::find(all, 1) < std::ranges::find(all, 2));
    REQUIRE(std::ranges::find(all, 2) < std::ranges::find(all, 3));
    REQUIRE(std::ranges::find(all, 11) < std::ranges::find(all, 12));
    REQUIRE(one.asked == 4);
    REQUIRE(two.asked == 3);
  });
}

TEST_CASE("stream: merge serves its sources in turn", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    auto both = merge(stream_of(ranges::views::iota(0)), stream_of(ranges::views::iota(100)));
    ints got;
    for (int i = 0; i < 6; ++i)
    {
      const auto one = co_await both.next();
      got.push_back(*one);
      co_await sleep_for(1ms);
    }
    REQUIRE(got == ints{0, 100, 1, 101, 2, 102});
    co_await both.close();
  });
}

TEST_CASE("stream: an error is thrown by next(), and nothing else is lost by it", "[stream]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    sensor one({{0ms, 1}, {1ms, -2}, {2ms, 3}});
    sensor two({{0ms, 11}, {2ms, 12}});
    const bool merges = sim.choose(2) == 0;
    auto elements = merges ? merge(stream_of(one), stream_of(two)).buffer(2, 10ms)
                           : merge(stream_of(one).buffer(2, 10ms), stream_of(two).buffer(2, 10ms));
    ints got;
    std::string errors;
    for (bool over = false; !over;)
    {
      auto step = co_await outcome_of(elements.next());
      if (!step)
      {
        errors += explain(step.error());
        continue;
      }
      const std::optional<ints> some = step.get();
      over = !some;
      if (some)
        got.insert(got.end(), some->begin(), some->end());
    }
    std::ranges::sort(got);
    REQUIRE(got == ints{1, 3, 11, 12});
    REQUIRE(errors == "reading 2\n");
  });
}

TEST_CASE("stream: what was cancelled at any time goes on later", "[stream]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    sensor one({{1ms, 1}, {4ms, 2}, {5ms, 3}});
    sensor two({{2ms, 11}, {4ms, 12}});
    auto buffers = merge(stream_of(one), stream_of(two)).buffer(2, 2ms);
    ints got;
    const auto reads = [&]() -> asio::awaitable<void> {
      for (auto some = co_await buffers.next(); some; some = co_await buffers.next())
        got.insert(got.end(), some->begin(), some->end());
    };
    task reader(sim.executor(), reads());
    co_await sleep_for(std::chrono::milliseconds(sim.choose(8)));
    reader.cancel();
    co_await sleep_for(1s);
    REQUIRE(reader.ended());
    co_await reads();
    std::ranges::sort(got);
    REQUIRE(got == ints{1, 2, 3, 11, 12});
  });
}

TEST_CASE("stream: for_each leaves nothing behind, however it ends", "[stream]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    sensor one({{1ms, 1}, {2ms, 2}, {1h, 3}});
    sensor two({{1ms, 11}, {1h, 12}});
    const auto throws_at = static_cast<int>(sim.choose(3));
    const auto reads = [&]() -> asio::awaitable<void> {
      return for_each(merge(stream_of(one), stream_of(two)).sample(1ms), [&](int i) -> asio::awaitable<void> {
        co_await give_way();
        if (i == throws_at)
          throw std::runtime_error("no");
      });
    };
    task reader(sim.executor(), reads());
    co_await sleep_for(std::chrono::milliseconds(1 + sim.choose(8)));
    reader.cancel();
    while (!reader.ended())
      co_await sleep_for(1ms);
    REQUIRE(one.running + two.running == 0);
    REQUIRE(sim.elapsed() < 1min);
  });
}

TEST_CASE("stream: one that is destroyed is read no more", "[stream]")
{
  detent::catch2::explore(thorough, [](detent::simulation&) -> asio::awaitable<void> {
    sensor one({{1ms, 1}, {1h, 2}});
    {
      auto debounced = stream_of(one).debounce(1ms);
      const auto first = co_await debounced.next();
      REQUIRE(first == 1);
      REQUIRE(one.running == 1);
    }
    co_await sleep_for(1s);
    REQUIRE(one.running == 0);
  });
}

TEST_CASE("stream: of a queue nothing is lost, and its producers wait", "[stream]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bounded_queue<int> queue(sim.executor(), 1);
    std::size_t taken = 0;
    std::size_t pushed = 0;
    const auto produces = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < 6; ++i)
      {
        co_await queue.push(i);
        require(++pushed <= taken + 4, "too far ahead"); // 2 held, 1 read ahead, 1 queued
      }
      queue.close();
    };
    task producer(sim.executor(), produces());
    ints got;
    co_await for_each(stream_of(queue).buffer(2, 1ms), [&](const ints& some) -> asio::awaitable<void> {
      co_await sleep_for(3ms);
      taken += some.size();
      got.insert(got.end(), some.begin(), some.end());
    });
    REQUIRE(got == ints{0, 1, 2, 3, 4, 5});
    REQUIRE(producer.error() == "");
  });
}

TEST_CASE("stream: of a paginator", "[stream]")
{
  detent::catch2::explore(exact, [](detent::simulation&) -> asio::awaitable<void> {
    int fetched = 0;
    paginator<int> pages([&](std::string token) -> asio::awaitable<page<int>> {
      ++fetched;
      page<int> made{{fetched, fetched}, token + "x"};
      co_return made;
    });
    const ints three = co_await all_of(stream_of(pages).take(3));
    REQUIRE(three == ints{1, 1, 2});
    REQUIRE(fetched == 2);
  });
}

namespace {

struct all_operators
{
  explicit all_operators(asio::any_io_executor) {}

  asio::awaitable<void> run()
  {
    const auto slowly = [](int i) -> asio::awaitable<int> {
      co_await sleep_for(1ms);
      co_return i;
    };
    co_await for_each(merge(stream_of(one).debounce(1ms), stream_of(two).map(slowly)).buffer(2, 2ms),
        [this](const ints& some) -> asio::awaitable<void> {
          co_await sleep_for(1ms);
          got += some.size();
        });
    require(got == 4, "some are lost");
  }

  void check() const { require(one.running + two.running == 0, "a read goes on"); }

  std::size_t got = 0;
  sensor one{{{1ms, 1}, {3ms, 2}}};
  sensor two{{{2ms, 11}, {3ms, 12}}};
};

} // namespace

TEST_CASE("stream: abandoned at every step", "[stream]") { abandon_everywhere<all_operators>(); }
TEST_CASE("stream: in every order", "[stream]") { in_every_order<all_operators>(); }
