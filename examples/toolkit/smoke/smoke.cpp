#include "smoke.hpp"

#include "../batcher.hpp"
#include "../bounded_queue.hpp"
#include "../bridge.hpp"
#include "../choreography.hpp"
#include "../chunked.hpp"
#include "../idempotency.hpp"
#include "../local.hpp"
#include "../offload.hpp"
#include "../outbox.hpp"
#include "../paginate.hpp"
#include "../pipeline.hpp"
#include "../request_tracker.hpp"
#include "../resource_pool.hpp"
#include "../saga.hpp"
#include "../scatter_gather.hpp"
#include "../scope.hpp"
#include "../shutdown.hpp"
#include "../single_flight.hpp"
#include "../stream.hpp"

#include <boost/asio/thread_pool.hpp>

#include <deque>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace toolkit;

namespace {

void require(bool condition, const char* what)
{
  if (!condition)
    throw std::runtime_error(what);
}

asio::awaitable<int> answer(int value, std::chrono::nanoseconds after = 1ms)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, after);
  co_await timer.async_wait(asio::use_awaitable);
  co_return value;
}

asio::awaitable<void> wait(std::chrono::nanoseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> limits()
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  semaphore two(executor, 2);
  const permit held = co_await two.acquire();
  require(two.available() == 1, "semaphore");
  limiter calls(executor, 2);
  const auto call = [] { return answer(7); };
  const int limited = co_await calls.run(call);
  require(limited == 7, "limiter");
  int sum = 0;
  std::vector<int> elements{1, 2, 3};
  co_await for_each_bounded(elements, 2, [&sum](int i) -> asio::awaitable<void> {
    co_await wait(1ms);
    sum += i;
  });
  require(sum == 6, "for_each_bounded");
  rate_limiter rate(executor, 1ms, 2);
  for (int i = 0; i < 4; ++i)
    co_await rate.acquire();
  circuit_breaker breaker({});
  const int through = co_await breaker.run(call);
  require(through == 7, "circuit_breaker");
}

asio::awaitable<void> times()
{
  bool timed_out = false;
  try
  {
    co_await timeout(answer(1, 1h), 1ms);
  }
  catch (const system_error& e)
  {
    timed_out = e.code() == asio::error::timed_out;
  }
  require(timed_out, "timeout");
  std::mt19937 rng;
  const auto fails_once = [](int attempt) -> asio::awaitable<int> {
    co_await wait(1ms);
    if (attempt == 0)
      throw std::runtime_error("once");
    co_return attempt;
  };
  const int attempt = co_await retry(idempotent(fails_once), exponential(1ms, 1s) | full_jitter(rng) | take(2));
  require(attempt == 1, "retry");
}

asio::awaitable<void> together_and_apart()
{
  std::vector<asio::awaitable<int>> both;
  both.push_back(answer(1, 1h));
  both.push_back(answer(2));
  const int first = co_await race(std::move(both));
  require(first == 2, "race");
  int ended = 0;
  const auto body = [&](task_group& tasks) -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i)
      tasks.spawn([](int& count) -> asio::awaitable<void> {
        co_await wait(1ms);
        ++count;
      }(ended));
    co_return;
  };
  co_await with_tasks(body);
  require(ended == 3, "task_group");
  std::vector<leg<int>> legs;
  legs.push_back({[] { return answer(1); }});
  legs.push_back({[] { return answer(2, 1h); }});
  auto results = co_await scatter_gather(std::move(legs), 1);
  require(results[0].get() == 1, "scatter_gather");
}

asio::awaitable<void> queues()
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  bounded_queue<int> queue(executor, 1);
  event started(executor);
  int sum = 0;
  const auto consume = [&]() -> asio::awaitable<void> {
    started.set();
    for (;;)
    {
      const std::optional<int> value = co_await queue.pop();
      if (!value)
        break;
      sum += *value;
    }
  };
  const auto body = [&](task_group& tasks) -> asio::awaitable<void> {
    tasks.spawn(consume());
    co_await started.wait();
    for (int i = 1; i <= 4; ++i)
      co_await queue.push(i);
    queue.close();
  };
  co_await with_tasks(body);
  require(sum == 10, "bounded_queue");
}

asio::awaitable<void> requests()
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto call = [] { return answer(7); };
  single_flight<int, int> flights(executor);
  memoize<int, int> cached(executor, 1h);
  idempotency<int, int> once(executor, 1h);
  for (int i = 0; i < 2; ++i)
  {
    require(7 == co_await flights.run(1, call), "single_flight");
    require(7 == co_await cached.run(1, call), "memoize");
    require(7 == co_await once.run(1, call), "idempotency");
  }
  request_tracker<int, std::string> tracker(executor);
  auto request = tracker.expect(1);
  tracker.deliver(1, "reply");
  const std::string reply = co_await request.wait(1s);
  require(reply == "reply", "request_tracker");
  batcher<int, int> rows(executor, 8, 1ms, [](std::vector<int> keys) -> asio::awaitable<std::vector<outcome<int>>> {
    std::vector<outcome<int>> answers(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i)
      answers[i].succeed(keys[i] * 10);
    co_return answers;
  });
  const int row = co_await rows.run(4);
  require(row == 40, "batcher");
}

struct memory_journal final : saga_journal
{
  void begins(const std::string& step) override { begun.push_back(step); }
  void compensated(const std::string& step) override { std::erase(begun, step); }
  void completed() override { begun.clear(); }
  std::vector<std::string> pending() const override { return begun; }
  std::vector<std::string> begun;
};

