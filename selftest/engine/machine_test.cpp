// The rules of clock and order (docs/semantics.md), each on the toy context.
#include "toy.hpp"

#include <detent/error.hpp>
#include <detent/report.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using detent::machine_settings;
using detent::order;

namespace {

// Answers from a list, then 0.
class scripted final : public detent::strategy
{
public:
  explicit scripted(std::vector<std::uint32_t> answers) : answers_(std::move(answers)) {}

  std::uint32_t choose(const detent::choice_point& at) override
  {
    kinds.push_back(at.kind);
    counts.push_back(at.alternatives);
    return next_ < answers_.size() ? answers_[next_++] : 0;
  }

  std::vector<detent::choice_kind> kinds;
  std::vector<std::uint32_t> counts;

private:
  std::vector<std::uint32_t> answers_;
  std::size_t next_ = 0;
};

} // namespace

TEST_CASE("a fifo context runs steps in the order of their posting and asks nothing", "[machine]")
{
  scripted answers({1, 1, 1});
  toy::world w({.order = order::fifo}, &answers);
  toy::context context(w.machine);
  std::string ran;
  for (const char c : {'a', 'b', 'c'})
    context.post([&, c] { ran += c; });
  context.run();
  REQUIRE(ran == "abc");
  REQUIRE(answers.counts.empty());
}

TEST_CASE("in a context of order any each ready step may be next; 0 is the oldest", "[machine]")
{
  scripted answers({2, 0});
  toy::world w({.order = order::any}, &answers);
  toy::context context(w.machine);
  std::string ran;
  for (const char c : {'a', 'b', 'c'})
    context.post([&, c] { ran += c; });
  context.run();
  REQUIRE(ran == "cab");
  REQUIRE(answers.counts == std::vector<std::uint32_t>{3, 2}); // the last step is no choice
  REQUIRE(w.recording.choices().size() == 2);
  REQUIRE(w.recording.choices()[0].index == 2);
  REQUIRE(task_path(w.recording.tasks(), w.recording.choices()[0].task) == "main.3");
  REQUIRE(w.recording.header().out_of_order == 1);
}

TEST_CASE("a context that says one thread runs it is fifo in every schedule", "[machine]")
{
  scripted answers({1});
  toy::world w({.order = order::any}, &answers);
  toy::context context(w.machine, true);
  std::string ran;
  context.post([&] { ran += 'a'; });
  context.post([&] { ran += 'b'; });
  context.run();
  REQUIRE(ran == "ab");
}

TEST_CASE("the clock moves when nothing is ready, straight to the next deadline", "[machine]")
{
  toy::world w;
  toy::context context(w.machine);
  std::vector<std::int64_t> times;
  context.after(3h, [&] { times.push_back(w.machine.now()); });
  context.after(1ns, [&] { times.push_back(w.machine.now()); });
  context.post([&] { times.push_back(w.machine.now()); });
  context.run();
  REQUIRE(times == std::vector<std::int64_t>{0, 1, std::chrono::nanoseconds(3h).count()});
}

TEST_CASE("running up to a limit ends at the limit", "[machine]")
{
  toy::world w;
  toy::context context(w.machine);
  int fired = 0;
  context.after(10ms, [&] { ++fired; });
  context.after(20ms, [&] { ++fired; });
  context.run(std::chrono::nanoseconds(15ms).count());
  REQUIRE(fired == 1);
  REQUIRE(w.machine.now() == std::chrono::nanoseconds(15ms).count());
  context.run(std::chrono::nanoseconds(20ms).count());
  REQUIRE(fired == 2); // the limit is included
}

TEST_CASE("timers of one deadline are a tie in a fifo context", "[machine]")
{
  scripted answers({1});
  toy::world w({.order = order::fifo}, &answers);
  toy::context context(w.machine);
  std::string ran;
  context.after(5ms, [&] { ran += 'a'; });
  context.after(5ms, [&] { ran += 'b'; });
  context.run();
  REQUIRE(ran == "ba");
  REQUIRE(answers.kinds == std::vector{detent::choice_kind::tie});
}

TEST_CASE("the waits of one timer stay in order, in a context of order any too", "[machine]")
{
  scripted answers({1, 1, 1});
  toy::world w({.order = order::any}, &answers);
  toy::context context(w.machine);
  std::string ran;
  context.after(
      5ms, [&] { ran += 'a'; }, [&] { ran += 'b'; });
  context.after(5ms, [&] { ran += 'x'; });
  context.run();
  REQUIRE(answers.counts.front() == 2); // a or x, not b
  REQUIRE(ran == "xab");
}

