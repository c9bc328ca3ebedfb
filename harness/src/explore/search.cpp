#include "search.hpp"

#include "searcher.hpp"
#include "progress.hpp"
#include "watchdog.hpp"
#include "worker_process.hpp"

#include <detent/clock.hpp>
#include <detent/error.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace detent {
namespace {

lessons room_for_lessons(const options& how)
{
  constexpr std::uint64_t most = 64; // beyond that it learns from all of them, in one process
  const std::uint64_t count = make_strategy(how.strategy)->learns_from();
  lessons made;
  if (count <= most)
    for (std::uint64_t i = 0; i < count; ++i)
      made.push_back(std::make_unique<recording>(recording::level::full));
  return made;
}

std::size_t threads_of_this_process()
{
  std::size_t count = 0;
  if (DIR* tasks = ::opendir("/proc/self/task"))
  {
    while (const dirent* entry = ::readdir(tasks))
      count += entry->d_name[0] != '.';
    ::closedir(tasks);
  }
  return count;
}

// Those that wait for their turn in a simulation do not count. One that has just had its last takes a while to go.
bool has_one_thread()
{
  const auto has = [] { return threads_of_this_process() <= 1 + thread_control::waiting_os_threads; };
  for (int i = 0; i < 100 && !has() && thread_control::had_os_threads; ++i)
  {
    const timespec pause{0, 1'000'000};
    ::syscall(SYS_nanosleep, &pause, nullptr); // real, whatever simulates the caller
  }
  return has();
}

unsigned worker_count(const options& how)
{
  return how.jobs ? how.jobs : std::max(1u, std::thread::hardware_concurrency());
}

schedule_spec spec_of(const recording_header& header)
{
  schedule_spec spec;
  spec.index = header.schedule;
  spec.seed = header.seed;
  spec.level = {static_cast<order>(header.order), header.max_lag};
  return spec;
}

search_outcome outcome_of(const shared_state& shared, plan& schedules)
{
  search_outcome out;
  schedules.keep(shared.seen);
  out.schedules = shared.done;
  out.distinct = shared.distinct;
  out.discarded = shared.discarded;
  out.pairs = shared.orders.pairs;
  out.pairs_both = shared.orders.both;
  out.single = shared.single;
  out.complete = shared.complete || shared.single;
  out.bounded = shared.bounded;
  out.reduced = shared.reduced;
  out.executions = shared.executions;
  out.partial_orders = shared.partial_orders;
  out.fraction = shared.fraction;
  out.warning = shared.warning;
  if (shared.first_failure != none)
    out.failing = shared.first_failure.load();
  return out;
}

void merge_sometimes(search_outcome& out, const recording& run)
{
  for (const sometimes_record& s : run.sometimes())
  {
    bool& held = out.sometimes[s.name];
    held = held || s.held;
  }
}

search_outcome search_in_workers(plan& schedules, std::uint64_t count, const options& how, const body& test)
{
  const mapping<shared_state> shared_memory(1);
  shared_state& shared = *new (shared_memory.get()) shared_state;
  hash_set hashes(count);
  const mapping<std::atomic<std::uint64_t>> pairs(order_coverage::slots);
  const lessons learned = room_for_lessons(how);

  struct slot
  {
    std::unique_ptr<recording> into;
    worker process;
  };
  std::string message;
  std::vector<std::uint32_t> choices;
  schedule_spec spec;

  const auto start = [&](slot& s, void (searcher::*part)()) {
    s.process = start_worker(*s.into, [&, part] {
      searcher here(schedules, count, how, shared, hashes, pairs.get(), learned, *s.into, test);
      (here.*part)();
    });
  };
  const auto watch = [&](std::vector<slot*> running) {
    progress shown(how, count);
    const auto limit = wall_clock::now() + how.time;
    while (!running.empty())
    {
      std::vector<pollfd> ends;
      for (const slot* s : running)
        ends.push_back({s->process.alive, POLLIN, 0});
      ::poll(ends.data(), ends.size(), 100);
      shown.update(shared.done, shared.distinct, shared.executions, shared.fraction);
      if (how.time.count() > 0 && wall_clock::now() > limit)
        shared.stop = true;
      for (std::size_t i = running.size(); i-- > 0;)
      {
        slot& s = *running[i];
        recording_header& header = s.into->header();
        const bool hung = !ends[i].revents && hangs(s.process, header, how);
        if (!ends[i].revents && !hung)
          continue;
        if (hung)
          ::kill(s.process.process, SIGKILL);
        const int status = wait_for(s.process);
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
        if (died(status, *s.into))
        {
          note_death(header, status, hung, how);
          shared.done.fetch_add(1);
          lower_to(shared.first_failure, header.schedule);
        }
        ::close(s.process.output);
        if (header.outcome != verdict::pass && header.schedule == shared.first_failure)
        {
          message = header.message;
          choices = choices_of(*s.into);
          spec = spec_of(header);
        }
      }
    }
  };

  slot alone{std::make_unique<recording>(level_for(how, recording::level::full)), {}};
  start(alone, &searcher::first);
  watch({&alone});
  const recording* last = alone.into.get();
  std::vector<slot> slots;
  if (shared.first_failure == none && shared.first_ended && !shared.stop && !shared.complete && shared.next < count)
  {
    slots.resize(worker_count(how));
    std::vector<slot*> running;
    for (slot& s : slots)
    {
      s.into = std::make_unique<recording>(level_for(how, recording::level::full));
      start(s, &searcher::work);
      running.push_back(&s);
    }
    watch(std::move(running));
    last = slots[0].into.get();
  }

  search_outcome out = outcome_of(shared, schedules);
  out.isolated = true;
  out.message = message;
  out.choices = choices;
  out.spec = spec;
  merge_sometimes(out, *alone.into);
  for (const slot& s : slots)
    merge_sometimes(out, *s.into);
  out.steps = last->header().steps;
  out.hash = last->header().hash;
  return out;
}

search_outcome search_here(plan& schedules, std::uint64_t count, const options& how, const body& test)
{
  shared_state shared;
  hash_set hashes(count);
  const mapping<std::atomic<std::uint64_t>> pairs(order_coverage::slots);
  const lessons learned = room_for_lessons(how);
  const auto limit = wall_clock::now() + how.time;
  const body timed = [&](simulation& sim) {
    test(sim);
    if (how.time.count() > 0 && wall_clock::now() > limit)
      shared.stop = true;
  };
  search_outcome out;
  const auto run = [&](recording& into, void (searcher::*part)()) {
    const watchdog watch(into, how);
    searcher here(schedules, count, how, shared, hashes, pairs.get(), learned, into, timed);
    (here.*part)();
    out = outcome_of(shared, schedules);
    out.message = into.header().message;
    out.choices = choices_of(into);
    out.spec = spec_of(into.header());
    out.steps = into.header().steps;
    out.hash = into.header().hash;
    merge_sometimes(out, into);
  };
  recording traced(level_for(how, recording::level::full));
  run(traced, &searcher::first);
  if (shared.first_failure == none && shared.next < count && !shared.complete)
  {
    run(traced, &searcher::work);
  }
  return out;
}

} // namespace

