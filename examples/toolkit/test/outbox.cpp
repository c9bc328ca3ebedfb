#include "toolkit/outbox.hpp"

#include "exploring.hpp"

#include "toolkit/task_group.hpp"

#include <deque>

using namespace toolkit;

namespace {

// Orders and messages, in one database; it survives a crash, as the broker does.
struct lasting final : outbox_store<int>
{
  std::optional<entry> oldest() const override
  {
    if (messages.empty())
      return std::nullopt;
    return messages.front();
  }
  void mark_sent(std::uint64_t number) override
  {
    require(!messages.empty() && messages.front().number == number, "marked out of order");
    messages.pop_front();
  }
  void place(int order)
  {
    orders.push_back(order);
    messages.push_back({++last, order});
  }

  std::vector<int> orders;
  std::deque<entry> messages;
  std::uint64_t last = 0;
  std::vector<int> published;
  int refuses = 0;

  // What was received, without what came twice in a row.
  void check() const
  {
    std::vector<int> once = published;
    once.erase(std::unique(once.begin(), once.end()), once.end());
    require(once == orders, "orders and messages differ");
    require(messages.empty(), "a message is left");
  }
};

struct shop
{
  explicit shop(asio::any_io_executor executor, lasting* kept = nullptr) : data(kept ? *kept : own), box(executor, data)
  {
  }

  asio::awaitable<void> publish(int order)
  {
    co_await sleep_for(1ms);
    if (data.refuses-- > 0)
      throw std::runtime_error("the broker is down");
    data.published.push_back(order);
    co_await sleep_for(1ms);
  }

  asio::awaitable<void> relay()
  {
    const auto publishes = [this](int order) { return publish(order); };
    co_await box.relay(publishes, fixed(10ms) | take(3));
  }

  asio::awaitable<void> orders(int first, int last)
  {
    for (int i = first; i <= last; ++i)
    {
      data.place(i);
      box.committed();
      co_await sleep_for(3ms);
    }
  }

  asio::awaitable<void> run()
  {
    const auto body = [this](task_group& tasks) -> asio::awaitable<void> {
      tasks.spawn(relay());
      co_await orders(1, 3);
      co_await sleep_for(100ms);
      tasks.cancel();
    };
    co_await with_tasks(body);
    data.check();
  }

  void check() const {}

  lasting own;
  lasting& data;
  outbox<int> box;
};

} // namespace

TEST_CASE("outbox: every message, in order, once where nothing crashes", "[outbox]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    s.data.place(0); // from before
    co_await s.run();
    REQUIRE(s.data.published == std::vector{0, 1, 2, 3});
  });
}

TEST_CASE("outbox: a broker that is down for a while", "[outbox]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    shop s(sim.executor());
    s.data.refuses = 3;
    co_await s.run();
    REQUIRE(s.data.published == std::vector{1, 2, 3});

    shop down(sim.executor());
    down.data.refuses = 4;
    down.data.place(1);
    std::string error;
    try
    {
      co_await down.relay();
    }
    catch (const std::exception& e)
    {
      error = e.what();
    }
    REQUIRE(error == "the broker is down");
    REQUIRE(down.data.messages.size() == 1);
    task again(sim.executor(), down.relay());
    co_await sleep_for(1s);
    again.cancel();
    co_await sleep_for(1s);
    down.data.check();
  });
}

TEST_CASE("outbox: a crash after any step, and a restart", "[outbox]")
{
  const std::size_t crashes = crash_everywhere<lasting>(
      [](detent::simulation& sim, lasting& data) {
        auto* const kept = new kept_by_context<std::unique_ptr<shop>>(sim.context(), nullptr);
        asio::add_service(sim.context(), kept);
        kept->object = std::make_unique<shop>(sim.executor(), &data);
        return kept->object->run();
      },
      [](detent::simulation& sim, lasting& data) {
        shop s(sim.executor(), &data);
        task relays(sim.executor(), s.relay());
        sim.context().run_for(1s);
        relays.cancel();
        sim.context().run();
        data.check();
      });
  REQUIRE(crashes > 10);
}

TEST_CASE("outbox: abandoned at every step", "[outbox]") { abandon_everywhere<shop>(); }
TEST_CASE("outbox: in every order", "[outbox]") { in_every_order<shop>(); }
