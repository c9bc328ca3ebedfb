// The simulated machine: clock, ready steps, timers, tasks and choices of one schedule.
//
// For adapters; tests use detent::simulation. An adapter of an executor (the Asio port is the first)
//
//   - opens a lane for each execution context and pushes ready work to it;
//   - registers a timer_source for what waits for the clock;
//   - runs a context by asking next() for the step to run, in a loop:
//
//         while (void* work = world.next(lane, machine::forever))
//         {
//           run(work);
//           world.end_step();
//         }
//
//   - gives each operation a task with adopt(), and says what happened with event().
//
// A machine belongs to one thread. Invariants: the clock never goes back; it moves only when nothing is
// ready in the lane that is run, or by a recorded choice that makes no ready step more than max_lag late;
// one deadline at a time; a choice with one alternative is not recorded.
#pragma once

#include <detent/choice.hpp>
#include <detent/lane.hpp>
#include <detent/machine_settings.hpp>
#include <detent/random.hpp>
#include <detent/recording.hpp>
#include <detent/statistics.hpp>
#include <detent/strategy.hpp>
#include <detent/task.hpp>
#include <detent/thread_control.hpp>
#include <detent/timer_source.hpp>
#include <detent/touch.hpp>
#include <detent/verdict.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace detent {

struct host;

class machine
{
public:
  machine();
  ~machine();
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;

  // Starts a schedule: time 0, task main, no choices. A null strategy answers 0 to everything.
  void begin(const machine_settings& settings, strategy* answers, recording* into);

  // The machine that runs on this thread: that of an exploration, else the thread's implicit one if it has
  // been made; null if none. An implicit simulation runs the dullest schedule, or with DETENT_SEED that of
  // the random strategy.
  static machine* current() noexcept { return current_; }
  static machine& implicit();

  // Makes a machine current for the duration of a scope.
  class scope
  {
  public:
    explicit scope(machine& m) noexcept;
    ~scope();
    scope(const scope&) = delete;

  private:
    machine* before_;
  };

  // Shows another time to the program's clocks for the duration of a scope, in which nothing runs.
  class peek
  {
  public:
    peek(machine& m, std::int64_t time) noexcept;
    ~peek();
    peek(const peek&) = delete;

  private:
    machine& machine_;
    std::int64_t now_;
    std::uint32_t reads_;
  };

  // --- clock -------------------------------------------------------------------------------------------

  static constexpr std::int64_t forever = timer_source::never;

  std::int64_t now() const noexcept { return now_; }

  // What the program's clocks read. In an implicit simulation a program that only reads the clock makes it
  // creep, at most 1 us a read, so that no loop waits for ever.
  std::int64_t read_clock() noexcept;

  // A poll() that found nothing: creeps likewise.
  void idle_poll() noexcept;

  // The running step takes this long; the thread sleeps. Deadlines that are passed become due.
  void elapse(std::int64_t nanoseconds);

  // After the body has returned the clock stands still: only what is ready still runs.
  void stop_clock()
  {
    touch_clock(access::read); // what would have been due no longer comes
    clock_stopped_ = true;
  }
  bool clock_stopped() const noexcept { return clock_stopped_; }

  void add(timer_source& source);
  void remove(timer_source& source) noexcept;

  // A wait was started. Sources need not report cancelled waits.
  void armed(std::int64_t deadline) noexcept
  {
    if (deadline != forever)
      touch_clock(access::read);
    if (deadline < earliest_)
      earliest_ = deadline;
  }

  // --- ready steps -------------------------------------------------------------------------------------

  void open(lane& l);

  // A follower runs after the step pushed before it, also with order::any.
  [[gnu::always_inline]] void push(lane& to, void* work, task_id& task, bool follows = false)
  {
    to.ready.push({work, &task, now_, ++arrivals_, trace_events_}, follows);
    if (traced_) [[unlikely]]
      touch_queue(to);
  }

  // From timer_source::expire.
  void expired(lane& to, void* work, task_id& task, bool follows)
  {
    fired_.push_back({&to, {work, &task, now_, 0, 0}, follows});
  }

