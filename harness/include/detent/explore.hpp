// explore: run a body under one schedule after another, until one fails or the budget is spent.
//
//     detent::options how;
//     how.name = "two withdrawals";
//     how.schedules = 2'000;
//     detent::result r = detent::explore(how, body);
//     if (!r.passed())
//       std::cout << r.report;
//
// The first schedule is the dullest one (every choice 0), so a plain bug shows at once. Then the strategy
// answers (docs/strategies.md), seeded from the test's name unless a seed is given: a test explores the same
// schedules every time it is run, and DETENT_SEED=random explores others. With strategy = "exhaustive" or "depth_first"
// all of them are run, and result::coverage says whether that came to an end.
//
// What a schedule may do is varied too: each context is run in order of posting, as one thread would, and in
// any order, as several would (options::order); the clock moves only when nothing is ready, and also while
// work is ready, as on a slow machine (options::max_lag). A failure says which of these it needs, after
// looking for it once more without them.
//
// A failing schedule is then shrunk to the few orderings that it takes (result::constraints), with inputs drawn by
// simulation::choose as small as they can be. Each attempt is a run of the body; options::shrink_time bounds them.
//
// Isolation: schedules run in worker processes, forked from the caller, one for each core. A crash, a hang or
// an exit() in the code under test is then a finding like any other. Nothing that a schedule changes is
// seen by the caller or by another worker's schedules; statics do live on from one schedule of a worker to its
// next. With isolation::none, or when the caller has several threads, schedules run in the calling
// process: a crash then ends it, and so does a step that takes longer than the watchdog allows. The result does not
// depend on the number of workers: the first failing schedule by index counts.
//
// The environment goes before the options: DETENT_SEED, DETENT_REPLAY, DETENT_SCHEDULES, DETENT_TIME,
// DETENT_STRATEGY, DETENT_THREADS, DETENT_JOBS, DETENT_CORPUS, DETENT_OUT (docs/environment.md).
#pragma once

#include <detent/constraint.hpp>
#include <detent/simulation.hpp>
#include <detent/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace detent {

enum class ordering : std::uint8_t
{
  automatic,
  fifo,
  any
};
enum class isolation : std::uint8_t
{
  process,
  none
};

enum class divergence : std::uint8_t
{
  fail,
  explore // say so, and explore as if there were no token
};

// What a thread of the program is in a schedule. One runs at a time, and the choices, traces and tokens are the same.
enum class threading : std::uint8_t
{
  fibers, // a stack of its own on one real thread: fast; thread_local variables are shared by all
  os      // a thread of the operating system: a switch costs some us; thread_local is as anywhere
};

struct options
{
  std::string name{};                       // of the test: part of seed and token; frameworks fill it in
  std::optional<std::uint64_t> schedules{}; // at most this many; default: 1,000, of a systematic strategy a million
  std::chrono::nanoseconds time{0};         // stop after this much real time; 0: no limit
  std::string strategy = "portfolio";
  std::optional<std::uint64_t> seed{};  // default: a hash of the name
  ordering order = ordering::automatic; // of contexts that do not say that one thread runs them
  std::chrono::nanoseconds max_lag = std::chrono::milliseconds(10); // how late a ready step may be; 0: exact time
  std::uint64_t max_steps = 100'000;                                // of one schedule; more is a livelock
  std::uint64_t max_steps_per_instant = 50'000;                     // and so are more while the clock stands still
  std::chrono::nanoseconds max_step_time{
      0}; // of its thread that a step may take, or sleep; 0: any, but result::warning. Costs 0.5 us a step
  threading threads = threading::fibers;
  unsigned spurious_wakeups = 1; // of condition variables that threads wait for, at most so many in a schedule
  unsigned short_transfers = 1;  // of sockets that could take or give more than a byte, likewise
  bool leaks = false;            // operations that are outstanding when the body has returned are a failure
  unsigned jobs = 0;             // worker processes; 0: one for each core
  detent::isolation isolation = isolation::process;
  std::chrono::nanoseconds watchdog = std::chrono::seconds(10); // real time that one step may take
  bool shrink = true; // make a failing schedule as simple as it can be, for at most this long:
  std::chrono::nanoseconds shrink_time = std::chrono::seconds(20);
  bool trace =
      false; // simulation::trace() works: each schedule's trace is kept, at up to half again the time of a step
  bool source_lines = true; // reports name them, at the cost of reading the debug information once in a process
  std::string replay{};     // a token or a pin: run that schedule and nothing else
  divergence on_divergence = divergence::fail; // of that replay from the program as it is now
  std::string corpus{};  // a folder: failing schedules are kept there, and tried first the next time
  std::string out{};     // a folder: a failure leaves its report, trace and token there (docs/reports.md)
  bool twice = false;    // run each schedule twice, and fail as nondeterministic if the two differ
  std::string command{}; // what runs this test, for the report; default: this process's own
};

