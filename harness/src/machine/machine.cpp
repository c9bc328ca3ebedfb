// The machine's life: schedules begin and end, tasks are spawned, verdicts and events are recorded.
#include <detent/machine.hpp>

#include "../environment.hpp"
#include "objects.hpp"
#include "vocabulary.hpp"

#include <detent/error.hpp>
#include <detent/host.hpp>
#include <detent/random.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include <unistd.h>

namespace detent {
namespace {

constexpr std::size_t implicit_task_capacity = 4096;

// Asked for before main(), where nothing could catch an exception.
struct implicit_wishes
{
  std::optional<std::uint64_t> seed;
  bool os_threads;
};

implicit_wishes wishes_from_environment()
{
  try
  {
    return {seed_from_environment(), wants_os_threads(threading::fibers)};
  }
  catch (const usage_error& e)
  {
    std::fprintf(stderr, "%s\n", e.what());
    ::_exit(2);
  }
}

} // namespace

constinit thread_local machine* machine::current_ = nullptr;

machine::machine() = default;

machine::~machine()
{
  if (current_ == this)
    current_ = nullptr;
}
machine& machine::implicit()
{
  // Never destroyed, since a static io_context may outlive whatever could own it; kept in a list, so that it
  // does not count as leaked once its thread is gone.
  struct all_implicit
  {
    std::mutex lock;
    std::vector<std::unique_ptr<machine>> machines;
  };
  static auto& all = *new all_implicit;
  thread_local machine* own = nullptr;
  if (!own)
  {
    const std::lock_guard hold(all.lock);
    own = all.machines.emplace_back(std::make_unique<machine>()).get();
    machine_settings settings;
    settings.implicit = true;
    const implicit_wishes wishes = wishes_from_environment();
    settings.os_threads = wishes.os_threads;
    if (wishes.seed)
    {
      own->implicit_strategy_ = make_strategy("random");
      own->implicit_strategy_->begin(*wishes.seed, 0);
      settings.seed = *wishes.seed;
    }
    own->begin(settings, own->implicit_strategy_.get(), nullptr);
    if (!current_)
      current_ = own;
  }
  return *own;
}

machine::scope::scope(machine& m) noexcept : before_(current_) { current_ = &m; }
machine::scope::~scope() { current_ = before_; }

void machine::begin(const machine_settings& settings, strategy* answers, recording* into)
{
  static std::atomic<std::uint64_t> schedules_begun{0};
  epoch_ = ++schedules_begun;
  heartbeat_base_ = epoch_ << 32;
  settings_ = settings;
  strategy_ = answers;
  record_ = into;
  rng_ = generator(mix(settings.seed, 1));
  entropy_ = generator(mix(settings.seed, 2));
  last_task_ = main_task;
  now_ = 0;
  earliest_ = timer_source::never;
  hash_ = 0;
  steps_ = 0;
  running_ = {};
  open_count_ = 0;
  join_next_ = failed_ = unwinding_ = clock_stopped_ = false;
  out_of_order_ = 0;
  longest_lag_ = longest_wait_ = 0;
  idle_reads_ = 0;
  creep_step_ = 0;
  lanes_opened_ = 0;
  task_stack_.clear();
  fired_.clear();
  unexplored_ = 0;
  mishaps_left_ = {settings.spurious_wakeups, settings.short_transfers};
  host_.reset();
  arrivals_ = trace_events_ = clock_moves_ = 0;
  properties_.clear();
  watches_ = settings.max_step_time > 0 || settings.warns;
  step_limit_ = settings.implicit ? ~std::uint64_t{0} : std::min(settings.max_steps, settings.max_steps_per_instant);
  asks_always_ = answers && answers->wants_every_step();
  open_events_.clear();
  threads_ = nullptr;
  if (touched_)
    touched_->clear();
  if (into)
  {
    into->clear();
    tasks_.emplace(into->task_storage());
    choices_ = into->choice_storage().data();
    choices_made_ = &into->header().choices;
    traced_ = into->full() && settings.traced;
    reports_ = into->reports();
    if (traced_ && !touched_)
      touched_ = std::make_unique<object_table>();
    if (reports_ && !words_)
      words_ = std::make_unique<vocabulary>();
    if (words_)
      words_->clear();
    heartbeat_ = &into->header().heartbeat;
    plain_ = !traced_ && !asks_always_ && !settings.implicit;
  }
  else
  {
    own_tasks_.resize(implicit_task_capacity);
    tasks_.emplace(own_tasks_);
    choices_ = nullptr;
    traced_ = reports_ = plain_ = false;
    heartbeat_ = nullptr;
  }
  see_whether_plain();
}

void machine::see_whether_plain() noexcept { plain_until_ = plain_ && !watches_ && !failed_ ? step_limit_ : 0; }

host& machine::this_host()
{
  if (!host_)
    host_ = std::make_unique<host>(*this);
  return *host_;
}

task_id machine::spawn(std::string_view where)
{
  const task_id made = tasks_->child(running_.task, static_cast<std::uint32_t>(steps_));
  if (reports_)
    event(event_kind::spawns, made, where);
  return made;
}

void machine::demote()
{
  const task_id child = spawn();
  for (std::uint32_t i = 0; i < open_count_; ++i)
    *open_[i] = child;
  if (reports_)
    hand_over_events(child);
  open_count_ = 0;
}

void machine::fail(verdict what, std::string_view message)
{
  if (!record_ || failed_ || unwinding_)
    return; // what fails while a failed schedule unwinds is a consequence
  recording_header& h = record_->header();
  failed_ = true;
  see_whether_plain();
  h.outcome = what;
  h.failed_task = running_.depth ? running_.task : last_task_;
  const std::size_t length = std::min(message.size(), sizeof h.message - 1);
  std::memcpy(h.message, message.data(), length);
  h.message[length] = '\0';
}

void machine::stop_exploring() noexcept
{
  if (unexplored_++ != 0)
    return;
  asked_ = std::exchange(strategy_, nullptr);
  recorded_ = std::exchange(choices_, nullptr);
}

void machine::go_on_exploring() noexcept
{
  if (unexplored_ == 0 || --unexplored_ != 0)
    return;
  strategy_ = asked_;
  choices_ = recorded_;
}

void machine::unwind() noexcept
{
  flush();
  failed_ = false;
  unwinding_ = true;
  strategy_ = nullptr;
  choices_ = nullptr;
  asks_always_ = traced_ = reports_ = false;
  step_limit_ = ~std::uint64_t{0};
  properties_.clear();
  see_whether_plain();
}

void machine::discard() noexcept
{
  if (!record_ || failed_)
    return;
  failed_ = true;
  see_whether_plain();
  record_->header().discarded = true;
}

void machine::overrule(verdict what, std::string_view message)
{
  failed_ = false;
  fail(what, message);
}

statistics machine::stats() const
{
  statistics out;
  out.steps = steps_;
  out.choices = choices_made_ ? *choices_made_ : 0;
  out.clock_moves = clock_moves_;
  out.longest_wait = std::chrono::nanoseconds(longest_wait_);
  for (task_id id = 0; id < tasks_->size(); ++id)
  {
    const task_record& t = (*tasks_)[id];
    out.tasks.push_back({task_name(tasks_->records(), id), t.steps, std::chrono::nanoseconds(t.waited)});
  }
  return out;
}

void machine::finish() noexcept
{
  flush();
  properties_.clear();
  watches_ = false;
  clock_stopped_ = true;
  traced_ = reports_ = false;
}

void machine::flush() noexcept
{
  if (!record_ || unwinding_)
    return;
  recording_header& h = record_->header();
  h.steps = steps_;
  h.hash = hash_;
  h.now = now_;
  h.tasks = tasks_->size();
  h.out_of_order = out_of_order_;
  h.longest_lag = longest_lag_;
}

} // namespace detent
