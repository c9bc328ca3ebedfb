#include "toolkit/resource_pool.hpp"

#include "exploring.hpp"

#include "toolkit/together.hpp"

#include <set>

using namespace toolkit;

namespace {

struct connection
{
  connection(int n, std::set<int>& all) : number(n), open(&all) { all.insert(n); }
  connection(connection&& other) noexcept : number(other.number), open(std::exchange(other.open, nullptr)) {}
  ~connection()
  {
    if (open)
      open->erase(number);
  }
  int number;
  std::set<int>* open;
};

struct users
{
  explicit users(asio::any_io_executor executor, resource_pool<connection>::options how = {})
    : pool(
        executor, 2, [this] { return dial(); }, std::move(how))
  {
  }

  asio::awaitable<connection> dial()
  {
    co_await sleep_for(1ms);
    if (refuses)
      throw std::runtime_error("refused");
    ++dialled;
    co_return connection(dialled, open);
  }

  asio::awaitable<void> use(std::chrono::nanoseconds time)
  {
    const auto lease = co_await pool.acquire();
    require(lent.insert(lease->number).second, "one connection for two users");
    struct leaves
    {
      std::set<int>& all;
      int number;
      ~leaves() { all.erase(number); }
    } const on_exit{lent, (*lease).number};
    require(open.size() <= 2, "more are open than may be");
    co_await sleep_for(time);
    ++served;
  }

  asio::awaitable<void> run() { co_await all(list_of<void>(use(2ms), use(1ms), use(0ms), use(1ms))); }

  void check() const
  {
    require(lent.empty(), "a connection is still lent");
    require(pool.idle() == open.size(), "a connection is lost");
    require(pool.waiting() == 0, "somebody still waits");
  }

  bool refuses = false;
  int dialled = 0;
  int served = 0;
  std::set<int> open;
  std::set<int> lent;
  resource_pool<connection> pool;
};

} // namespace

TEST_CASE("resource_pool: lends each to one, and opens no more than its size", "[resource_pool]")
{
  detent::catch2::explore(thorough, [](detent::simulation& sim) -> asio::awaitable<void> {
    users u(sim.executor());
    co_await u.run();
    REQUIRE(u.served == 4);
    REQUIRE(u.dialled <= 3);
    u.check();
  });
}

TEST_CASE("resource_pool: what is idle is used again, if it is well", "[resource_pool]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    bool well = true;
    resource_pool<connection>::options how;
    how.is_well = [&](connection& c) { return well || c.number > 2; };
    users u(sim.executor(), how);
    co_await all(list_of<void>(u.use(1ms), u.use(1ms)));
    REQUIRE(u.dialled == 2);
    co_await u.use(1ms);
    REQUIRE(u.dialled == 2);
    REQUIRE(u.pool.idle() == 2);
    well = false;
    co_await u.use(1ms);
    REQUIRE(u.dialled == 3);
    REQUIRE(u.pool.idle() == 1); // both were ill
    u.check();
  });
}

TEST_CASE("resource_pool: a place is free again when opening fails, or a user discards", "[resource_pool]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    users u(sim.executor());
    u.refuses = true;
    for (int i = 0; i < 3; ++i)
    {
      task refused(sim.executor(), u.use(1ms));
      co_await sleep_for(1s);
      REQUIRE(refused.error() == "refused");
    }
    u.refuses = false;
    {
      auto lease = co_await u.pool.acquire();
      lease.discard();
      REQUIRE(u.open.empty());
    }
    REQUIRE(u.pool.idle() == 0);
    co_await u.run();
    u.check();
  });
}

TEST_CASE("resource_pool: who holds one for too long is reported", "[resource_pool]")
{
  detent::catch2::explore(exact, [](detent::simulation& sim) -> asio::awaitable<void> {
    std::vector<std::chrono::nanoseconds> held;
    resource_pool<connection>::options how;
    how.longest = 10ms;
    how.on_long_hold = [&](std::chrono::nanoseconds time) { held.push_back(time); };
    users u(sim.executor(), how);
    co_await u.use(10ms);
    REQUIRE(held.empty());
    co_await u.use(11ms); // it waited for something else meanwhile
    REQUIRE(held == std::vector<std::chrono::nanoseconds>{11ms});
  });
}

TEST_CASE("resource_pool: a lease may outlive it", "[resource_pool]")
{
  detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
    std::set<int> open;
    {
      auto pool = std::make_unique<resource_pool<connection>>(
          sim.executor(), 1, [&]() -> asio::awaitable<connection> { co_return connection(1, open); });
      const auto lease = co_await pool->acquire();
      pool.reset();
      REQUIRE(open.size() == 1);
    }
    REQUIRE(open.empty());
  });
}

TEST_CASE("resource_pool: its size, by Little's law", "[resource_pool]")
{
  REQUIRE(size_by_littles_law(200, 50ms) == 10);
  REQUIRE(size_by_littles_law(201, 50ms) == 11);
  REQUIRE(size_by_littles_law(0.5, 1s) == 1);
}

TEST_CASE("resource_pool: abandoned at every step", "[resource_pool]") { abandon_everywhere<users>(); }
TEST_CASE("resource_pool: in every order", "[resource_pool]") { in_every_order<users>(); }
