#include "search.hpp"

#include "../strategy/systematic.hpp"
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

namespace detent {
namespace {

constexpr std::uint64_t none = ~std::uint64_t{0};
constexpr std::uint64_t block = 16; // schedules a worker takes at a time
constexpr std::size_t hash_slots = std::size_t{1} << 22;

// What workers and their parent share. Plain atomics in a shared mapping.
struct shared_state
{
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> first_failure{none};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> distinct{0};
  std::atomic<std::uint64_t> discarded{0};
  std::atomic<std::uint32_t> seen{0};   // by the dullest schedule
  std::atomic<bool> single{false};      // it is the only one
  std::atomic<bool> first_ended{false}; // and no schedule failed or crashed among them

  // Of a systematic strategy, at the level it has reached.
  std::atomic<bool> complete{false};
  std::atomic<bool> reduced{false};
  std::atomic<bool> bounded{false};
  std::atomic<std::uint64_t> executions{0};
  std::atomic<std::uint64_t> partial_orders{0};
  std::atomic<double> fraction{0};
  std::atomic<bool> stop{false}; // the time is over
};

template <class T> class mapping
{
public:
  explicit mapping(std::size_t count)
    : size_(count * sizeof(T)),
      memory_(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))
  {
    if (memory_ == MAP_FAILED)
      throw usage_error("no memory to share with worker processes", "set options::isolation to isolation::none");
  }
  ~mapping() { ::munmap(memory_, size_); }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  T* get() const noexcept { return static_cast<T*>(memory_); }

private:
  std::size_t size_;
  void* memory_;
};

void lower_to(std::atomic<std::uint64_t>& value, std::uint64_t to)
{
  std::uint64_t seen = value.load();
  while (to < seen && !value.compare_exchange_weak(seen, to))
  {
  }
}

// A set of trace hashes that several processes add to. Full, it stops counting.
class hash_set
{
public:
  explicit hash_set(std::atomic<std::uint64_t>* slots) : slots_(slots) {}

  bool insert(std::uint64_t hash)
  {
    hash |= 1; // 0 is an empty slot
    for (std::size_t i = hash >> 20, tries = 0; tries < 64; ++i, ++tries)
    {
      std::atomic<std::uint64_t>& slot = slots_[i & (hash_slots - 1)];
      std::uint64_t seen = slot.load(std::memory_order_relaxed);
      if (seen == 0 && slot.compare_exchange_strong(seen, hash))
        return true;
      if (seen == hash)
        return false;
    }
    return false;
  }

private:
  std::atomic<std::uint64_t>* slots_;
};

// The schedules that strategies learn from, for every process.
using lessons = std::vector<std::unique_ptr<recording>>;

// One process's part of a search: runs schedules and says how they went.
class searcher
{
public:
  searcher(plan& schedules, std::uint64_t count, const options& how, shared_state& shared, hash_set hashes,
      const lessons& learned, recording& into, const body& test)
    : plan_(schedules), count_(count), how_(how), shared_(shared), hashes_(hashes), lessons_(learned), into_(into),
      test_(test), strategy_(make_strategy(how.strategy))
  {
  }

  // The first schedules come one after the other: what they show decides what comes after them.
  void first()
  {
    if (systematic_strategy* all = strategy_->systematic())
      go_through_levels(*all);
    else
      learn();
    shared_.first_ended = true;
  }

  // Takes blocks of schedules until one fails. A block's schedules run in order, and its owner leaves it only
  // at a failure: so all schedules below the first failure have run, also if a worker crashes.
  void work()
  {
    plan_.keep(shared_.seen);
    for (std::size_t i = 0; i < lessons_.size() && lessons_[i]->header().finished; ++i)
      strategy_->learn(*lessons_[i]);
    while (!shared_.stop)
    {
      const std::uint64_t start = shared_.next.fetch_add(block);
      if (start >= count_ || start > shared_.first_failure)
        return;
      run_block(start, std::min(start + block, count_));
    }
  }

private:
  void learn()
  {
    const std::uint64_t learns = std::max<std::uint64_t>(1, strategy_->learns_from());
    std::uint64_t i = 0;
    for (; i < std::min(learns, count_) && !shared_.stop; ++i)
    {
      if (!run(i))
        break;
      if (i == 0)
      {
        shared_.seen = plan::seen_in(into_.header());
        plan_.keep(shared_.seen);
        shared_.single = plan_.single();
        if (plan_.single())
        {
          i = count_;
          break;
        }
      }
      if (strategy_->learns_from() != 0)
        strategy_->learn(into_);
      if (i < lessons_.size())
        lessons_[i]->copy_from(into_);
    }
    shared_.next = i;
  }

