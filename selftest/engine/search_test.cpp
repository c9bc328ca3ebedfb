// Strategies, systematic search, and what they say of what they have seen.
#include "toy.hpp"

#include <detent/error.hpp>
#include <detent/explore.hpp>
#include <detent/outcomes.hpp>
#include <detent/shared.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

using Catch::Contains;
using namespace std::chrono_literals;

namespace {

detent::options named(const char* name, const char* strategy = "portfolio")
{
  detent::options how;
  how.name = name;
  how.strategy = strategy;
  how.max_lag = 0ns;
  return how;
}

// The order in which three tasks of two steps run.
std::string three_tasks(detent::simulation& sim)
{
  toy::context context(sim.world());
  std::string order;
  for (const char c : {'a', 'b', 'c'})
    context.post([&, c] {
      order += c;
      context.post([&, c] { order += c; });
    });
  context.run();
  return order;
}

void two_writers(detent::simulation& sim)
{
  toy::context context(sim.world());
  detent::shared<int> value = 0;
  for (int i = 0; i < 2; ++i)
    context.post([&] { value = value + 1; });
  context.run();
}

} // namespace

TEST_CASE("every sampling strategy reaches orders that the dullest schedule does not, and repeats itself", "[strategy]")
{
  for (const std::string name :
      {"portfolio", "random", "pct(3)", "pos", "urw", "surw", "context_bound(2)", "delay_bound(2)", "fuzz"})
  {
    CAPTURE(name);
    detent::options how = named("orders", name.c_str());
    how.schedules = 300;
    how.isolation = detent::isolation::none;
    how.order = detent::ordering::any;
    std::vector<std::string> runs[2];
    for (std::vector<std::string>& orders : runs)
      REQUIRE(detent::explore(how, [&](detent::simulation& sim) { orders.push_back(three_tasks(sim)); }).passed());
    REQUIRE(runs[0] == runs[1]);
    const std::size_t different = std::set<std::string>(runs[0].begin(), runs[0].end()).size();
    REQUIRE(different >= (name == "delay_bound(2)"                   ? 5
                    : name == "pct(3)" || name == "context_bound(2)" ? 30
                                                                     : 60)); // of 90
  }
}

TEST_CASE("urw samples interleavings evenly, a random walk does not", "[strategy]")
{
  // One task of six steps beside one of one step: seven places for that.
  const auto uneven = [](detent::simulation& sim) {
    toy::context context(sim.world());
    std::size_t at = 0;
    std::size_t steps = 0;
    std::function<void()> next = [&] {
      if (++steps < 6)
        context.post(next);
    };
    context.post(next);
    context.post([&] { at = steps; });
    context.run();
    return std::to_string(at);
  };
  const auto rarest = [&](const char* strategy) {
    detent::options how = named("uneven", strategy);
    how.schedules = 3'000;
    how.order = detent::ordering::any;
    how.shrink = false;
    const detent::outcome_list seen = detent::outcomes(how, uneven);
    return seen.all.size() == 7 ? seen.all.back().count : 0;
  };
  REQUIRE(rarest("urw") > 300);   // of 3,000, evenly 428
  REQUIRE(rarest("random") < 80); // 1 in 64
}

TEST_CASE("a strategy that cannot be made says what to write", "[strategy]")
{
  const auto with = [](const char* strategy) {
    return [=] { detent::explore(named("any", strategy), [](detent::simulation&) {}); };
  };
  CHECK_THROWS_WITH(with("pct(0)")(), Contains("\"pct(0)\" cannot be made") && Contains("write \"pct(3)\""));
  CHECK_THROWS_WITH(with("pct(x)")(), Contains("cannot be made"));
  CHECK_THROWS_WITH(with("pct(3")(), Contains("cannot be made"));
  CHECK_THROWS_WITH(with("pct(-1)")(), Contains("cannot be made"));
  CHECK_THROWS_WITH(with("context_bound(99999)")(), Contains("1 to 1000"));
  CHECK_THROWS_WITH(with("random(3)")(), Contains("it takes no number"));
  CHECK_THROWS_WITH(with("")(), Contains("there is no strategy"));
}