  // The next step of a lane, already begun; null when nothing is ready and no deadline lies before
  // `limit`, which is then the time, or when the schedule has failed.
  void* next(lane& from, std::int64_t limit);

  void end_step() noexcept
  {
    if (watches_) [[unlikely]]
      look_after_step();
    last_task_ = running_.task;
    running_.task = main_task;
    open_count_ = 0;
    join_next_ = false;
    if (--running_.depth != 0) [[unlikely]]
      return_to_outer_step();
  }

  // For adapters that run several stacks in turn: what the machine keeps for the running step, put aside while another
  // one runs. A step that is put aside has ended as far as invariants go.
  void put_aside(thread_state& into);
  void take_up(thread_state& state) noexcept;

  // At each preemption point the running step is ready again, as the youngest, and the next one begins: push(),
  // put_aside(), next() and take_up(). Where only_choices() says so, rotate() is a short cut for the first three of them,
  // swap_states() for what it leaves to do if another thread goes on. rotate() answers null as next() does.
  bool only_choices() const noexcept;
  void* rotate(lane& at, void* work, task_id& task);
  void swap_states(thread_state& from, thread_state& to) noexcept;

  // The earliest time at which something is due; `forever` for none.
  std::int64_t earliest_deadline() noexcept;

  // The schedule has several threads from here on; null while it has one.
  void set_threads(thread_control& all) noexcept { threads_ = &all; }
  thread_control* threads() const noexcept { return threads_; }

  // How often the clock has moved to a deadline.
  std::uint32_t clock_moves() const noexcept { return clock_moves_; }

  // What the program runs on: its sockets, its signals. Made anew in each schedule that asks for it.
  host& this_host();

  // Differs for each schedule of a process: for what an adapter keeps for one schedule.
  std::uint64_t epoch() const noexcept { return epoch_; }

  const machine_settings& settings() const noexcept { return settings_; }
  bool in_step() const noexcept { return running_.depth != 0; }
  std::uint64_t steps() const noexcept { return steps_; }
  std::uint64_t hash() const noexcept { return hash_; }

  // --- choices -----------------------------------------------------------------------------------------

  // A tie or a value; next() chooses steps.
  std::uint32_t choose(choice_kind kind, std::uint32_t alternatives, bool rare = false);

  // Bulk random data, repeatable without a choice for every draw: the test's, and the program's own.
  generator& rng() noexcept;
  generator& entropy() noexcept;

  // --- accesses ----------------------------------------------------------------------------------------

  // The running step uses an object: see <detent/touch.hpp>. Kept from recording::level::full on.
  bool tracing() const noexcept { return traced_; }
  void touch(const void* object, access how)
  {
    if (traced_) [[unlikely]]
      record_access(object, how);
  }
  void touch_clock(access how)
  {
    if (traced_) [[unlikely]]
      record_access_to(clock_object, how);
  }
  void declare(const void* object);
  void forget(const void* object) noexcept;

  // Whether it happens now. Unlikely, at most so often in a schedule as the settings say, and never in the dullest one.
  bool mishap(detent::mishap what) { return mishaps_left_[static_cast<std::size_t>(what)] != 0 && choose_mishap(what); }

  // Between the two every choice is answered with 0, unasked and unrecorded: set-up. They nest.
  void stop_exploring() noexcept;
  void go_on_exploring() noexcept;

  // --- tasks -------------------------------------------------------------------------------------------

  task_id current_task() const noexcept { return running_.task; }
  void set_current_task(task_id id) noexcept { running_.task = id; }
  task_table& tasks() noexcept { return *tasks_; }
  const task_table& tasks() const noexcept { return *tasks_; }

  // The running task started an operation; `task` becomes the task that its completion belongs to. The
  // last operation that a step starts goes on with the step's task, each earlier one is a new task:
  // until the step ends, `task` may be rewritten.
  void adopt(task_id& task);

  // The next operation adopted is another part of the one adopted last (a strand's own step, say).
  void join_next() noexcept { join_next_ = true; }
  void join_nothing() noexcept { join_next_ = false; }