// What a failing schedule makes use of. The all-false value: it fails on one thread and an idle machine.
struct assumptions
{
  bool threads = false;            // handlers of one context overtake each other: several threads
  std::chrono::nanoseconds lag{0}; // a ready handler runs this late
};

// How much of what there is has been explored, when nothing failed.
enum class coverage : std::uint8_t
{
  sampled,         // some schedules
  bounded,         // all up to a bound, of what is declared
  modulo_declared, // one of each set that differ only in the order of independent steps, as far as accesses are
                   // declared
  complete         // all schedules
};

struct result
{
  detent::verdict verdict = detent::verdict::pass;
  std::string message; // one line: the assertion, the exception, the signal
  std::string task;    // the task that failed
  detent::assumptions needs;
  std::uint64_t seed = 0;
  std::uint64_t schedules = 0; // run in the search; for a failure, up to and with the failing one
  std::uint64_t distinct = 0;  // different interleavings among them
  std::uint64_t discarded = 0; // ended by simulation::discard(), or by the strategy as repetitions
  detent::coverage coverage = coverage::sampled;
  std::uint64_t pairs = 0;      // of steps that touch one object, one of them writing it, in the schedules looked at
  std::uint64_t pairs_both = 0; // of these: seen in both orders
  std::uint64_t executions = 0; // of a systematic strategy: schedules that ran to their end at the last level
  std::uint64_t partial_orders = 0;      // and how many were not equivalent
  std::uint64_t steps = 0;               // of the failing, else of the last schedule
  std::uint64_t hash = 0;                // of its trace
  std::string token;                     // replays it; empty on a pass
  bool shrunk = false;                   // the failing schedule is the simplest one that was found
  std::vector<constraint> constraints{}; // then: the orderings that it takes; without any one of them it passes
  std::string pin{};                     // and those as text, for a regression test that survives other changes
  std::uint64_t replays = 0;             // that shrinking took
  std::string nearest_passing{};         // token of the schedule with the last of the constraints the other way round
  std::string warning{}; // what looks wrong in the first schedule and is no failure, a line each: a hog, say
  std::string report;    // what to print; on a pass one line, and the warnings

  bool passed() const noexcept { return verdict == detent::verdict::pass; }
};

result explore(const options& how, const body& test);
inline result explore(const body& test) { return explore(options{}, test); }

// A schedule that failed once, as a regression test:
//
//     REQUIRE(detent::replay("pin1:any:main.2#4<main.1#1", body).passed());
//
// A pin (result::pin) is what to commit: it names the few orderings that matter. A token stands for one trace, and a
// replay of it is diverged when the program has changed. The environment has no effect, except DETENT_REPLAY.
result replay(std::string_view token_or_pin, const options& how, const body& test);
inline result replay(std::string_view token_or_pin, const body& test) { return replay(token_or_pin, options{}, test); }

// One schedule, in the calling process: that of options::replay, else of options::seed with the strategy,
// else the dullest. Not affected by the environment.
result simulate(const options& how, const body& test);
inline result simulate(const body& test) { return simulate(options{}, test); }

// Exceptions that end a schedule are the engine's, not the caller's: for adapters that run a context.
void run_to_end(machine& world, const std::function<void()>& run);

// For adapters that cannot unwind: a worker process whose schedule has failed ends here; elsewhere nothing happens.
void leave_failed_worker() noexcept;

// "std::runtime_error: connection lost"; for anything else the name of its type.
std::string describe(const std::exception_ptr& error);

} // namespace detent