bool can_isolate(const options& how)
{
  if (how.isolation == isolation::none)
    return false;
  if (has_one_thread())
    return true;
  static bool said = false;
  if (!said)
    std::fprintf(stderr,
        "detent: this process has several threads, so schedules run in it and not in workers; a "
        "crash will end it\n");
  said = true;
  return false;
}

search_outcome search(plan& schedules, std::uint64_t count, const options& how, const body& test)
{
  return can_isolate(how) ? search_in_workers(schedules, count, how, test) : search_here(schedules, count, how, test);
}

std::string run_recorded(recording& into, const options& how, bool isolated, const std::function<void()>& run)
{
  if (!isolated)
  {
    const watchdog watch(into, how);
    run();
    return {};
  }
  worker process = start_worker(into, run);
  bool hung = false;
  for (;;)
  {
    pollfd end{process.alive, POLLIN, 0};
    ::poll(&end, 1, 100);
    hung = !end.revents && hangs(process, into.header(), how);
    if (end.revents || hung)
      break;
  }
  if (hung)
    ::kill(process.process, SIGKILL);
  const int status = wait_for(process);
  if (died(status, into))
  {
    note_death(into.header(), status, hung, how);
    if (into.header().failed_task == no_task && !into.steps().empty())
      into.header().failed_task = into.steps().back().task;
  }
  std::string output = end_of_output(process.output);
  ::close(process.output);
  return output;
}

} // namespace detent
