#include "toolkit/saga.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

// Survives a crash of the program, as a file would.
struct kept_journal final : saga_journal
{
  void begins(const std::string& step) override { begun.push_back(step); }
  void compensated(const std::string& step) override { std::erase(begun, step); }
  void completed() override
  {
    begun.clear();
    is_complete = true;
  }
  std::vector<std::string> pending() const override { return begun; }

  std::vector<std::string> begun;
  bool is_complete = false;
};

// Three services; each is changed in the middle of its step.
struct trip
{
  explicit trip(asio::any_io_executor) {}

  asio::awaitable<void> book(int i)
  {
    co_await sleep_for(1ms);
    if (i == fails_before)
      throw std::runtime_error("step " + std::to_string(i));
    booked[i] = true;
    co_await sleep_for(1ms);
    if (i == fails_after)
      throw std::runtime_error("step " + std::to_string(i));
  }

  asio::awaitable<void> cancel(int i)
  {
    co_await sleep_for(1ms);
    order += std::to_string(i);
    if (refuses-- > 0)
      throw std::runtime_error("not now");
    booked[i] = false;
    co_await sleep_for(1ms);
  }

  std::vector<saga_step> steps()
  {
    std::vector<saga_step> all;
    for (int i = 0; i < 3; ++i)
      all.push_back({"step " + std::to_string(i), [this, i] { return book(i); }, [this, i] { return cancel(i); }});
    return all;
  }

  asio::awaitable<void> run()
  {
    const std::vector<saga_step> all = steps();
    co_await run_saga(all, journal, fixed(10ms) | take(3));
  }

  asio::awaitable<void> recover()
  {
    const std::vector<saga_step> all = steps();
    co_await recover_saga(all, journal, fixed(10ms) | take(3));
  }

  bool none() const { return !booked[0] && !booked[1] && !booked[2]; }
  bool every() const { return booked[0] && booked[1] && booked[2]; }

  // All, or none that lasts.
  void check() const
  {
    require(journal.is_complete ? every() : none(), "a part of it is left");
    require(journal.begun.empty(), "the journal knows of more to do");
  }

  bool booked[3] = {};
  int fails_before = -1;
  int fails_after = -1;
  int refuses = 0;
  std::string order;
  kept_journal journal;
};

} // namespace

TEST_CASE("saga: all steps", "[saga]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    trip t(sim.executor());
    co_await t.run();
    REQUIRE(t.every());
    t.check();
  });
}

TEST_CASE("saga: a failure compensates in reverse order, the failed step too", "[saga]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    for (const bool took_effect : {false, true})
    {
      trip t(sim.executor());
      (took_effect ? t.fails_after : t.fails_before) = 1;
      const std::string error = co_await failure_of(t.run());
      REQUIRE(error == "step 1\n");
      REQUIRE(t.order == "10");
      t.check();
    }
  });
}

TEST_CASE("saga: a compensation is repeated, and if nothing helps the journal knows", "[saga]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    trip t(sim.executor());
    t.fails_after = 1;
    t.refuses = 3;
    const std::string error = co_await failure_of(t.run());
    REQUIRE(error == "step 1\n");
    REQUIRE(t.order == "11110");
    t.check();

    trip stuck(sim.executor());
    stuck.fails_after = 1;
    stuck.refuses = 4;
    const std::string stays = co_await failure_of(stuck.run());
    REQUIRE(stays == "not now\n  not now\n  not now\n  not now\n  step 1\n");
    REQUIRE(stuck.journal.pending() == std::vector<std::string>{"step 0", "step 1"});
    co_await stuck.recover();
    stuck.check();
    REQUIRE(stuck.none());
  });
}

TEST_CASE("saga: cancelled at any time, all or nothing", "[saga]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    trip t(sim.executor());
    t.refuses = static_cast<int>(sim.choose(3));
    task runs(sim.executor(), t.run());
    co_await sleep_for(std::chrono::microseconds(500 * sim.choose(14)));
    runs.cancel();
    co_await sleep_for(1s);
    REQUIRE(runs.ended());
    t.check();
  });
}

TEST_CASE("saga: after a cancellation nothing else is awaited either", "[saga]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    trip t(sim.executor());
    const auto goes_on = [&t]() -> asio::awaitable<void> {
      co_await failure_of(t.run());
      co_await sleep_for(1h);
    };
    task runs(sim.executor(), goes_on());
    co_await sleep_for(1500us);
    runs.cancel();
    co_await sleep_for(1s);
    REQUIRE(runs.error() == "aborted");
    t.check();
  });
}

TEST_CASE("saga: a crash between any two steps, and a restart", "[saga]")
{
  // What a crash leaves is the services and the journal; the program begins anew with those.
  const auto recover = [](detent::simulation& sim, trip& lasting) {
    lasting.fails_after = -1;
    task recovers(sim.executor(), lasting.recover());
    sim.context().run();
    require(recovers.error().empty(), "it cannot recover");
    lasting.check();
  };
  const auto crashes = [&recover](int fails_after) {
    return crash_everywhere<trip>(
        [fails_after](detent::simulation&, trip& lasting) {
          lasting.fails_after = fails_after;
          return lasting.run();
        },
        recover, asio::any_io_executor{});
  };
  REQUIRE(crashes(2) > 6);
  REQUIRE(crashes(-1) > 6);
}

TEST_CASE("saga: a journal of another saga is refused", "[saga]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    trip t(sim.executor());
    t.journal.begun = {"step 9"};
    const std::string error = co_await failure_of(t.recover());
    REQUIRE(error == "the saga has no step step 9, which its journal knows\n");
  });
}

TEST_CASE("saga: abandoned at every step", "[saga]") { abandon_everywhere<trip>(); }
TEST_CASE("saga: in every order", "[saga]") { in_every_order<trip>(); }
