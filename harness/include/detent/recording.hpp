// A recording: what is kept of one schedule while it runs.
//
// All of it is plain data in one mapping, shared with the process that reads it, so that a schedule which
// crashes its worker leaves its choices, tasks, steps and last words behind. Three levels:
//
//   search   outcome, choices, tasks and the running hash;
//   full     also the trace: every step and move of the clock, what made it possible and what it touched;
//   report   also what each step did, in words.
//
// All levels give the same hash: it is computed from tasks, choices and virtual time only, and holds no
// address, type name or line, so that it is equal across build types, compilers and machines.
#pragma once

#include <detent/choice.hpp>
#include <detent/random.hpp>
#include <detent/task.hpp>
#include <detent/touch.hpp>
#include <detent/verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace detent {

enum class event_kind : std::uint8_t
{
  starts,  // an operation was started: "waits for timer 1, until 10 ms"
  spawns,  // a task was spawned; `task` is the new one
  resumes, // another task ran on inside this step
  acts,    // an operation without a handler: "cancels timer 1"
  notes,   // simulation::note
  runs,    // a step begins
  moves    // the clock
};

// What an operation is called: "waits for", "timer", and which. Both words are literals; without an object there is
// none to tell from others.
struct operation_words
{
  const char* verb;
  const char* kind = nullptr;
  const void* object = nullptr;
};

// One step, or one move of the clock. What causes what: an event comes after `waker`, and after the events before it
// that touched the same object.
struct trace_event
{
  std::int64_t time;          // virtual, ns since the simulation's start; that after a move of the clock
  std::uint64_t actor;        // its task's label, or clock_task: equal in every schedule
  std::uint64_t name;         // of what led to it: equal in every schedule in which the same did
  task_id task;               // clock_task for a move of the clock
  std::uint32_t number;       // which of its actor's, 1 for the first
  std::uint32_t arrival;      // the order in which steps became ready; 0 for the clock
  std::uint32_t waker;        // one more than the index of the event that made it ready; 0 for none
  std::uint32_t arrivals;     // how many steps had become ready before it
  std::uint32_t first_access; // those up to the next event's first are its own
  std::uint32_t context;      // number of the context it ran on, 0 for the clock
};

struct access_record
{
  std::uint64_t object; // its name; that of one which was not declared says which access was the first to it
  access how;
};

// A step was ready and older than the one that was chosen. Kept on request.
struct overtaking_record
{
  std::uint64_t passed; // the actors' labels
  std::uint64_t chosen;
  std::uint32_t passed_number; // which of its actor's steps, in the order in which they became ready
  std::uint32_t chosen_number;
};

// The names of objects. One that was declared where it was made is named by that; any other one by the first access to
// it, the n-th of an event, and so may have several names in several schedules.
constexpr std::uint64_t name_by_access(std::uint64_t event, std::uint32_t n) noexcept
{
  return mix(event, n) & ~std::uint64_t{1};
}
constexpr bool is_declared(std::uint64_t object) noexcept { return (object & 1) != 0; }

// What every move of the clock writes and every reading of it reads.
inline constexpr std::uint64_t clock_object = 0xc10c1;

struct step_record
{
  std::int64_t time; // virtual, ns since the simulation's start
  std::int64_t ready_since;
  task_id task;
  std::uint32_t alternatives; // how many steps could have run, the clock not counted
  std::uint32_t index;        // which of them did; 0 is the oldest
  std::uint32_t first_event;
  std::uint32_t context; // number of the context it ran on, 1 for the first
  bool clock_was_moved;  // a lag choice moved the clock right before it
};

// Texts are offsets of zero-terminated strings, 0 for none.
struct event_record
{
  static constexpr std::int64_t no_deadline = std::numeric_limits<std::int64_t>::min();
  static constexpr std::uint32_t pending = 0;
  static constexpr std::uint32_t dropped = 0xffffffff; // destroyed without a completion

  std::int64_t time = 0;
  std::int64_t until = no_deadline; // of a wait
  std::uint32_t step = 0;           // 0: before the first step
  task_id task = main_task;         // who did it
  task_id owner = main_task;        // whose step its completion will be
  event_kind kind = event_kind::notes;
  std::uint32_t verb = 0;
  std::uint32_t object = 0;      // "timer 1"; equal for equal objects
  std::uint32_t text = 0;        // where, as a call site's marks; a note's words
  std::uint32_t ended = pending; // the step that completed what was started here
};

// A name given to sometimes(), and whether the condition has been true. Kept over all schedules of a recording.
struct sometimes_record
{
  static constexpr std::size_t name_capacity = 96;

  char name[name_capacity];
  bool held;
};

struct recording_header
{
  // The running schedule, for the process that watches.
  std::uint64_t schedule;
  std::uint64_t seed;
  std::int64_t max_lag; // ns; and the order, as its number
  std::uint32_t order;
  volatile std::uint64_t heartbeat; // counts steps over all schedules