TEST_CASE("with lag the clock may move although a step is ready, up to max_lag", "[machine]")
{
  scripted answers({1});
  toy::world w({.order = order::fifo, .max_lag = 5'000'000}, &answers);
  toy::context context(w.machine);
  std::string ran;
  std::int64_t first_ran_at = -1;
  context.after(5ms, [&] { ran += 't'; });
  context.after(6ms, [&] { ran += 'u'; });
  context.post([&] {
    ran += 'p';
    first_ran_at = w.machine.now();
  });
  context.run();
  REQUIRE(ran == "ptu"); // the post is older than the timer, and the lane is fifo
  REQUIRE(first_ran_at == 5'000'000);
  REQUIRE(answers.counts.front() == 2);
  w.machine.flush();
  REQUIRE(w.recording.header().longest_lag == 5'000'000);
}

TEST_CASE("no step is made later than max_lag", "[machine]")
{
  scripted answers({1, 1, 1});
  toy::world w({.order = order::fifo, .max_lag = 4'000'000}, &answers);
  toy::context context(w.machine);
  std::int64_t ran_at = -1;
  context.after(3ms, [] {});
  context.after(5ms, [] {});
  context.post([&] { ran_at = w.machine.now(); });
  context.run();
  REQUIRE(ran_at == 3'000'000);
}

TEST_CASE("after stop_clock only what is ready still runs", "[machine]")
{
  toy::world w;
  toy::context context(w.machine);
  std::string ran;
  context.after(1ms, [&] { ran += 't'; });
  context.post([&] { ran += 'p'; });
  w.machine.stop_clock();
  context.run();
  REQUIRE(ran == "p");
  REQUIRE(w.machine.now() == 0);
}

TEST_CASE("a step that takes time makes timers late", "[machine]")
{
  toy::world w;
  toy::context context(w.machine);
  std::vector<std::int64_t> times;
  context.after(1ms, [&] { times.push_back(w.machine.now()); });
  context.after(2ms, [&] { times.push_back(w.machine.now()); });
  context.post([&] { w.machine.elapse(10'000'000); });
  context.run();
  REQUIRE(times == std::vector<std::int64_t>{10'000'000, 10'000'000});
}

TEST_CASE("the last operation of a step goes on with its task, earlier ones are children", "[machine]")
{
  toy::world w;
  toy::context context(w.machine);
  std::vector<std::string> who;
  const auto name = [&] { return task_path(w.recording.tasks(), w.machine.current_task()); };
  context.post([&] {
    context.post([&] {
      w.machine.flush();
      who.push_back("child " + name());
    });
    context.post([&] {
      w.machine.flush();
      who.push_back("goes on " + name());
    });
  });
  context.run();
  REQUIRE(who == std::vector<std::string>{"child main.1.1", "goes on main.1"});
}

TEST_CASE("more than max_steps is a livelock", "[machine]")
{
  toy::world w({.max_steps = 100});
  toy::context context(w.machine);
  std::function<void()> again = [&] { context.post(again); };
  context.post(again);
  REQUIRE(context.run());
  REQUIRE(w.recording.header().outcome == detent::verdict::livelock);
  REQUIRE(w.machine.steps() == 100);
}

TEST_CASE("a strategy's answer is checked", "[machine]")
{
  scripted answers({7});
  toy::world w({.order = order::any}, &answers);
  toy::context context(w.machine);
  context.post([] {});
  context.post([] {});
  REQUIRE_THROWS_WITH(context.run(), Catch::Contains("answered 7 to a choice among 2") && Catch::Contains("Next:"));
}

TEST_CASE("an implicit simulation's clock creeps for a program that only reads it", "[machine]")
{
  detent::machine world;
  world.begin({.implicit = true}, nullptr, nullptr);
  const std::int64_t first = world.read_clock();
  for (int i = 0; i < 40; ++i)
    REQUIRE(world.read_clock() == first); // a program that reads it now and then sees no creeping
  std::int64_t before = world.read_clock();
  for (int i = 0; i < 1'000; ++i)
  {
    const std::int64_t now = world.read_clock();
    REQUIRE(now - before <= 1'000);
    before = now;
  }
  REQUIRE(before > 900'000);
}

TEST_CASE("the trace's hash tells orders apart, and is that of every other build", "[machine]")
{
  const auto hash_of = [](std::vector<std::uint32_t> script) {
    scripted answers(std::move(script));
    toy::world w({.order = order::any}, &answers);
    toy::context context(w.machine);
    for (int i = 0; i < 3; ++i)
      context.post([&] { context.after(1ms, [] {}); });
    context.run();
    return w.machine.hash();
  };
  REQUIRE(hash_of({}) == hash_of({0, 0}));
  REQUIRE(hash_of({1}) != hash_of({}));
  REQUIRE(hash_of({1}) != hash_of({2}));
  REQUIRE(hash_of({}) == 15596253949125830329u);
}