TEST_CASE("depth_first goes through all schedules, exhaustive through all partial orders", "[exhaustive]")
{
  detent::options how = named("three tasks", "depth_first");
  how.order = detent::ordering::any;
  const auto body = [](detent::simulation& sim) { static_cast<void>(three_tasks(sim)); };
  const detent::result all = detent::explore(how, body);
  REQUIRE(all.passed());
  REQUIRE(all.executions == 90);
  REQUIRE(all.partial_orders == 1);
  REQUIRE(all.coverage == detent::coverage::complete);
  REQUIRE_THAT(all.report, Contains("90 schedules, 90 distinct, complete, "));

  how.strategy = "exhaustive";
  const detent::result reduced = detent::explore(how, body);
  REQUIRE(reduced.executions == 1); // nothing is declared
  REQUIRE_THAT(reduced.report, Contains("complete modulo declared objects"));
  REQUIRE_THAT(reduced.warning, Contains("one order stands for all") && Contains("strategy depth_first"));

  const detent::result writers = detent::explore(how, two_writers);
  REQUIRE(writers.executions == 2);
  REQUIRE(writers.pairs == 1);
  REQUIRE(writers.pairs_both == 1);

  how.strategy = "exhaustive(1)";
  const auto many = [](detent::simulation& sim) {
    toy::context context(sim.world());
    detent::shared<int> value = 0;
    for (int i = 0; i < 4; ++i)
      context.post([&] { value = value + 1; });
    context.run();
  };
  const detent::result bounded = detent::explore(how, many);
  REQUIRE(bounded.executions < 24);
  REQUIRE(bounded.coverage == detent::coverage::bounded);
  REQUIRE_THAT(bounded.report, Contains("bounded by exhaustive(1)"));

  how.schedules = 10;
  how.strategy = "depth_first";
  const detent::result cut = detent::explore(how, body);
  REQUIRE(cut.coverage == detent::coverage::sampled);
  REQUIRE_THAT(cut.report, Contains("not complete: about"));
}

TEST_CASE("values are enumerated with the steps, and the clock's moves too", "[exhaustive]")
{
  for (const char* strategy : {"depth_first", "exhaustive"})
  {
    std::set<std::string> seen;
    detent::options how = named("values", strategy);
    how.order = detent::ordering::any;
    how.isolation = detent::isolation::none;
    const detent::result r = detent::explore(how, [&](detent::simulation& sim) {
      toy::context context(sim.world());
      std::string run;
      detent::shared<int> both = 0;
      context.post([&] { run += "a" + std::to_string(sim.choose(3)) + (both = 1, ""); });
      context.post([&] { run += "b" + std::to_string(sim.choose(2)) + (both = 2, ""); });
      context.run();
      seen.insert(run);
    });
    REQUIRE(r.passed());
    REQUIRE(seen.size() == 12);
    REQUIRE(r.executions == 12);
  }
  detent::options how = named("late", "exhaustive");
  how.max_lag = 10ms;
  const detent::result late = detent::explore(how, [](detent::simulation& sim) {
    toy::context context(sim.world());
    context.after(7ms, [] {});
    context.post([&] {
      sim.world().touch_clock(detent::access::read);
      if (sim.elapsed() > 5ms)
        throw std::runtime_error("late");
    });
    context.run();
  });
  REQUIRE(late.verdict == detent::verdict::assertion);
}

namespace {

// Tasks that read and write shared values, wait and wake, drawn from a seed; what they saw, and how often a task was
// stopped that could have gone on.
class random_program
{
public:
  random_program(detent::simulation& sim, std::uint64_t seed) : world_(sim.world()), context_(world_)
  {
    detent::generator random(seed);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::uint64_t j = 2 + random.below(2); j-- > 0;)
        todo_[i].push_back({static_cast<int>(random.below(8)), random.below(2)});
    for (std::size_t i = 0; i < 3; ++i)
      go_on(i);
    context_.run();
    for (detent::shared<int>& v : values_)
      saw_ += std::to_string(v) + " ";
  }

