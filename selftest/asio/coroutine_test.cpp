// Coroutines, channels and composed operations.
#include "coroutines.hpp"

#include <detent/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/version.hpp>

#include <random>
#include <set>
#include <thread>

using namespace boost::asio::experimental::awaitable_operators;

TEST_CASE("a coroutine waits in virtual time", "[coroutine]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    co_await wait(250h);
    CHECK(sim.elapsed() == 250h);
    co_await (wait(10ms) && wait(30ms) && wait(20ms));
    CHECK(sim.elapsed() == 250h + 30ms);
    const auto first = co_await (wait(5ms) || wait(3ms));
    CHECK(first.index() == 1);
    CHECK(sim.elapsed() == 250h + 33ms);
  }));
}

TEST_CASE("channels hand over, buffered or not", "[coroutine]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    int_channel rendezvous(sim.executor());
    asio::experimental::concurrent_channel<void(error_code, std::string)> buffered(sim.executor(), 2);
    std::string got;
    asio::co_spawn(
        sim.context(),
        [&]() -> asio::awaitable<void> {
          for (int i = 0; i < 3; ++i)
          {
            co_await rendezvous.async_send(error_code(), i, asio::use_awaitable);
            co_await buffered.async_send(error_code(), std::to_string(i * 10), asio::use_awaitable);
          }
        },
        asio::detached);
    for (int i = 0; i < 3; ++i)
      got += std::to_string(co_await rendezvous.async_receive(asio::use_awaitable)) + " ";
    for (int i = 0; i < 3; ++i)
    {
      auto [error, text] = co_await buffered.async_receive(asio::as_tuple(asio::use_awaitable));
      CHECK_FALSE(error);
      got += text + " ";
    }
    CHECK(got == "0 1 2 0 10 20 ");
  }));
}

TEST_CASE("per-operation cancellation reaches a wait", "[coroutine]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    asio::cancellation_signal signal;
    asio::steady_timer timer(sim.executor(), 1h);
    error_code seen;
    timer.async_wait(asio::bind_cancellation_slot(signal.slot(), [&](error_code e) { seen = e; }));
    co_await wait(1ms);
    signal.emit(asio::cancellation_type::terminal);
    co_await wait(1ms);
    CHECK(seen == asio::error::operation_aborted);
    CHECK(sim.elapsed() == 2ms);
  }));
}

TEST_CASE("deferred operations and parallel groups", "[coroutine]")
{
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    asio::steady_timer one(sim.executor(), 7ms);
    asio::steady_timer other(sim.executor(), 4ms);
    auto [order, first, second] = co_await asio::experimental::make_parallel_group(
        one.async_wait(asio::deferred), other.async_wait(asio::deferred))
                                      .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    CHECK(order[0] == 1);
    CHECK(first == asio::error::operation_aborted);
    CHECK_FALSE(second);
    CHECK(sim.elapsed() == 4ms);
    one.expires_after(1ms);
    co_await one.async_wait(asio::deferred);
    CHECK(sim.elapsed() == 5ms);
  }));
}

TEST_CASE("clocks, sleeps and entropy are the simulation's", "[coroutine][clock]")
{
  std::vector<std::string> runs;
  for (int run = 0; run < 2; ++run)
    passes(once([&](detent::simulation& sim) -> asio::awaitable<void> {
      const auto steady = std::chrono::steady_clock::now();
      const auto system = std::chrono::system_clock::now();
      co_await wait(90s);
      CHECK(std::chrono::steady_clock::now() - steady == 90s);
      CHECK(std::chrono::system_clock::now() - system == 90s);
      CHECK(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) == 946'684'800 + 90);
      CHECK(::time(nullptr) == 946'684'800 + 90);
      std::this_thread::sleep_for(5ms); // the step takes that long
      CHECK(sim.elapsed() == 90s + 5ms);
      std::random_device device;
      runs.push_back(std::to_string(device()) + " " + std::to_string(device()));
    }));
  REQUIRE(runs[0] == runs[1]);
}

TEST_CASE("what still waits when the body returns is destroyed, and the clock stands", "[coroutine]")
{
  static int destroyed = 0;
  struct counted
  {
    ~counted() { ++destroyed; }
  };
  passes(once([](detent::simulation& sim) -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i)
      asio::co_spawn(
          sim.context(),
          []() -> asio::awaitable<void> {
            const counted here;
            co_await wait(1h);
          },
          asio::detached);
    co_await wait(1ms);
  }));
  REQUIRE(destroyed == 3);
}