asio::awaitable<void> sagas()
{
  int state = 0;
  const auto act = [&]() -> asio::awaitable<void> {
    co_await wait(1ms);
    ++state;
  };
  const auto undo = [&]() -> asio::awaitable<void> {
    co_await wait(1ms);
    --state;
  };
  std::vector<saga_step> steps;
  steps.push_back({"one", act, undo});
  memory_journal journal;
  const auto body = [&](scope& s) -> asio::awaitable<void> {
    s.on_exit(undo);
    co_await run_saga(steps, journal, fixed(1ms) | take(1));
    require(state == 1, "saga");
  };
  co_await with_scope(body);
  require(state == 0, "scope");
}

struct memory_events final : saga_event_store
{
  void add(const std::string&, const std::string& event) override { said.insert(event); }
  bool has(const std::string&, const std::string& event) const override { return said.contains(event); }
  std::vector<std::string> sagas() const override { return {"a"}; }
  std::set<std::string> said;
};

asio::awaitable<void> choreography()
{
  memory_events store;
  saga_events events(co_await asio::this_coro::executor, store);
  const auto act = [](const std::string&) { return wait(1ms); };
  const saga_part one{.after = "asked", .act = act, .done = "done", .failed = "failed", .undo_after = {}, .undo = act};
  const auto body = [&](task_group& tasks) -> asio::awaitable<void> {
    tasks.spawn(take_part(events, one, fixed(1ms) | take(1)));
    events.publish("a", "asked");
    while (!events.has("a", "done"))
      co_await events.next();
    tasks.cancel();
  };
  co_await with_tasks(body);
}

const local<int> number(0);

asio::awaitable<void> streams()
{
  const std::vector<int> elements{1, 2, 3, 4, 5, 6};
  const auto is_even = [](int i) { return i % 2 == 0; };
  const auto ask = [](int i) { return answer(i * 10); };
  int sum = 0;
  const auto adds = [&sum](const std::vector<int>& some) {
    for (const int i : some)
      sum += i;
  };
  auto some = merge(stream_of(elements).filter(is_even).map(ask), stream_of(elements).take(2)).buffer(3, 1s);
  co_await for_each(std::move(some), adds);
  require(sum == 123, "stream");
  const auto sees = []() -> asio::awaitable<int> {
    co_await wait(1ms);
    co_return co_await number.get();
  };
  const int seen = co_await number.with(7, sees());
  require(seen == 7, "local");
}

asio::awaitable<void> calls()
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  pipeline guarded(executor, {});
  const auto call = [](int) { return answer(7); };
  const int got = co_await guarded.run(idempotent(call), fixed(1ms) | take(1));
  require(got == 7, "pipeline");
  resource_pool<int> pool(executor, size_by_littles_law(10, 100ms), [] { return answer(5); });
  {
    const auto lease = co_await pool.acquire();
    require(*lease == 5, "resource_pool");
  }
  require(pool.idle() == 1, "resource_pool");
  paginator<int> pages([](std::string token) -> asio::awaitable<page<int>> {
    page<int> made;
    made.items.push_back(static_cast<int>(token.size()));
    if (token.empty())
      made.next = "b";
    co_await wait(1ms);
    co_return made;
  });
  const auto first = co_await pages.next();
  const auto second = co_await pages.next();
  const auto none = co_await pages.next();
  require(first == 0 && second == 1 && !none, "paginate");
}

asio::awaitable<void> elsewhere()
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const int called_back = co_await from_callback<int>([](auto done) { done(7); });
  require(called_back == 7, "bridge");
  asio::thread_pool pool(1);
  const auto computes = [](std::stop_token) { return 7; };
  const int computed = co_await offload(pool.get_executor(), computes);
  require(computed == 7, "offload");
  pool.join();
  int sum = 0;
  const std::vector<int> elements{1, 2, 3};
  co_await for_each_chunked(elements, 2, [&](int i) { sum += i; });
  require(sum == 6, "chunked");
  loop_lag lag(executor, 1ms);
  co_await lag.measure(2);
}

struct memory_store final : outbox_store<int>
{
  std::optional<entry> oldest() const override
  {
    return messages.empty() ? std::nullopt : std::optional<entry>(messages.front());
  }
  void mark_sent(std::uint64_t) override { messages.pop_front(); }
  std::deque<entry> messages;
};

asio::awaitable<void> the_end()
{
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  memory_store store;
  outbox<int> box(executor, store);
  int published = 0;
  const auto publish = [&](int message) -> asio::awaitable<void> {
    co_await wait(1ms);
    published += message;
  };
  task_group tasks(executor);
  tasks.spawn(box.relay(publish, fixed(1ms) | take(1)));
  store.messages.push_back({1, 7});
  box.committed();
  co_await wait(20ms);
  require(published == 7, "outbox");
  shutdown_sequence ending;
  const std::size_t cancelled = co_await ending.run(tasks, 1ms);
  require(cancelled == 1, "shutdown");
  const int shielded = co_await shield(answer(7));
  require(shielded == 7, "shield");
}

} // namespace

asio::awaitable<void> smoke()
{
  co_await calls();
  co_await elsewhere();
  co_await the_end();
  co_await limits();
  co_await times();
  co_await together_and_apart();
  co_await queues();
  co_await requests();
  co_await sagas();
  co_await choreography();
  co_await streams();
}