  const std::string& saw() const { return saw_; }
  int preemptions() const { return preemptions_; }

private:
  struct action
  {
    int what;
    std::uint64_t object;
  };

  void go_on(std::size_t who)
  {
    if (!todo_[who].empty())
      context_.post([this, who] { step(who); });
  }

  void step(std::size_t who)
  {
    count_preemption();
    const auto [what, object] = todo_[who].front();
    if (what == 0 && !(done_[object] = done_[object] + 0)) // waits, and is tried again once it is woken
    {
      parked_[object].push_back(who);
      return;
    }
    todo_[who].pop_front();
    if (what <= 3)
      saw_by_[who] += std::to_string(values_[object]);
    else if (what <= 6)
      values_[object] = static_cast<int>(who * 10 + todo_[who].size());
    else
      wake(object);
    saw_ = saw_by_[0] + "|" + saw_by_[1] + "|" + saw_by_[2] + "|";
    go_on(who);
  }

  void wake(std::uint64_t object)
  {
    done_[object] = 1;
    for (const std::size_t who : std::exchange(parked_[object], {}))
      go_on(who);
  }

  void count_preemption()
  {
    const detent::task_id task = world_.current_task();
    bool could_go_on = false;
    for (std::size_t i = 0; i < context_.ready.size(); ++i)
      could_go_on = could_go_on || *context_.ready.at(context_.ready.find(i)).task == last_;
    preemptions_ += task != last_ && could_go_on;
    last_ = task;
  }

  detent::machine& world_;
  toy::context context_;
  std::deque<action> todo_[3];
  detent::shared<int> values_[2] = {0, 0};
  detent::shared<int> done_[2] = {0, 0};
  std::vector<std::size_t> parked_[2];
  std::string saw_by_[3];
  std::string saw_;
  detent::task_id last_ = detent::no_task;
  int preemptions_ = 0;
};

} // namespace

#if defined(__SANITIZE_ADDRESS__)
constexpr int programs = 6;
#else
constexpr int programs = 60;
#endif

TEST_CASE("preemption_bound finds what every schedule of so few preemptions shows", "[exhaustive]")
{
  const std::uint64_t seed = GENERATE(range(0, programs));
  std::map<std::string, int> fewest;
  detent::options how = named("random program", "depth_first");
  how.order = detent::ordering::any;
  how.isolation = detent::isolation::none;
  how.schedules = 100'000;
  const detent::result all = detent::explore(how, [&](detent::simulation& sim) {
    const random_program run(sim, seed);
    int& least = fewest.try_emplace(run.saw(), run.preemptions()).first->second;
    least = std::min(least, run.preemptions());
  });
  CAPTURE(seed, all.executions, all.partial_orders, fewest.size());
  REQUIRE(all.coverage == detent::coverage::complete);
  for (const int bound : {1, 2, 30})
  {
    std::set<std::string> seen;
    how.strategy = "preemption_bound(" + std::to_string(bound) + ")";
    const detent::result r = detent::explore(how, [&](detent::simulation& sim) {
      const random_program run(sim, seed);
      REQUIRE(run.preemptions() <= bound);
      seen.insert(run.saw());
    });
    REQUIRE((r.coverage == detent::coverage::bounded || seen.size() == fewest.size()));
    for (const auto& [outcome, preemptions] : fewest)
      if (preemptions <= bound)
      {
        CAPTURE(bound, outcome, preemptions);
        REQUIRE(seen.contains(outcome));
      }
  }
  how.strategy = "exhaustive";
  std::set<std::string> seen;
  detent::explore(how, [&](detent::simulation& sim) {
    const random_program run(sim, seed);
    if (!sim.world().failed()) // else it was cut short
      seen.insert(run.saw());
  });
  REQUIRE(seen.size() == fewest.size());
}

