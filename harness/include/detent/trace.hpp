// The trace of a schedule: what has happened in it so far, as a range of events.
//
//     detent::options how;
//     how.trace = true;                             // keep the trace of every schedule
//     detent::explore(how, [](detent::simulation& sim) -> asio::awaitable<void> {
//       co_await serve(sim.executor());
//       for (const detent::event& e : sim.trace())
//         if (e.kind == detent::event_kind::starts)
//           REQUIRE(e.object != "timer 3");
//       REQUIRE(detent::most_at_once(sim.trace(), "request", "reply") <= 2);
//     });
//
// Events come in the order in which they happened: the beginning of a step, then what the step did. A trace is a copy
// that does not change any more, cheap to pass by value; as a view it composes with those of <detent/views.hpp>, of
// range-v3, and of <ranges>. Tasks are named as in reports: by name_task(), else by path.
//
// What the events of a step tell depends on the flavour: tracked, all operations on timers, channels, strands and
// contexts; untracked, spawns, posts, waits on timers, and notes (simulation::note).
#pragma once

#include <detent/recording.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace detent {

struct event
{
  event_kind kind = event_kind::runs;
  std::chrono::nanoseconds time{0}; // virtual, since the simulation's start
  std::uint64_t step = 0;           // 0 before the first
  std::string task{};               // who; of `spawns` the new task, of `moves` empty
  std::string object{};             // "timer 1", for what is done to one
  std::string words{};              // "waits for timer 1, until 10 ms"; of a note its text

  // Of `starts`: when and in which step the operation was completed; none while it waits.
  std::optional<std::chrono::nanoseconds> ended_at{};
  std::uint64_t ended_in = 0;
};

class trace
{
public:
  using iterator = std::vector<event>::const_iterator;
  using value_type = event;

  trace() : trace(std::vector<event>()) {}
  explicit trace(std::vector<event> events) : events_(std::make_shared<const std::vector<event>>(std::move(events))) {}

  iterator begin() const noexcept { return events_->begin(); }
  iterator end() const noexcept { return events_->end(); }
  std::size_t size() const noexcept { return events_->size(); }
  bool empty() const noexcept { return events_->empty(); }
  const event& operator[](std::size_t i) const { return (*events_)[i]; }

private:
  std::shared_ptr<const std::vector<event>> events_;
};

// An operation from its start to its completion.
struct wait
{
  std::string task{};
  std::string object{}; // "timer 1"; empty for a post
  std::string words{};
  std::chrono::nanoseconds since{0};
  std::optional<std::chrono::nanoseconds> until{}; // none: it still waits
};

std::vector<wait> waits_of(const trace& events);

// How many times a note `begin` was made and no note `end` yet, at most: what was in flight, by simulation::note().
std::size_t most_at_once(const trace& events, std::string_view begin, std::string_view end);

// The n-th note `effect` comes after the n-th note `cause`, for every n; else the first one that does not.
std::optional<event> first_without_cause(const trace& events, std::string_view effect, std::string_view cause);

// The trace of what a recording holds; empty below recording::level::report.
trace trace_of(const recording& run);

// "   3 ms  step 4  main.1  waits for timer 2": a line for each event, for messages.
std::string to_string(const event& e);

} // namespace detent
