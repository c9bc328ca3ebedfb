// Detent for Catch2: a test case whose body is explored.
//
//     #include <detent/catch2.hpp>
//
//     TEST_CASE("two withdrawals leave the right balance")
//     {
//       detent::catch2::explore([](detent::simulation& sim) -> asio::awaitable<void> {
//         bank::account account(sim.executor(), 100);
//         co_await (account.withdraw(10) && account.withdraw(20));
//         REQUIRE(account.balance() == 70);
//       });
//     }
//
// The search runs silently. If a schedule fails, Detent's report goes to stderr, and the schedule is run once more
// in this process, where the failing assertion is reported by Catch2 itself, once, with its expression and
// line, and with the replay token attached (also by the XML and JUnit reporters). What is no assertion (a
// deadlock, a crash) is reported by FAIL. A failing CHECK ends its schedule like a REQUIRE.
//
// The seed comes from the name of the test case and its sections, so --rng-seed and the order of the tests do
// not change which schedules run; DETENT_SEED does.
//
// Rules for the body:
//   - no co_await inside an assertion macro: g++ 12 evaluates it three times (GCC PR 101027). Write
//       auto got = co_await queue.pop();
//       REQUIRE(got == 1);
//   - no INFO or SECTION across a co_await: Catch2 keeps them on a stack of its own. Use sim.note().
#pragma once

#include <detent/asio.hpp>
#include <detent/catch2_framework.hpp>

#include <utility>

namespace detent::catch2 {

void explore(const options& how, const body& test);
inline void explore(const body& test) { catch2::explore(options{}, test); }

template <coroutine_body F> void explore(const options& how, F coroutine)
{
  catch2::explore(how, as_body(std::move(coroutine)));
}

template <coroutine_body F> void explore(F coroutine) { catch2::explore(options{}, as_body(std::move(coroutine))); }

} // namespace detent::catch2
