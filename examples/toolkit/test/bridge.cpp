#include "toolkit/bridge.hpp"

#include "exploring.hpp"

#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <thread>

using namespace toolkit;

namespace {

const detent::options with_threads = [] {
  detent::options how;
  how.schedules = 500;
  return how;
}();

struct library
{
  explicit library(asio::any_io_executor e) : executor(std::move(e)) {}

  void call_later(std::function<void(int)> done)
  {
    auto timer = std::make_shared<asio::steady_timer>(executor, 2ms);
    timer->async_wait([timer, done](boost::system::error_code) { done(7); });
  }

  asio::awaitable<void> run()
  {
    const int got = co_await from_callback<int>([this](auto done) { call_later(done); });
    require(got == 7, "another value");
  }
  void check() const {}

  asio::any_io_executor executor;
};

} // namespace

TEST_CASE("bridge: a callback's value, error, and second call", "[bridge]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    library lib(sim.executor());
    co_await lib.run();
    REQUIRE(sim.elapsed() == 2ms);
    std::string error;
    try
    {
      co_await from_callback<int>([](auto done) { done.fail(std::make_exception_ptr(std::runtime_error("none"))); });
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error == "none");
    std::vector<bool> first;
    const auto thrice = [&](auto done) {
      first.push_back(done(1));
      first.push_back(done(2));
      first.push_back(done.fail(std::make_exception_ptr(std::runtime_error("late"))));
    };
    const int got = co_await from_callback<int>(thrice);
    REQUIRE(got == 1);
    REQUIRE(first == std::vector{true, false, false});
  });
}

TEST_CASE("bridge: always asynchronous", "[bridge]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    int others = 0;
    asio::post(sim.executor(), [&] { ++others; });
    co_await from_callback<void>([](auto done) { done(); });
    REQUIRE(others == 1);
    bool called = false;
    to_callback(
        sim.executor(), []() -> asio::awaitable<int> { co_return 7; }(),
        [&](outcome<int> r) { called = r.get() == 7; });
    REQUIRE(!called);
    co_await give_way();
    REQUIRE(called);
  });
}

TEST_CASE("bridge: a callback that is destroyed uncalled", "[bridge]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    std::function<void(int)> kept;
    std::string error;
    const auto forgets = [&]() -> asio::awaitable<void> {
      co_await from_callback<int>([&](auto done) { kept = done; });
    };
    task waits(sim.executor(), forgets());
    co_await sleep_for(1s);
    REQUIRE(!waits.ended());
    kept = nullptr;
    co_await sleep_for(1s);
    REQUIRE(waits.error() == "the callback was destroyed without having been called");
  });
}

TEST_CASE("bridge: a cancellation drops what comes later", "[bridge]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    library lib(sim.executor());
    task waits(sim.executor(), lib.run());
    co_await sleep_for(std::chrono::milliseconds(sim.choose(4)));
    waits.cancel();
    co_await sleep_for(1s);
    REQUIRE((waits.error() == "" || waits.error() == "aborted"));
  });
}

TEST_CASE("bridge: a coroutine's errors reach its callback", "[bridge]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    int calls = 0;
    std::string error;
    const auto fails = []() -> asio::awaitable<void> {
      co_await sleep_for(1ms);
      throw std::runtime_error("none");
    };
    to_callback(sim.executor(), fails(), [&](outcome<void> r) {
      ++calls;
      try
      {
        r.get();
      }
      catch (const std::exception& e)
      {
        error = e.what();
      }
    });
    co_await sleep_for(1s);
    REQUIRE(calls == 1);
    REQUIRE(error == "none");
  });
}

TEST_CASE("bridge: futures, both ways", "[bridge]")
{
  detent::catch2::explore(with_threads, [](detent::simulation& sim) {
    asio::thread_pool pool(1);
    std::promise<int> promise;
    std::promise<void> fails;
    std::promise<void> ends;
    int got = 0;
    std::string error;
    const auto waits = [&](std::future<int> value, std::future<void> none,
                           std::future<void> end) -> asio::awaitable<void> {
      got = co_await from_future(sim.executor(), pool.get_executor(), std::move(value));
      try
      {
        co_await from_future(sim.executor(), pool.get_executor(), std::move(none));
      }
      catch (const std::exception& e)
      {
        error = e.what();
      }
      co_await from_future(sim.executor(), pool.get_executor(), std::move(end));
      ++got;
    };
    std::future<void> all = asio::co_spawn(
        sim.executor(), waits(promise.get_future(), fails.get_future(), ends.get_future()), asio::use_future);
    std::thread other([&] {
      promise.set_value(7);
      fails.set_exception(std::make_exception_ptr(std::runtime_error("none")));
      ends.set_value();
    });
    sim.context().run();
    all.get();
    other.join();
    pool.join();
    require(got == 8 && error == "none", "other values");
  });
}

TEST_CASE("bridge: a future that waits for the executor itself", "[bridge]")
{
  detent::catch2::explore(with_threads, [](detent::simulation& sim) {
    asio::thread_pool pool(1);
    std::promise<void> promise;
    task waits(sim.executor(), from_future(sim.executor(), pool.get_executor(), promise.get_future()));
    asio::steady_timer later(sim.executor(), 1ms);
    later.async_wait([&promise](boost::system::error_code) { promise.set_value(); });
    sim.context().run();
    pool.join();
    require(waits.ended() && waits.error().empty(), "it has no value");
  });
}

TEST_CASE("bridge: a future without a promise", "[bridge]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) {
    asio::thread_pool pool(1);
    task waits(sim.executor(), from_future(sim.executor(), pool.get_executor(), std::future<void>()));
    sim.context().run();
    pool.join();
    require(!waits.error().empty(), "it has a value");
  });
}

TEST_CASE("bridge: abandoned at every step", "[bridge]") { abandon_everywhere<library>(); }
TEST_CASE("bridge: in every order", "[bridge]") { in_every_order<library>(); }