  // Its outcome.
  std::uint64_t steps;
  std::uint64_t hash;
  std::int64_t now;
  std::int64_t longest_lag; // how late the latest step was made, ns
  std::uint32_t choices;
  std::uint32_t tasks;
  std::uint32_t out_of_order; // steps that overtook an older one of their context
  std::uint32_t events;
  std::uint32_t text_used;
  std::uint32_t trace_events;
  std::uint32_t accesses;
  std::uint32_t overtakings;
  task_id failed_task;
  verdict outcome;
  std::uint64_t outstanding; // pieces of work that waited when the schedule ended
  bool waits_known;          // events say which
  std::uint32_t threads;     // that there were at once, if more than one
  bool rng_used;
  bool discarded;           // by the test, or as a repetition: neither passed nor failed
  bool could_reorder;       // several steps were ready in a context that is not fifo by its own will
  bool could_lag;           // the clock could have moved although a step was ready
  bool finished;            // false while it runs, and for ever after a crash
  bool worker_left;         // the worker process ended because its work was done
  std::int64_t longest_hog; // ns that a step took or slept, where that is noted
  char hog[256];            // and what it was
  char warnings[1024];      // other ones, a line each
  char message[4096];
};

class recording
{
public:
  enum class level : std::uint8_t
  {
    search,
    full,
    report
  };

  explicit recording(level detail = level::search);
  ~recording();
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;

  // Forgets the last schedule.
  void clear() noexcept;

  // Takes over another one's outcome, choices, tasks and trace; both are at level::full at least.
  void copy_from(const recording& other) noexcept;

  level detail() const noexcept { return detail_; }
  bool full() const noexcept { return detail_ != level::search; }
  bool reports() const noexcept { return detail_ == level::report; }
  recording_header& header() noexcept { return *header_; }
  const recording_header& header() const noexcept { return *header_; }

  std::span<choice> choice_storage() noexcept { return {choices_, choice_capacity}; }
  std::span<task_record> task_storage() noexcept { return {tasks_, task_capacity}; }

  std::span<const choice> choices() const noexcept { return {choices_, header_->choices}; }
  std::span<const task_record> tasks() const noexcept { return {tasks_, header_->tasks}; }
  std::span<const step_record> steps() const noexcept;
  std::span<const event_record> events() const noexcept { return {events_, header_->events}; }
  std::span<const event_record> events_of(std::size_t step) const noexcept; // 0: before the first
  std::string_view text(std::uint32_t offset) const noexcept { return text_ + offset; }
  std::string_view message() const noexcept { return header_->message; }

  std::span<const trace_event> trace() const noexcept { return {trace_, header_->trace_events}; }
  std::span<const access_record> accesses() const noexcept { return {accesses_, header_->accesses}; }
  std::span<const access_record> accesses_of(std::size_t event) const noexcept;

  // All those of this recording's schedules; false when there is no room left.
  std::span<const sometimes_record> sometimes() const noexcept;
  bool note_sometimes(std::string_view name, bool condition) noexcept;

  // From level::full on. False when there is no room left.
  bool add(const trace_event& event) noexcept;
  bool add(const access_record& made) noexcept;

  std::span<const overtaking_record> overtakings() const noexcept { return {overtakings_, header_->overtakings}; }
  void add(const overtaking_record& made) noexcept;

  // For level::report; what no longer fits is dropped, and the report says so.
  void add(const step_record& step) noexcept;
  std::uint32_t add(const event_record& event) noexcept; // its number, from 1; 0: there was no room
  event_record& event(std::uint32_t number) noexcept { return events_[number - 1]; }
  std::uint32_t store(std::string_view text) noexcept;
  void mark_clock_moved() noexcept { clock_moved_ = true; }

  static constexpr std::size_t sometimes_capacity = 64;
  static constexpr std::size_t choice_capacity = 1 << 20;
  static constexpr std::size_t task_capacity = 1 << 18;
  static constexpr std::size_t trace_capacity = 1 << 20;
  static constexpr std::size_t access_capacity = 1 << 22;
  static constexpr std::size_t overtaking_capacity = 1 << 20;
  static constexpr std::size_t step_capacity = 1 << 19;
  static constexpr std::size_t event_capacity = 1 << 20;
  static constexpr std::size_t text_capacity = 1 << 25;

private:
  level detail_;
  bool clock_moved_ = false;
  std::size_t size_ = 0;
  void* memory_ = nullptr;
  recording_header* header_ = nullptr;
  sometimes_record* sometimes_ = nullptr;
  choice* choices_ = nullptr;
  task_record* tasks_ = nullptr;
  trace_event* trace_ = nullptr;
  access_record* accesses_ = nullptr;
  overtaking_record* overtakings_ = nullptr;
  step_record* steps_ = nullptr;
  event_record* events_ = nullptr;
  char* text_ = nullptr;
};

} // namespace detent
