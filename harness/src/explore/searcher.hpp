// One process's part of a search: it runs schedules and tells the others, in shared memory, how they went.
#pragma once

#include "../strategy/scripted.hpp"
#include "../strategy/systematic.hpp"
#include "order_coverage.hpp"
#include "plan.hpp"

#include <detent/error.hpp>
#include <detent/explore.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdio>
#include <memory>
#include <vector>

#include <sys/mman.h>

namespace detent {

inline constexpr std::uint64_t none = ~std::uint64_t{0};
inline constexpr std::uint64_t block = 16;     // schedules a worker takes at a time
inline constexpr std::uint64_t looked_at = 32; // of so many schedules one is traced, for the coverage of orders

// What workers and their parent share. Plain atomics in a shared mapping.
struct shared_state
{
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> first_failure{none};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> distinct{0};
  std::atomic<std::uint64_t> discarded{0};
  order_coverage::counts orders;
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
  std::atomic<bool> stop{false};                                                         // the time is over
  char warning[sizeof(recording_header::hog) + sizeof(recording_header::warnings)] = {}; // of the dullest schedule
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

inline void lower_to(std::atomic<std::uint64_t>& value, std::uint64_t to)
{
  std::uint64_t seen = value.load();
  while (to < seen && !value.compare_exchange_weak(seen, to))
  {
  }
}

// A set of trace hashes that several processes add to. Full, it stops counting. No larger than it need be: what is
// written in a random order had better stay in the cache.
class hash_set
{
public:
  explicit hash_set(std::uint64_t schedules)
    : size_(std::bit_ceil(std::clamp<std::uint64_t>(schedules, 1 << 12, 1 << 20) * 4)), memory_(size_)
  {
  }

  bool insert(std::uint64_t hash)
  {
    hash |= 1; // 0 is an empty slot
    for (std::size_t i = hash >> 20, tries = 0; tries < 64; ++i, ++tries)
    {
      std::atomic<std::uint64_t>& slot = memory_.get()[i & (size_ - 1)];
      std::uint64_t seen = slot.load(std::memory_order_relaxed);
      if (seen == 0 && slot.compare_exchange_strong(seen, hash))
        return true;
      if (seen == hash)
        return false;
    }
    return false;
  }

private:
  std::size_t size_;
  mapping<std::atomic<std::uint64_t>> memory_;
};

// The schedules that strategies learn from, for every process.
using lessons = std::vector<std::unique_ptr<recording>>;

class searcher
{
public:
  searcher(plan& schedules, std::uint64_t count, const options& how, shared_state& shared, hash_set& hashes,
      std::atomic<std::uint64_t>* pairs, const lessons& learned, recording& into, const body& test)
    : plan_(schedules), count_(count), how_(how), shared_(shared), hashes_(hashes), orders_(pairs, shared.orders),
      lessons_(learned), into_(into), test_(test), strategy_(make_strategy(how.strategy))
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
      if (!run(i, true))
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
      for (const std::uint32_t bound : all.bounds())
      {
        all.restart(bound);
        if (!go_through(all, i))
          return;
        if (!all.bounded())
          break;
      }
      shared_.bounded = shared_.bounded || all.bounded();
    }
    shared_.complete = true;
  }

  bool go_through(systematic_strategy& all, std::uint64_t& i)
  {
    do
    {
      if (i == count_ || shared_.stop || !run(i++, true))
        return false;
      all.learn(into_);
      shared_.executions = all.executions();
      shared_.partial_orders = all.partial_orders();
      shared_.fraction = all.fraction();
    } while (!all.exhausted());
    return true;
  }

  void run_block(std::uint64_t from, std::uint64_t to)
  {
    for (std::uint64_t i = from; i < to && i < shared_.first_failure && !shared_.stop; ++i)
      if (!run(i, false))
        return;
  }

  // The same schedule once more has to be the same.
  void check_repetition(const schedule_spec& spec)
  {
    recording_header& header = into_.header();
    const std::uint64_t hash = header.hash;
    const std::uint64_t steps = header.steps;
    std::vector<std::uint32_t> script = choices_of(into_);
    scripted again(std::move(script));
    run_schedule(world_, into_, spec, &again, how_, test_);
    if (header.hash == hash)
      return;
    header.outcome = verdict::nondeterministic;
    std::snprintf(header.message, sizeof header.message,
        "run twice, schedule %llu took other steps the second time (%llu, then %llu of them): the test depends on "
        "something that is not simulated (a static, an address, real time)",
        static_cast<unsigned long long>(spec.index + 1), static_cast<unsigned long long>(steps),
        static_cast<unsigned long long>(header.steps));
  }

  bool run(std::uint64_t index, bool traced)
  {
    schedule_spec spec = plan_[index];
    spec.traced = traced || index % looked_at == 0;
    spec.for_token = false;
    run_schedule(world_, into_, spec, strategy_.get(), how_, test_);
    const recording_header& header = into_.header();
    if (spec.dullest)
      std::snprintf(shared_.warning, sizeof shared_.warning, "%s%s%s", header.hog,
          *header.hog && *header.warnings ? "\n" : "", header.warnings);
    if (how_.twice && header.outcome == verdict::pass && !header.discarded)
      check_repetition(spec);
    shared_.done.fetch_add(1, std::memory_order_relaxed);
    if (header.discarded)
      shared_.discarded.fetch_add(1, std::memory_order_relaxed);
    else if (hashes_.insert(header.hash))
      shared_.distinct.fetch_add(1, std::memory_order_relaxed);
    if (header.outcome == verdict::pass)
    {
      if (!header.discarded && spec.traced)
        orders_.add(into_, spec.level.max_lag == 0);
      return true;
    }
    lower_to(shared_.first_failure, index);
    return false;
  }

  plan& plan_;
  std::uint64_t count_;
  const options& how_;
  shared_state& shared_;
  hash_set& hashes_;
  order_coverage orders_;
  const lessons& lessons_;
  recording& into_;
  const body& test_;
  std::unique_ptr<strategy> strategy_;
  machine world_;
};

} // namespace detent