  // The next operation adopted belongs to this task.
  void next_belongs_to(task_id task) noexcept { running_.next_owner = task; }
  task_id next_owner() const noexcept { return running_.next_owner; }

  // The operation is gone, or known to go on with its own task: its id is not rewritten any more.
  void settle(task_id& task) noexcept;
  void settle_all() noexcept
  {
    open_count_ = 0;
    join_next_ = false;
  }

  // Operations started so far in this step are tasks of their own.
  void demote();
  void demote_open()
  {
    join_next_ = false;
    if (open_count_ != 0)
      demote();
  }
  task_id spawn(std::string_view where = {});

  // --- verdict -----------------------------------------------------------------------------------------

  // See <detent/property.hpp>; a deadline of `forever` is an invariant's.
  std::uint64_t add_property(std::string_view name, std::function<bool()> holds, std::int64_t deadline);
  void remove_property(std::uint64_t number) noexcept;
  void sometimes(std::string_view name, bool condition);

  // The running step blocks its thread this long: a sleep, not a wait.
  void block(std::int64_t nanoseconds);

  statistics stats() const;

  // The first failure of a schedule is its verdict, and its end: next() answers null from here on.
  void fail(verdict what, std::string_view message);
  bool failed() const noexcept { return failed_; }

  // result::warning: a line, of the dullest schedule.
  void warn(std::string_view line) noexcept;

  // Where nothing can be thrown, a schedule that is over is run on to its end, unrecorded and with the dullest answers.
  void unwind() noexcept;

  // Ends the schedule, which has neither passed nor failed.
  void discard() noexcept;

  // A verdict about the schedule as a whole, in place of what the schedule itself found.
  void overrule(verdict what, std::string_view message);

  // For the report; only recorded at full level.
  bool recording_events() const noexcept { return reports_; }
  bool recording_call_sites() const noexcept { return reports_ && settings_.call_sites; }
  void event(event_kind kind, std::string_view text) { event(kind, running_.task, text); }
  void event(event_kind kind, task_id task, std::string_view text);

  // An operation of `owner` is started, at `where`. The number says later until when it waits, and that it is over;
  // numbers of other schedules have no effect.
  std::uint64_t started(const task_id& owner, const operation_words& what, std::string_view where = {});
  void waits_until(std::uint64_t operation, std::int64_t deadline) noexcept;
  void over(std::uint64_t operation, bool completed) noexcept;

  // An operation that is over at once.
  void acted(const operation_words& what, std::int64_t until = event_record::no_deadline, std::string_view where = {});

  recording* record() noexcept { return record_; }
  const recording* record() const noexcept { return record_; }

  // The schedule is over: what happens while it is torn down is not part of it.
  void finish() noexcept;

  // Writes what is counted here (steps, hash, choices, ...) to the recording.
  void flush() noexcept;

private:
  struct fired
  {
    lane* to;
    ready_step step;
    bool follows;
  };
  struct watched_property
  {
    std::uint64_t number;
    std::string name;
    std::function<bool()> holds;
    std::int64_t deadline;
  };
  struct open_event
  {
    const task_id* owner;
    std::uint32_t number;
  };
  class vocabulary;
  class object_table;

