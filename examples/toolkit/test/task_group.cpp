#include "toolkit/task_group.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

struct family
{
  explicit family(asio::any_io_executor) {}

  asio::awaitable<void> member(std::chrono::nanoseconds time, std::string error = "")
  {
    const inside here(running);
    co_await sleep_for(time);
    if (!error.empty())
      throw std::runtime_error(error);
    ++finished;
  }

  asio::awaitable<void> body(task_group& tasks)
  {
    tasks.spawn(member(2ms));
    tasks.spawn(member(1ms));
    co_await give_way();
    tasks.spawn(member(0ms));
  }

  asio::awaitable<void> run()
  {
    co_await with_tasks([this](task_group& tasks) { return body(tasks); });
    require(running == 0, "a task outlives its scope");
  }

  void check() const { require(running == 0, "a task goes on"); }

  int running = 0;
  int finished = 0;
};

} // namespace

TEST_CASE("task_group: no task outlives its scope", "[task_group]")
{
  const auto all_end = [](detent::simulation& sim) -> asio::awaitable<void> {
    family f(sim.executor());
    co_await f.run();
    REQUIRE(f.running == 0);
    REQUIRE(f.finished == 3);
  };
  detent::catch2::explore(thorough, all_end);
  detent::catch2::explore(exhaustive, all_end);
}

TEST_CASE("task_group: the first error cancels the siblings, and has theirs as causes", "[task_group]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    family f(sim.executor());
    const auto fails = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(f.member(1h));
      tasks.spawn(f.member(1ms, "of a task"));
      co_await sleep_for(1h);
    };
    const std::string error = co_await failure_of(with_tasks(fails));
    REQUIRE(error == "of a task\n");
    REQUIRE(f.running == 0);
    REQUIRE(f.finished == 0);
    REQUIRE(sim.elapsed() < 1s);

    const auto all_fail = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn([](family& of) -> asio::awaitable<void> {
        try
        {
          co_await of.member(1h);
        }
        catch (const system_error&)
        {
        }
        throw std::runtime_error("answer");
      }(f));
      co_await give_way();
      throw std::runtime_error("of the body");
    };
    const std::string both = co_await failure_of(with_tasks(all_fail));
    REQUIRE(both == "of the body\n  answer\n");
    REQUIRE(f.running == 0);
  });
}

TEST_CASE("task_group: an error ends its siblings at once", "[task_group]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    family f(sim.executor());
    const auto start = std::chrono::steady_clock::now();
    const auto fails = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(f.member(1h));
      tasks.spawn(f.member(1h));
      tasks.spawn(f.member(1ms, "first"));
      co_return;
    };
    const std::string error = co_await failure_of(with_tasks(fails));
    REQUIRE(error == "first\n");
    REQUIRE(since(start) == 1ms);
  });
}

TEST_CASE("task_group: cancel() ends it without an error, also what is spawned later", "[task_group]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    family f(sim.executor());
    const auto cancels = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(f.member(1h));
      co_await sleep_for(1ms);
      REQUIRE(tasks.size() == 2); // the body is one of them
      tasks.cancel();
      tasks.spawn(f.member(1h));
    };
    const std::string error = co_await failure_of(with_tasks(cancels));
    REQUIRE(error == "none");
    REQUIRE(f.running == 0);
    REQUIRE(f.finished == 0);
    REQUIRE(sim.elapsed() < 1s);
  });
}

TEST_CASE("task_group: a cancellation is passed on", "[task_group]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    family f(sim.executor());
    task outer(sim.executor(), [](family& of) -> asio::awaitable<void> {
      co_await with_tasks([&](task_group& tasks) -> asio::awaitable<void> {
        tasks.spawn(of.member(1h));
        tasks.spawn(of.member(1ms));
        co_return;
      });
      throw std::runtime_error("it goes on");
    }(f));
    co_await sleep_for(1s);
    REQUIRE(f.running == 1);
    outer.cancel();
    co_await sleep_for(1s);
    REQUIRE(outer.error() == "aborted");
    REQUIRE(f.running == 0);
    REQUIRE(f.finished == 1);
  });
}

TEST_CASE("task_group: a body that is cancelled waits for its tasks", "[task_group]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    bool left = false;
    bool in_time = true;
    const auto slow_to_leave = [&]() -> asio::awaitable<void> {
      try
      {
        co_await sleep_for(1h);
      }
      catch (const system_error&)
      {
      }
      co_await asio::this_coro::reset_cancellation_state();
      co_await sleep_for(5ms);
      left = true;
    };
    const auto body = [&](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(slow_to_leave());
      co_await sleep_for(1h);
    };
    task outer(sim.executor(), [](auto& b, bool& ok, bool& l) -> asio::awaitable<void> {
      try
      {
        co_await with_tasks(b);
      }
      catch (const system_error&)
      {
      }
      ok = l;
    }(body, in_time, left));
    co_await sleep_for(1s);
    outer.cancel();
    co_await sleep_for(1s);
    REQUIRE(outer.ended());
    REQUIRE(in_time);
  });
}

TEST_CASE("task_group: what does not suspend", "[task_group]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    task_group tasks(sim.executor());
    int ran = 0;
    tasks.spawn([](int& count) -> asio::awaitable<void> {
      ++count;
      co_return;
    }(ran));
    co_await tasks.join();
    REQUIRE(ran == 1);
    REQUIRE(tasks.size() == 0);
  });
}

TEST_CASE("task_group: a task that cancels its group and returns at once", "[task_group]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    task_group tasks(sim.executor());
    tasks.spawn(sleep_for(1h));
    tasks.spawn([](task_group& own) -> asio::awaitable<void> {
      own.cancel();
      co_return;
    }(tasks));
    co_await tasks.join();
    REQUIRE(sim.elapsed() < 1s);
  });
}

TEST_CASE("task_group: one that is cancelled before it has begun", "[task_group]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) {
    task_group tasks(sim.executor()); // nothing runs yet
    bool ran = false;
    tasks.spawn([](bool& out) -> asio::awaitable<void> {
      out = true;
      co_return;
    }(ran));
    tasks.cancel();
    task joins(sim.executor(), tasks.join());
    sim.context().run();
    REQUIRE(joins.ended());
    REQUIRE(!ran);
  });
}

TEST_CASE("task_group: without a join it cancels what is left", "[task_group]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    family f(sim.executor());
    {
      task_group tasks(sim.executor());
      tasks.spawn(f.member(1h));
      co_await sleep_for(1ms);
    }
    co_await sleep_for(1s);
    REQUIRE(f.running == 0);
    REQUIRE(f.finished == 0);
  });
}

TEST_CASE("task_group: abandoned at every step", "[task_group]") { abandon_everywhere<family>(); }
TEST_CASE("task_group: in every order", "[task_group]") { in_every_order<family>(); }
