#include "toolkit/choreography.hpp"

#include "toolkit/task_group.hpp"

#include "exploring.hpp"

#include <array>
#include <map>
#include <set>

using namespace toolkit;

namespace {

// Survives a crash of the program, as a database would.
struct kept_events final : saga_event_store
{
  void add(const std::string& saga, const std::string& event) override
  {
    if (!has(saga, event))
      said.emplace_back(saga, event);
  }
  bool has(const std::string& saga, const std::string& event) const override
  {
    return std::ranges::find(said, std::pair(saga, event)) != said.end();
  }
  std::vector<std::string> sagas() const override
  {
    std::vector<std::string> all;
    for (const auto& [saga, event] : said)
      if (std::ranges::find(all, saga) == all.end())
        all.push_back(saga);
    return all;
  }
  std::string of(const std::string& saga) const
  {
    std::string all;
    for (const auto& [of, event] : said)
      if (of == saga)
        all += all.empty() ? event : ", " + event;
    return all;
  }

  std::vector<std::pair<std::string, std::string>> said;
};

enum service
{
  stock,
  bank,
  mail
};

// Three services, each on its own; each is changed in the middle of its step.
struct shop
{
  explicit shop(asio::any_io_executor) {}

  asio::awaitable<void> act(service s, const std::string& saga)
  {
    const inside here(running);
    co_await sleep_for(1ms);
    if (saga == fails_before[s])
      throw std::runtime_error("no " + saga);
    has[s].insert(saga);
    ++acted;
    co_await sleep_for(1ms);
    if (saga == fails_after[s])
      throw std::runtime_error("no " + saga);
  }

  asio::awaitable<void> undo(service s, const std::string& saga)
  {
    const inside here(running);
    co_await sleep_for(1ms);
    if (refuses-- > 0)
      throw std::runtime_error("not now");
    has[s].erase(saga);
    co_await sleep_for(1ms);
  }

  saga_part part(service s, std::string after, std::string done, std::string failed)
  {
    return {.after = std::move(after),
        .act = [this, s](const std::string& saga) { return act(s, saga); },
        .done = std::move(done),
        .failed = std::move(failed),
        .undo_after = {},
        .undo = [this, s](const std::string& saga) { return undo(s, saga); }};
  }

  saga_part reserves()
  {
    saga_part made = part(stock, "ordered", "reserved", "sold out");
    made.undo_after = {"not paid", "refunded"};
    made.undone = "released";
    return made;
  }
  saga_part charges()
  {
    saga_part made = part(bank, "reserved", "paid", "not paid");
    made.undo_after = {"not sent"};
    made.undone = "refunded";
    return made;
  }
  saga_part sends() { return part(mail, "paid", "sent", "not sent"); }

  // Until all sagas are at an end.
  asio::awaitable<void> run()
  {
    saga_events events(co_await asio::this_coro::executor, kept);
    for (const std::string& saga : sagas)
      events.publish(saga, "ordered");
    const auto body = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(take_part(events, sends(), fixed(10ms) | take(3)));
      tasks.spawn(take_part(events, charges(), fixed(10ms) | take(3)));
      tasks.spawn(take_part(events, reserves(), fixed(10ms) | take(3)));
      while (!is_over())
        co_await events.next();
      tasks.cancel();
    };
    co_await with_tasks(body);
  }

  bool is_over() const
  {
    return std::ranges::all_of(sagas, [this](const std::string& saga) {
      return kept.has(saga, "sent") || kept.has(saga, "sold out") || kept.has(saga, "released");
    });
  }

  bool every(const std::string& saga) const
  {
    return has[stock].contains(saga) && has[bank].contains(saga) && has[mail].contains(saga);
  }
  bool none(const std::string& saga) const
  {
    return !has[stock].contains(saga) && !has[bank].contains(saga) && !has[mail].contains(saga);
  }

  // What is at an end took place everywhere or nowhere.
  void check() const
  {
    require(running == 0, "a step goes on");
    for (const std::string& saga : sagas)
    {
      require(!kept.has(saga, "sent") || every(saga), "sent, and not all of it took place");
      require(!(kept.has(saga, "sold out") || kept.has(saga, "released")) || none(saga), "off, and a part is left");
    }
  }