  event_record event_here(event_kind kind, task_id task) const noexcept;
  void hand_over_events(task_id to) noexcept;
  event_record* event_of(std::uint64_t operation) noexcept;
  void look_before_step(task_id task, std::int64_t waited) noexcept;
  void look_after_step() noexcept;
  bool check(const watched_property& p) noexcept;
  void miss_deadlines() noexcept;
  void check_step_time() noexcept;
  void note_hog(std::int64_t took, const char* how) noexcept;
  [[gnu::cold]] void refuse_steps();
  void advance_to(std::int64_t time);
  void expire_due();
  void push_fired();
  void push_fired(const fired& f);
  void* begin_step(lane& from, ready_queue::place place, std::uint32_t alternatives, std::uint32_t index);
  void see_whether_plain() noexcept;
  void count_step(task_id task, std::uint32_t alternatives, std::uint32_t index) noexcept;
  std::uint32_t answer(const choice_point& point);
  std::uint32_t ask(lane& from, std::uint32_t enabled);
  [[gnu::cold]] void refuse_answer(std::uint32_t index, std::uint32_t alternatives);
  void creep() noexcept;
  bool choose_mishap(detent::mishap what);
  void leave_outer_step();
  void return_to_outer_step() noexcept;
  void record_choice(
      choice_kind kind, std::uint32_t alternatives, std::uint32_t index, task_id task, const lane* from = nullptr);
  void record_choice_fully(const choice_point& point, std::uint32_t index, task_id task);
  std::uint32_t accesses_in_event() const noexcept;
  std::uint64_t name_of(const trace_event& event) const noexcept;
  void record_access(const void* object, access how);
  void record_access_to(std::uint64_t object, access how);
  void record_trace(const ready_step* chosen, const lane* from);
  void touch_queue(const lane& to);
  void note_possible(const lane& from, std::int64_t limit);
  void record_step(const lane& from, const ready_step& chosen, std::uint32_t alternatives, std::uint32_t index);

  static constexpr std::uint32_t open_limit = 4;

  // Read in every operation, so not by way of a function.
  __attribute__((tls_model("initial-exec"))) static constinit thread_local machine* current_;

  std::int64_t now_ = 0;
  std::int64_t earliest_ = timer_source::never; // never later than the earliest deadline
  std::uint64_t hash_ = 0;
  std::uint64_t steps_ = 0;
  strategy* strategy_ = nullptr;
  step_position running_{};
  std::uint32_t open_count_ = 0;
  bool join_next_ = false;
  bool failed_ = false;
  bool unwinding_ = false;
  bool traced_ = false;
  bool reports_ = false;
  bool asks_always_ = false;
  bool watches_ = false;          // there is something to look at before and after each step
  bool plain_ = false;            // nothing but choices is recorded, and only asked for where there are two
  std::uint64_t step_limit_ = 0;  // of this instant
  std::uint64_t plain_until_ = 0; // likewise, but 0 where a step is more than a choice
  std::uint32_t unexplored_ = 0;
  std::array<std::uint32_t, 2> mishaps_left_{}; // of this schedule
  strategy* asked_ = nullptr;                   // what strategy_ and choices_ are again after set-up
  choice* recorded_ = nullptr;
  bool clock_stopped_ = false;
  task_id* open_[open_limit] = {};
  std::uint64_t epoch_ = 0;
  std::uint64_t heartbeat_base_ = 0;
  choice* choices_ = nullptr;
  std::uint32_t* choices_made_ = nullptr;
  std::uint32_t out_of_order_ = 0;
  std::uint32_t arrivals_ = 0;
  std::uint32_t trace_events_ = 0;
  std::uint32_t clock_moves_ = 0;
  std::int64_t longest_lag_ = 0;
  std::int64_t longest_wait_ = 0;
  std::uint32_t idle_reads_ = 0;
  std::int64_t creep_step_ = 0;
  volatile std::uint64_t* heartbeat_ = nullptr;
  recording* record_ = nullptr;
  machine_settings settings_;
  generator rng_;
  generator entropy_;
  task_id last_task_ = main_task;
  std::vector<task_id> task_stack_;
  std::optional<task_table> tasks_;
  std::vector<task_record> own_tasks_;
  std::vector<timer_source*> sources_;
  std::vector<fired> fired_;
  std::vector<watched_property> properties_;
  std::uint64_t properties_made_ = 0;
  std::int64_t step_began_ = 0; // in time of its thread
  ready_step chosen_{};         // for the trace
  std::unique_ptr<vocabulary> words_;
  thread_control* threads_ = nullptr;
  std::vector<open_event> open_events_; // the running step's; may belong to a task that is spawned yet
  std::unique_ptr<object_table> touched_;
  std::unique_ptr<strategy> implicit_strategy_;
  std::unique_ptr<host> host_;
  std::uint32_t lanes_opened_ = 0;
};

} // namespace detent

#include <detent/machine_inline.hpp>
