// The checker against all orders, tried one by one, on histories drawn at random.
#include "toy.hpp"

#include <detent/linearizability.hpp>
#include <detent/random.hpp>

#include <catch2/catch.hpp>

#include <numeric>
#include <string>

using Catch::Contains;

namespace {

struct cell
{
  int value = 0;

  // A number writes itself and replies with 0, 0 reads.
  bool apply(int call, const std::optional<int>& reply)
  {
    if (call != 0)
      value = call;
    return !reply || *reply == (call != 0 ? 0 : value);
  }
  bool operator==(const cell&) const = default;
};

using cell_history = detent::history<int, int>;

// Calls of `clients` that overlap at random. Each takes effect at a random moment between its call and its return, but
// for one in `wrong` replies, which is made up.
cell_history draw(detent::generator& random, int clients, int calls, std::uint64_t wrong)
{
  struct client
  {
    std::optional<cell_history::pending> call{};
    int what = 0;
    int reply = 0;
    bool done = false;
    int left = 0;
  };
  cell_history seen;
  std::vector<client> all(static_cast<std::size_t>(clients));
  for (client& c : all)
    c.left = calls;
  cell value;
  int next = 1;
  for (int idle = 0; idle < 200;)
  {
    client& c = all[random.below(all.size())];
    idle = c.left == 0 && !c.call ? idle + 1 : 0;
    if (!c.call && c.left > 0)
    {
      --c.left;
      c.what = random.below(2) ? next++ : 0;
      c.done = false;
      c.call = seen.call(c.what);
    }
    else if (c.call && !c.done)
    {
      c.done = true;
      value.value = c.what ? c.what : value.value;
      c.reply = c.what ? 0 : value.value;
    }
    else if (c.call && random.below(8) != 0) // now and then a call does not return for long
    {
      if (wrong != 0 && c.what == 0 && random.below(wrong) == 0)
        c.reply = static_cast<int>(random.below(static_cast<std::uint64_t>(next)));
      c.call->returned(c.reply);
      c.call.reset();
    }
  }
  return seen;
}

bool by_trying_all(const cell_history& seen)
{
  const auto calls = seen.calls();
  std::vector<std::size_t> order(calls.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do
  {
    bool fits = true;
    cell state;
    for (std::size_t i = 0; i < order.size() && fits; ++i)
    {
      for (std::size_t j = i + 1; j < order.size(); ++j)
        fits = fits && calls[order[j]].shown.returned > calls[order[i]].shown.called;
      fits = fits && state.apply(calls[order[i]].call, calls[order[i]].reply);
    }
    if (fits)
      return true;
  } while (std::ranges::next_permutation(order).found);
  return false;
}

} // namespace

TEST_CASE("the checker answers what trying all orders answers", "[linearizable]")
{
  detent::generator random(7);
  int yes = 0;
  int no = 0;
  for (int i = 0; i < 400; ++i)
  {
    const cell_history seen = draw(random, 3, 2, i % 2 ? 2 : 0);
    const bool expected = by_trying_all(seen);
    REQUIRE(detent::linearizable(seen, cell()).possible == expected);
    REQUIRE((expected || i % 2 == 1)); // what was not made up is linearizable
    ++(expected ? yes : no);
  }
  REQUIRE(yes > 50);
  REQUIRE(no > 30);
}

TEST_CASE("long histories are checked, and a wrong reply among them is found", "[linearizable]")
{
  detent::generator random(3);
  for (int i = 0; i < 20; ++i)
    REQUIRE(detent::linearizable(draw(random, 8, 12, 0), cell()).possible);
  cell_history seen = draw(random, 8, 12, 0);
  auto late = seen.call(0);
  late.returned(-1);
  const detent::linearization found = detent::linearizable(seen, cell());
  REQUIRE_FALSE(found.possible);
  REQUIRE(found.order.size() == seen.calls().size() - 1);
}

TEST_CASE("a call that has not returned may have had its effect, or not", "[linearizable]")
{
  cell_history seen;
  static_cast<void>(seen.call(5));
  auto first = seen.call(0);
  first.returned(0);
  auto second = seen.call(0);
  second.returned(5);
  REQUIRE(detent::linearizable(seen, cell()).possible);
  auto third = seen.call(0);
  third.returned(0);
  REQUIRE_FALSE(detent::linearizable(seen, cell()).possible);
}

TEST_CASE("a history that is not linearizable is shown as a timeline", "[linearizable]")
{
  const std::vector<detent::recorded_call> calls = {{"writer", "write 1 -> ok", 0, 3}, {"reader", "read -> 1", 1, 2},
      {"late reader", "read -> 0", 4, 5}, {"x", "write 2", 6}};
  const std::vector<std::size_t> longest = {0, 1};
  REQUIRE(detent::render_timeline(calls, longest)
      == "    writer       |-----|          write 1 -> ok\n"
         "    reader         |-|            read -> 1\n"
         "  ! late reader          |-|      read -> 0\n"
         "    x                        |->  write 2\n"
         "  explained write 1 -> ok, read -> 1\n"
         "  then no call marked ! can be next with the reply that it had\n");

  detent::options how;
  how.name = "stale read";
  const detent::result r = detent::explore(how, [](detent::simulation&) {
    cell_history seen;
    seen.call(1).returned(0);
    seen.call(0).returned(0);
    detent::check_linearizable(seen, cell());
  });
  REQUIRE(r.verdict == detent::verdict::not_linearizable);
  REQUIRE_THAT(r.message, Contains("no order of 2 calls explains all their replies"));
}
