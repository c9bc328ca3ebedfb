// The smallest client of the engine: functions as steps, on virtual time. Shows what an adapter needs.
#pragma once

#include <detent/explore.hpp>
#include <detent/machine.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace toy {

using namespace std::chrono_literals;

class context final : public detent::lane, public detent::timer_source
{
public:
  explicit context(detent::machine& world, bool one_thread = false) : lane(one_thread), world_(world)
  {
    world_.open(*this);
    world_.add(*this);
  }

  ~context() { world_.remove(*this); }

  void post(std::function<void()> run)
  {
    work& w = make(std::move(run));
    world_.adopt(w.task);
    world_.push(*this, &w, w.task);
  }

  // Both waits belong to one timer, so the second follows the first.
  void after(std::chrono::nanoseconds delay, std::function<void()> run, std::function<void()> also = nullptr)
  {
    timer t{world_.now() + delay.count(), {&make(std::move(run))}};
    world_.adopt(t.waits.front()->task);
    if (also)
    {
      t.waits.push_back(&make(std::move(also)));
      world_.adopt(t.waits.back()->task);
    }
    timers_.push_back(t);
    world_.armed(t.deadline);
  }

  // Runs until nothing is left; true if it was stopped by a failure.
  bool run(std::int64_t limit = detent::machine::forever)
  {
    while (void* next = world_.next(*this, limit))
    {
      static_cast<work*>(next)->run();
      world_.end_step();
    }
    return world_.failed();
  }

  std::int64_t next_deadline() noexcept override
  {
    std::int64_t earliest = never;
    for (const timer& t : timers_)
      earliest = std::min(earliest, t.deadline);
    return earliest;
  }

  void expire(std::int64_t now, detent::machine& world) override
  {
    for (timer& t : timers_)
      if (t.deadline <= now)
        for (work* w : t.waits)
          world.expired(*this, w, w->task, w != t.waits.front());
    std::erase_if(timers_, [&](const timer& t) { return t.deadline <= now; });
  }

private:
  struct work
  {
    std::function<void()> run;
    detent::task_id task = detent::main_task;
  };

  struct timer
  {
    std::int64_t deadline;
    std::vector<work*> waits;
  };

  work& make(std::function<void()> run)
  {
    all_.push_back(std::make_unique<work>(work{std::move(run)}));
    return *all_.back();
  }

  detent::machine& world_;
  std::vector<timer> timers_;
  std::deque<std::unique_ptr<work>> all_;
};

inline detent::options named(const char* name)
{
  detent::options how;
  how.name = name;
  return how;
}

// A machine that is current and has begun a schedule.
struct world
{
  explicit world(const detent::machine_settings& settings = {}, detent::strategy* answers = nullptr)
  {
    machine.begin(settings, answers, &recording);
    if (answers)
      answers->begin(settings.seed, 0);
  }

  detent::recording recording{detent::recording::level::report};
  detent::machine machine;
  detent::machine::scope current{machine};
};

} // namespace toy