  std::vector<std::string> sagas{"a"};
  std::map<service, std::string> fails_before, fails_after;
  int refuses = 0;
  int running = 0;
  int acted = 0;
  std::array<std::set<std::string>, 3> has;
  kept_events kept;
};

} // namespace

TEST_CASE("choreography: each part after the one before", "[choreography]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    co_await s.run();
    REQUIRE(s.every("a"));
    REQUIRE(s.kept.of("a") == "ordered, reserved, paid, sent");
    REQUIRE(s.acted == 3);
    REQUIRE(sim.elapsed() == 6ms);
  });
}

TEST_CASE("choreography: a part that fails undoes itself, and those before it hear of it", "[choreography]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    s.sagas = {"a", "b", "c", "d"};
    s.refuses = static_cast<int>(sim.choose(4));
    s.fails_after[mail] = "b";
    s.fails_before[bank] = "c";
    s.fails_after[stock] = "d";
    co_await s.run();
    s.check();
    REQUIRE(s.every("a"));
    REQUIRE(s.kept.of("a") == "ordered, reserved, paid, sent");
    REQUIRE(s.none("b"));
    REQUIRE(s.kept.of("b") == "ordered, reserved, paid, not sent, refunded, released");
    REQUIRE(s.none("c"));
    REQUIRE(s.kept.of("c") == "ordered, reserved, not paid, released");
    REQUIRE(s.none("d"));
    REQUIRE(s.kept.of("d") == "ordered, sold out");
    REQUIRE(s.acted == 3 + 3 + 1 + 1);
  });
}

TEST_CASE("choreography: what cannot be undone is an error, and done by who takes part next", "[choreography]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    s.fails_after[bank] = "a";
    s.refuses = 4;
    const std::string error = co_await failure_of(s.run());
    REQUIRE(error == "not now\n  not now\n  not now\n  not now\n  no a\n");
    s.fails_after.clear();
    co_await s.run();
    REQUIRE(s.every("a"));

    shop later(sim.executor()); // the part of the one before
    later.fails_before[bank] = "a";
    later.kept.add("a", "ordered");
    later.kept.add("a", "reserved");
    later.kept.add("a", "not paid");
    later.has[stock].insert("a");
    later.refuses = 4;
    const std::string stuck = co_await failure_of(later.run());
    REQUIRE(stuck == "not now\n  not now\n  not now\n  not now\n");
    co_await later.run();
    REQUIRE(later.none("a"));
    later.check();
  });
}

TEST_CASE("choreography: who hears that it is off does not begin", "[choreography]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    saga_events events(sim.executor(), s.kept);
    events.publish("a", "ordered");
    events.publish("a", "not paid");
    task stocks(sim.executor(), take_part(events, s.reserves(), fixed(10ms)));
    co_await sleep_for(1s);
    REQUIRE(s.acted == 0);
    REQUIRE(s.kept.of("a") == "ordered, not paid");
    stocks.cancel();
  });
}

TEST_CASE("choreography: cancelled at any time, and taken up again", "[choreography]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    s.refuses = static_cast<int>(sim.choose(3));
    s.fails_after[static_cast<service>(sim.choose(3))] = "a";
    task runs(sim.executor(), s.run());
    co_await sleep_for(std::chrono::microseconds(500 * sim.choose(20)));
    runs.cancel();
    co_await sleep_for(1s);
    REQUIRE(runs.ended());
    s.check();
    co_await s.run();
    REQUIRE(s.none("a"));
    s.check();
  });
}

TEST_CASE("choreography: a crash between any two steps, and a restart", "[choreography]")
{
  // What a crash leaves is the services and their events; the program begins anew with those.
  const std::size_t crashes = crash_everywhere<shop>(
      [](detent::simulation&, shop& lasting) {
        lasting.sagas = {"a", "b"};
        lasting.fails_after[mail] = "b";
        return lasting.run();
      },
      [](detent::simulation& sim, shop& lasting) {
        lasting.running = 0;
        task runs(sim.executor(), lasting.run());
        sim.context().run();
        require(runs.error().empty(), "it cannot go on");
        require(lasting.every("a") && lasting.none("b"), "it has not ended as it would have");
        lasting.check();
      },
      asio::any_io_executor{});
  REQUIRE(crashes > 20);
}

TEST_CASE("choreography: abandoned at every step", "[choreography]") { abandon_everywhere<shop>(); }
TEST_CASE("choreography: in every order", "[choreography]") { in_every_order<shop>(); }