TEST_CASE("a canary: a reduction that ignores accesses misses the second order", "[exhaustive]")
{
  // The same two writers without the declaration.
  const auto first_comes_last = [](detent::simulation& sim) {
    toy::context context(sim.world());
    int value = 0;
    for (int i = 1; i <= 2; ++i)
      context.post([&value, i] { value = i; });
    context.run();
    if (value == 1)
      throw std::runtime_error("the first came last");
  };
  detent::options how = named("undeclared", "exhaustive");
  how.order = detent::ordering::any;
  const detent::result r = detent::explore(how, first_comes_last);
  REQUIRE(r.passed());
  REQUIRE(r.coverage == detent::coverage::modulo_declared);
  how.strategy = "depth_first";
  REQUIRE_FALSE(detent::explore(how, first_comes_last).passed());
}

TEST_CASE("set-up is not explored", "[unexplored]")
{
  for (const bool hidden : {false, true})
  {
    detent::options how = named("set-up", "depth_first");
    how.order = detent::ordering::any;
    const detent::result r = detent::explore(how, [=](detent::simulation& sim) {
      if (hidden)
      {
        detent::unexplored setup;
        static_cast<void>(three_tasks(sim));
        REQUIRE(sim.choose(5) == 0);
      }
      else
        static_cast<void>(three_tasks(sim));
    });
    REQUIRE(r.passed());
    REQUIRE(r.executions == (hidden ? 1 : 90));
  }
}

TEST_CASE("schedules can be discarded; discarding all of them tests nothing", "[discard]")
{
  detent::options how = named("discard");
  how.schedules = 100;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    if (sim.choose(4) == 3)
      sim.discard();
    if (sim.choose(4) == 7)
      throw std::runtime_error("impossible");
  });
  REQUIRE(r.passed());
  REQUIRE(r.discarded > 10);
  REQUIRE(r.discarded < 50);
  REQUIRE_THAT(r.report, Contains(std::to_string(r.discarded) + " discarded"));
  REQUIRE_THROWS_WITH(detent::explore(how,
                          [](detent::simulation& sim) {
                            static_cast<void>(sim.choose(2));
                            sim.discard();
                          }),
      Contains("schedules were discarded, so nothing was tested"));
}

TEST_CASE("outcomes: each result with its count and a schedule that leads to it", "[outcomes]")
{
  detent::options how = named("outcomes");
  how.schedules = 500;
  how.order = detent::ordering::any;
  const auto last = [](detent::simulation& sim) {
    const std::string order = three_tasks(sim);
    if (order == "ccbbaa")
      throw std::runtime_error("that one");
    return order.substr(5);
  };
  const detent::outcome_list seen = detent::outcomes(how, last);
  REQUIRE(seen.all.size() == 4);
  std::uint64_t count = 0;
  for (const detent::outcome& o : seen.all)
  {
    count += o.count;
    CAPTURE(o.value);
    std::string again;
    for (const std::string& token : {o.token, o.pin})
    {
      detent::options replay = how;
      replay.isolation = detent::isolation::none;
      const detent::result r = detent::replay(token, replay, [&](detent::simulation& sim) { again = last(sim); });
      REQUIRE((o.value == again || (!r.passed() && o.value.starts_with("failed: std::runtime_error: that one"))));
    }
  }
  REQUIRE(count == 500);
  REQUIRE_THAT(seen.report, Contains("4 outcomes in 500 schedules"));
}

TEST_CASE("a static that leaks into the next schedule is found by running each twice", "[twice]")
{
  detent::options how = named("leak");
  how.twice = true;
  how.order = detent::ordering::any;
  static int runs;
  const detent::result r = detent::explore(how, [](detent::simulation& sim) {
    toy::context context(sim.world());
    const int posts = 2 + ++runs % 2;
    for (int i = 0; i < posts; ++i)
      context.post([] {});
    context.run();
  });
  REQUIRE(r.verdict == detent::verdict::nondeterministic);
  how.twice = false;
  REQUIRE(detent::explore(how, [](detent::simulation& sim) { static_cast<void>(three_tasks(sim)); }).passed());
}
