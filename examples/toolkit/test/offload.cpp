#include "toolkit/offload.hpp"

#include "exploring.hpp"

#include <boost/asio/thread_pool.hpp>

#include <thread>

using namespace toolkit;

namespace {

const detent::options threads = [] {
  detent::options how;
  how.schedules = 10'000;
  return how;
}();

// A pool of virtual threads, and a caller on its own context.
struct office
{
  explicit office(detent::simulation& s) : sim(s), pool(2) {}

  void run(asio::awaitable<void> body)
  {
    task main(sim.executor(), std::move(body));
    sim.context().run();
    pool.join();
    require(main.error().empty(), main.error().c_str());
  }

  detent::simulation& sim;
  asio::thread_pool pool;
};

} // namespace

TEST_CASE("offload: there and back", "[offload]")
{
  detent::catch2::explore(threads, [](detent::simulation& sim) {
    office o(sim);
    const auto home = std::this_thread::get_id();
    o.run([](office& at, std::thread::id caller) -> asio::awaitable<void> {
      std::thread::id worker;
      const int got = co_await offload(at.pool.get_executor(), [&](std::stop_token) {
        worker = std::this_thread::get_id();
        return 7;
      });
      require(got == 7, "another value");
      require(worker != caller, "it ran on the caller's thread");
      require(std::this_thread::get_id() == caller, "the caller went on elsewhere");
      std::string error;
      try
      {
        co_await offload(at.pool.get_executor(), [](std::stop_token) { throw std::runtime_error("its own"); });
      }
      catch (const std::exception& e)
      {
        error = e.what();
      }
      require(error == "its own", "another error");
    }(o, home));
  });
}

TEST_CASE("offload: a cancellation asks it to stop, and waits for it", "[offload]")
{
  detent::catch2::explore(threads, [](detent::simulation& sim) {
    office o(sim);
    bool begun = false;
    bool left = false;
    bool waited_for = false;
    bool was_asked = false;
    const auto works = [&]() -> asio::awaitable<void> {
      const auto until_asked = [&](std::stop_token stop) {
        begun = true;
        for (int i = 0; i < 100 && !stop.stop_requested(); ++i)
          std::this_thread::sleep_for(1ms);
        was_asked = stop.stop_requested();
        std::this_thread::sleep_for(5ms);
        left = true;
      };
      co_await offload(o.pool.get_executor(), until_asked);
      waited_for = left;
    };
    task working(sim.executor(), works());
    asio::steady_timer cancels(sim.executor(), 10ms);
    cancels.async_wait([&](boost::system::error_code) { working.cancel(); });
    sim.context().run();
    o.pool.join();
    require(working.ended(), "it goes on");
    require(!begun || was_asked, "it was not asked to stop");
    require(!begun || waited_for, "it was not waited for");
  });
}

TEST_CASE("offload: abandoned at every step", "[offload]")
{
  // Cancelled there, or its context destroyed with what it has left, once the pool is joined.
  for (const bool destroys : {false, true})
  {
    bool was_over = false;
    std::size_t steps = 0;
    for (; !was_over; ++steps)
    {
      int running = 0;
      const detent::result r = detent::simulate([&](detent::simulation& sim) {
        office o(sim);
        const auto works = [&](std::stop_token) {
          const inside here(running);
          std::this_thread::sleep_for(1ms);
        };
        const auto offloads = [&]() -> asio::awaitable<void> {
          co_await offload(o.pool.get_executor(), works);
          require(running == 0, "it was not waited for");
          co_await offload(o.pool.get_executor(), works);
        };
        task main(sim.executor(), offloads());
        for (std::size_t i = 0; i < steps && !main.ended(); ++i)
          sim.context().run_one();
        was_over = main.ended();
        if (!destroys)
        {
          main.cancel();
          sim.context().run();
          require(main.ended(), "what was cancelled goes on");
          require(running == 0, "it was not waited for");
        }
        o.pool.join();
      });
      INFO("abandoned after step " << steps << (destroys ? ", destroyed" : ", cancelled"));
      INFO(r.report);
      REQUIRE(r.passed());
    }
    REQUIRE(steps > 4);
  }
}