TEST_CASE("a spawned coroutine is a task of its own, the same in every schedule", "[task]")
{
  if (!names_coroutines)
    return; // without tracking a step belongs to the task that started its operation
  detent::options how;
  how.name = "tasks";
  how.order = detent::ordering::any;
  std::set<std::string> names;
  for (std::uint64_t seed = 0; seed < 50; ++seed)
  {
    how.seed = seed;
    std::set<std::string> in_this;
    passes(detent::simulate(how, [&](detent::simulation& sim) -> asio::awaitable<void> {
      int_channel channel(sim.executor());
      const auto note = [&sim, &in_this](std::string role) {
        sim.world().flush();
        in_this.insert(role + " is " + task_path(sim.world().record()->tasks(), sim.world().current_task()));
      };
      const auto send = [&]() -> asio::awaitable<void> {
        co_await channel.async_send(error_code(), 1, asio::use_awaitable);
        co_await asio::post(sim.executor(), asio::use_awaitable);
        note("sender");
      };
      const auto receive = [&]() -> asio::awaitable<void> {
        const int got = co_await channel.async_receive(asio::use_awaitable);
        static_cast<void>(got);
        note("receiver");
        co_await asio::post(asio::make_strand(sim.executor()), asio::use_awaitable);
        note("receiver");
      };
      co_await (send() && receive());
      co_await asio::post(sim.executor(), asio::use_awaitable);
      note("body");
    }));
    names.merge(in_this);
  }
  REQUIRE(names == std::set<std::string>{"body is main", "sender is main.1", "receiver is main.2"});
}

TEST_CASE("the adapter explores a coroutine body", "[catch2]")
{
  int runs = 0;
  detent::options how;
  how.isolation = detent::isolation::none;
  detent::catch2::explore(how, [&](detent::simulation& sim) -> asio::awaitable<void> {
    ++runs;
    co_await (wait(1ms) && wait(1ms));
    REQUIRE(sim.elapsed() >= 1ms);
  });
  REQUIRE(runs > 100);
}

TEST_CASE("all outcomes of a coroutine, each with a schedule that leads to it", "[coroutine][outcomes]")
{
  const auto body = [](detent::simulation& sim) -> asio::awaitable<std::string> {
    std::string order;
    const auto add = [&](char c) -> asio::awaitable<void> {
      co_await asio::post(sim.executor(), asio::use_awaitable);
      order += c;
    };
    co_await (add('a') && add('b'));
    co_return order;
  };
  detent::options how;
  how.name = "outcomes";
  how.schedules = 100;
  const detent::outcome_list seen = detent::outcomes(how, body);
  INFO(seen.report);
  REQUIRE(seen.all.size() == 2);
  REQUIRE(seen.all[0].count + seen.all[1].count == seen.schedules);
}

TEST_CASE("the uses of Asio's objects are declared accesses", "[coroutine][touch]")
{
  // Two tasks that use one object: as many partial orders as there are orders of their uses.
  const auto orders = [](auto use) {
    detent::options how;
    how.name = "accesses";
    how.strategy = "exhaustive";
    how.order = detent::ordering::any;
    how.max_lag = 0ns;
    return detent::explore(how, [use](detent::simulation& sim) -> asio::awaitable<void> {
      const auto objects = std::make_shared<decltype(use(sim))>(use(sim));
      for (int i = 0; i < 2; ++i)
        asio::co_spawn(
            sim.context(),
            [objects, i, on = asio::any_io_executor(sim.executor())]() -> asio::awaitable<void> {
              co_await asio::post(on, asio::use_awaitable);
              (*objects)(i);
            },
            asio::detached);
      co_return;
    });
  };
  REQUIRE(orders([](detent::simulation&) { return [](int) {}; }).executions == 1);
  REQUIRE(orders([](detent::simulation& sim) {
    return [channel = std::make_shared<int_channel>(sim.executor(), 4)](int i) { channel->try_send(error_code(), i); };
  }).executions
      == 2);
  REQUIRE(orders([](detent::simulation& sim) {
    return [strand = asio::make_strand(sim.context())](int) { asio::post(strand, [] {}); };
  }).executions
      == 2);
  REQUIRE(orders([](detent::simulation& sim) {
    return [timer = std::make_shared<asio::steady_timer>(sim.executor(), 1h)](
               int) { timer->async_wait([](error_code) {}); };
  }).executions
      >= 1);
}