  void go_through_levels(systematic_strategy& all)
  {
    shared_.next = count_;
    shared_.reduced = all.reduces();
    std::uint64_t i = 0;
    for (const assumption_level& level : plan_.levels())
    {
      plan_.fix(level);
      all.restart();
      do
      {
        if (i == count_ || shared_.stop || !run(i++))
          return;
        all.learn(into_);
        shared_.executions = all.executions();
        shared_.partial_orders = all.partial_orders();
        shared_.bounded = shared_.bounded || all.bounded();
        shared_.fraction = all.fraction();
      } while (!all.exhausted());
    }
    shared_.complete = true;
  }

  void run_block(std::uint64_t from, std::uint64_t to)
  {
    for (std::uint64_t i = from; i < to && i < shared_.first_failure && !shared_.stop; ++i)
      if (!run(i))
        return;
  }

  bool run(std::uint64_t index)
  {
    run_schedule(world_, into_, plan_[index], strategy_.get(), how_.max_steps, test_);
    const recording_header& header = into_.header();
    shared_.done.fetch_add(1, std::memory_order_relaxed);
    if (header.discarded)
      shared_.discarded.fetch_add(1, std::memory_order_relaxed);
    else if (hashes_.insert(header.hash))
      shared_.distinct.fetch_add(1, std::memory_order_relaxed);
    if (header.outcome == verdict::pass)
      return true;
    lower_to(shared_.first_failure, index);
    return false;
  }

  plan& plan_;
  std::uint64_t count_;
  const options& how_;
  shared_state& shared_;
  hash_set hashes_;
  const lessons& lessons_;
  recording& into_;
  const body& test_;
  std::unique_ptr<strategy> strategy_;
  machine world_;
};

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

unsigned worker_count(const options& how)
{
  return how.jobs ? how.jobs : std::max(1u, std::thread::hardware_concurrency());
}

std::vector<std::uint32_t> choices_of(const recording& run)
{
  std::vector<std::uint32_t> made;
  for (const choice& c : run.choices())
    made.push_back(c.index);
  return made;
}

search_outcome outcome_of(const shared_state& shared, plan& schedules)
{
  search_outcome out;
  schedules.keep(shared.seen);
  out.schedules = shared.done;
  out.distinct = shared.distinct;
  out.discarded = shared.discarded;
  out.single = shared.single;
  out.complete = shared.complete || shared.single;
  out.bounded = shared.bounded;
  out.reduced = shared.reduced;
  out.executions = shared.executions;
  out.partial_orders = shared.partial_orders;
  out.fraction = shared.fraction;
  if (shared.first_failure != none)
    out.failing = shared.first_failure.load();
  return out;
}

search_outcome search_in_workers(plan& schedules, std::uint64_t count, const options& how, const body& test)
{
  const mapping<shared_state> shared_memory(1);
  shared_state& shared = *new (shared_memory.get()) shared_state;
  const mapping<std::atomic<std::uint64_t>> hash_memory(hash_slots);
  const hash_set hashes(hash_memory.get());
  const lessons learned = room_for_lessons(how);

  struct slot
  {
    std::unique_ptr<recording> into;
    worker process;
  };
  std::string message;
  std::vector<std::uint32_t> choices;

  const auto start = [&](slot& s, void (searcher::*part)()) {
    s.process = start_worker(*s.into, [&, part] {
      searcher here(schedules, count, how, shared, hashes, learned, *s.into, test);
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
      shown.update(shared.done, shared.distinct);
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
        }
      }
    }
  };

  slot alone{std::make_unique<recording>(recording::level::full), {}};
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
      s.into = std::make_unique<recording>();
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
  out.steps = last->header().steps;
  out.hash = last->header().hash;
  return out;
}

search_outcome search_here(plan& schedules, std::uint64_t count, const options& how, const body& test)
{
  shared_state shared;
  const mapping<std::atomic<std::uint64_t>> hash_memory(hash_slots);
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
    searcher here(schedules, count, how, shared, hash_set(hash_memory.get()), learned, into, timed);
    (here.*part)();
    out = outcome_of(shared, schedules);
    out.message = into.header().message;
    out.choices = choices_of(into);
    out.steps = into.header().steps;
    out.hash = into.header().hash;
  };
  recording traced(recording::level::full);
  run(traced, &searcher::first);
  if (shared.first_failure == none && shared.next < count && !shared.complete)
  {
    recording plain;
    run(plain, &searcher::work);
  }
  return out;
}

} // namespace

bool can_isolate(const options& how)
{
  if (how.isolation == isolation::none)
    return false;
  if (threads_of_this_process() <= 1)
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
    note_death(into.header(), status, hung, how);
  std::string output = end_of_output(process.output);
  ::close(process.output);
  return output;
}

} // namespace detent
