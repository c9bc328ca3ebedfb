// Exhaustive search: every schedule, or one of each set of equivalent ones.
//
// depth_first    goes through the tree of all answers. Nothing need be declared, and nothing is left out.
// exhaustive     source-set dynamic partial order reduction with sleep sets: after each schedule, every pair of steps
// in a
//                race (they conflict, and nothing else orders them) adds the reverse order to what is still to be
//                tried; steps whose turn here would only repeat what has been tried before it sleep until one that
//                conflicts with them has run. Exactly one schedule of each partial order runs to its end. Ties, values
//                and moves of the clock are explored with the steps.
//                First with at most one race reversed on the way from the dullest schedule, then two, three, and any
//                number: most bugs take few reversals.
// exhaustive(n)  the same, but never more than n races reversed.
// preemption_bound(n)
//                every partial order that a schedule with at most n preemptions has: a task runs until it blocks, but
//                for those. For programs with too many schedules. A race is also reversed where the block of steps that
//                it lies in begins, which may cost no preemption; nothing sleeps, since what was tried may have been
//                tried with fewer preemptions left, so one partial order may run several times.
//
// Reduction relies on the accesses being declared (<detent/touch.hpp>): a schedule may be left out that differs only in
// accesses which are not. An object that was not declared where it was made has another name in each schedule in which
// another step is the first to touch it; two names are the same object's once one schedule has shown it.
//
// Sources: Abdulla, Aronis, Jonsson, Sagonas: "Source sets: a foundation for optimal dynamic partial order reduction"
// (JACM 2017), the source-DPOR algorithm; Godefroid: "Partial-order methods for the verification of concurrent systems"
// (1996) for sleep sets; the bound is that of Jensen et al.: "Stateless model checking of event-driven applications"
// (OOPSLA 2015); preemption bounding that of Coons, Musuvathi, McKinley: "Bounded partial-order reduction" (OOPSLA
// 2013).
#include "../explore/causality.hpp"
#include "aliases.hpp"
#include "strategies.hpp"
#include "systematic.hpp"

#include <detent/lane.hpp>
#include <detent/machine.hpp>
#include <detent/recording.hpp>

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <vector>

namespace detent {
namespace {

constexpr std::uint32_t clock_arrival = 0; // steps count from 1

struct sleeper
{
  std::uint32_t arrival = 0;
  std::vector<access_record> touched;
};

bool contains(const std::vector<std::uint32_t>& set, std::uint32_t arrival)
{
  return std::ranges::find(set, arrival) != set.end();
}

bool contains(const std::vector<sleeper>& set, std::uint32_t arrival)
{
  return std::ranges::find(set, arrival, &sleeper::arrival) != set.end();
}

// One question that was asked, with what has been answered and what is still to be.
struct node
{
  bool is_step = true;
  std::uint32_t event = 0;              // the index in the trace that its step gets
  std::uint32_t chosen = 0;             // a step's arrival; of other questions the answer
  std::uint32_t alternatives = 0;       // of other questions
  std::uint32_t spent = 0;              // of the bound, on the way here
  std::vector<std::uint32_t> enabled{}; // arrivals, the dullest first
  std::vector<std::uint32_t> to_try{};  // what is to be tried, with what has been
  std::vector<std::uint32_t> cost{};    // of each of them, with what was spent on the way
  std::vector<std::uint32_t> goes_on{}; // those of the enabled that are of the task that ran last
  std::vector<sleeper> sleeping{};
  std::vector<sleeper> tried{};
  std::vector<access_record> touched{}; // by the chosen step, in all that followed from it
};

class exhaustive final : public systematic_strategy
{
public:
  exhaustive(search_kind kind, std::uint32_t bound)
    : reduces_(kind != search_kind::depth_first), preempts_(kind == search_kind::preemption_bound), only_bound_(bound)
  {
  }

  void begin(std::uint64_t, std::uint64_t) override
  {
    next_ = 0;
    clock_waits_ = true;
  }

  // Bugs that take few reversals come first; a pass that no bound has kept from anything was the last.
  std::vector<std::uint32_t> bounds() const override
  {
    if (!reduces_)
      return {0};
    if (preempts_)
    {
      std::vector<std::uint32_t> up_to(only_bound_);
      std::iota(up_to.begin(), up_to.end(), 1u);
      return up_to;
    }
    return only_bound_ != 0 ? std::vector<std::uint32_t>{only_bound_} : std::vector<std::uint32_t>{1, 2, 3, 0};
  }

  void restart(std::uint32_t bound) override
  {
    bound_ = bound;
    nodes_.clear();
    names_ = {};
    exhausted_ = bounded_ = false;
    executions_ = 0;
    partial_orders_.clear();
  }

  std::uint32_t choose(const choice_point& at) override
  {
    clock_waits_ = at.world->settings().max_lag == 0;
    if (at.kind != choice_kind::step)
      return choose_value(at);
    if (next_ == nodes_.size() && !add_step(at))
      return discards;
    const node& n = nodes_[next_++];
    if (n.chosen == clock_arrival)
      return static_cast<std::uint32_t>(at.from->enabled());
    const std::size_t rank = at.from->ready.rank_of(n.chosen);
    return rank == ready_queue::absent ? discards : static_cast<std::uint32_t>(rank);
  }

  void learn(const recording& run) override
  {
    const causality order(run, clock_waits_);
    if (!run.header().discarded)
    {
      ++executions_;
      partial_orders_.insert(order.partial_order());
    }
    gather(run);
    for (std::size_t e = fresh_; reduces_ && e < run.trace().size(); ++e)
      names_.learn(run, e);
    if (reduces_)
      add_reversals(run, order);
    backtrack();
  }

  bool exhausted() const override { return exhausted_; }
  std::uint64_t executions() const override { return executions_; }
  std::uint64_t partial_orders() const override { return partial_orders_.size(); }
  bool bounded() const override { return bounded_; }
  bool reduces() const override { return reduces_; }

  double fraction() const override
  {
    if (exhausted_)
      return 1;
    double done = 0;
    double share = 1;
    for (const node& n : nodes_)
    {
      const auto all = static_cast<double>(n.is_step ? std::max<std::size_t>(n.to_try.size(), 1) : n.alternatives);
      done += share * static_cast<double>(n.is_step ? n.tried.size() : n.chosen) / all;
      share /= all;
    }
    return done;
  }

private:
  std::uint32_t choose_value(const choice_point& at)
  {
    if (next_ == nodes_.size())
    {
      node made;
      made.is_step = false;
      made.alternatives = at.alternatives;
      nodes_.push_back(std::move(made));
    }
    const std::uint32_t answer = nodes_[next_++].chosen;
    return answer < at.alternatives ? answer : 0;
  }

  // A step that was not asked for before. False if all that could come sleeps: it would be a repetition.
  bool add_step(const choice_point& at)
  {
    node made;
    made.event = at.world->record()->header().trace_events;
    const auto steps = static_cast<std::uint32_t>(at.from->enabled());
    for (std::uint32_t i = 0; i < at.alternatives; ++i)
      made.enabled.push_back(i < steps ? at[i].arrival : clock_arrival);
    if (!reduces_)
      made.to_try = made.enabled;
    else
      come_from(made, at);
    if (!made.goes_on.empty())
      made.chosen = made.goes_on.front();
    else if (!choose_awake(made))
      return false;
    if (reduces_)
    {
      made.to_try.push_back(made.chosen);
      made.cost.push_back(made.spent);
    }
    nodes_.push_back(std::move(made));
    return true;
  }

  static bool choose_awake(node& made)
  {
    const auto awake = std::ranges::find_if(made.enabled, [&](std::uint32_t a) { return !contains(made.sleeping, a); });
    if (awake == made.enabled.end())
      return false;
    made.chosen = *awake;
    return true;
  }

  // What the step before leaves to this one.
  void come_from(node& made, const choice_point& at)
  {
    const recording& run = *at.world->record();
    const auto before = std::find_if(nodes_.rbegin(), nodes_.rend(), [](const node& n) { return n.is_step; });
    if (before == nodes_.rend())
      return;
    made.spent = before->cost[cost_index(*before)];
    for (std::uint32_t e = before->event; e < made.event; ++e)
      names_.learn(run, e);
    if (preempts_)
      find_what_goes_on(made, at);
    else
      fall_asleep(made, *before, run);
  }

  static void find_what_goes_on(node& made, const choice_point& at)
  {
    const auto trace = at.world->record()->trace();
    const auto last =
        std::find_if(trace.rbegin(), trace.rend(), [](const trace_event& e) { return e.task != clock_task; });
    if (last == trace.rend())
      return;
    for (std::uint32_t i = 0; i < at.from->enabled(); ++i)
      if (at[i].task == last->task)
        made.goes_on.push_back(at[i].arrival);
  }

  // What slept at the step before, or was tried there, sleeps on until something it conflicts with has run.
  void fall_asleep(node& made, const node& before_it, const recording& run)
  {
    const node* const before = &before_it;
    const auto wakes = [&](const sleeper& s) {
      for (std::uint32_t e = before->event; e < made.event; ++e)
        if (names_.conflict(run.accesses_of(e), s.touched))
          return true;
      return false;
    };
    for (const std::vector<sleeper>* set : {&before->sleeping, &before->tried})
      for (const sleeper& s : *set)
        if (s.arrival != before->chosen && !wakes(s))
          made.sleeping.push_back(s);
  }

  static std::size_t cost_index(const node& n)
  {
    return static_cast<std::size_t>(std::ranges::find(n.to_try, n.chosen) - n.to_try.begin());
  }

  // What the chosen steps touched, over all answers to other questions inside them.
  void gather(const recording& run)
  {
    const auto trace = run.trace();
    for (node& n : nodes_)
    {
      if (!n.is_step || n.event >= trace.size())
        continue;
      for (const access_record& a : run.accesses_of(n.event))
        if (std::ranges::none_of(
                n.touched, [&](const access_record& known) { return known.object == a.object && known.how == a.how; }))
          n.touched.push_back(a);
    }
  }

  void add_reversals(const recording& run, const causality& order)
  {
    const auto trace = run.trace();
    std::vector<node*> at(trace.size());
    for (node& n : nodes_)
      if (n.is_step && n.event < trace.size())
        at[n.event] = &n;
    std::vector<std::uint32_t> initials;
    for (std::size_t j = fresh_; j < trace.size(); ++j)
      for (const std::uint32_t i : order.races(j))
      {
        node* const where = at[i];
        if (!where)
          continue;
        find_initials(trace, order, i, j, initials);
        if (!preempts_)
          add_reversal(*where, initials);
        else
          for (node* const place : {where, block_of(at, i)})
            add_all(*place, initials);
      }
    // A step that decides what the clock does next races with it, also where the clock does not move any more.
    initials = {clock_arrival};
    for (std::size_t i = fresh_; i < trace.size(); ++i)
      if (at[i] && at[i]->chosen != clock_arrival && contains(at[i]->enabled, clock_arrival)
          && std::ranges::any_of(run.accesses_of(i), [](const access_record& a) { return a.object == clock_object; }))
        preempts_ ? add_all(*at[i], initials) : add_reversal(*at[i], initials);
  }

  // The steps with which the events between i and j that do not depend on i, and then j, can begin.
  static void find_initials(std::span<const trace_event> trace, const causality& order, std::size_t i, std::size_t j,
      std::vector<std::uint32_t>& initials)
  {
    std::vector<std::size_t> rest;
    for (std::size_t e = i + 1; e < j; ++e)
      if (!order.before(i, e))
        rest.push_back(e);
    rest.push_back(j);
    initials.clear();
    for (const std::size_t e : rest)
      if (std::ranges::none_of(rest, [&](std::size_t earlier) { return earlier < e && order.before(earlier, e); }))
        initials.push_back(trace[e].task == clock_task ? clock_arrival : trace[e].arrival);
  }

  void add_reversal(node& where, const std::vector<std::uint32_t>& initials)
  {
    std::uint32_t wanted = ~std::uint32_t{0};
    for (const std::uint32_t arrival : initials)
    {
      if (contains(where.to_try, arrival) || contains(where.sleeping, arrival))
        return;
      if (contains(where.enabled, arrival))
        wanted = arrival; // the last is the one that lost the race
    }
    if (wanted != ~std::uint32_t{0})
      add(where, wanted);
    else
      for (const std::uint32_t arrival : where.enabled)
        if (!contains(where.to_try, arrival))
          add(where, arrival);
  }

  // Where the block of one task's steps begins that the event lies in.
  static node* block_of(const std::vector<node*>& at, std::size_t event)
  {
    std::size_t start = event;
    while (start != 0 && at[start - 1] && at[start] && !switches(*at[start]))
      --start;
    return at[start];
  }

  // Whether another task than before runs from here on.
  static bool switches(const node& n) { return !contains(n.goes_on, n.chosen); }

  void add_all(node& where, const std::vector<std::uint32_t>& initials)
  {
    bool any = false;
    for (const std::uint32_t arrival : initials)
      if (contains(where.enabled, arrival))
      {
        any = true;
        add(where, arrival);
      }
    if (!any)
      for (const std::uint32_t arrival : where.enabled)
        add(where, arrival);
  }

  void add(node& where, std::uint32_t arrival)
  {
    if (contains(where.to_try, arrival))
      return;
    const bool costs = !preempts_ || !(where.goes_on.empty() || contains(where.goes_on, arrival));
    if (bound_ != 0 && where.spent + costs > bound_)
    {
      bounded_ = true;
      return;
    }
    where.to_try.push_back(arrival);
    where.cost.push_back(where.spent + costs);
  }

  // To the latest question that has another answer.
  void backtrack()
  {
    for (; !nodes_.empty(); nodes_.pop_back())
    {
      node& n = nodes_.back();
      if (!n.is_step)
      {
        if (++n.chosen < n.alternatives)
          break;
        continue;
      }
      n.tried.push_back({n.chosen, std::move(n.touched)});
      n.touched.clear();
      const auto next = std::ranges::find_if(n.to_try,
          [&](std::uint32_t arrival) { return !contains(n.tried, arrival) && !contains(n.sleeping, arrival); });
      if (next == n.to_try.end())
        continue;
      n.chosen = *next;
      break;
    }
    exhausted_ = nodes_.empty();
    fresh_ = 0;
    for (const node& n : nodes_)
      if (n.is_step)
        fresh_ = n.event;
  }

  bool reduces_;
  bool preempts_;            // the bound is on preemptions, not on reversals
  std::uint32_t only_bound_; // what was asked for
  std::uint32_t bound_ = 0;
  std::vector<node> nodes_;
  aliases names_;
  std::size_t next_ = 0;
  std::size_t fresh_ = 0; // the first event that the last schedule did not have
  bool clock_waits_ = true;
  bool exhausted_ = false;
  bool bounded_ = false;
  std::uint64_t executions_ = 0;
  std::unordered_set<std::uint64_t> partial_orders_;
};

} // namespace

std::unique_ptr<strategy> make_exhaustive(search_kind kind, std::uint32_t bound)
{
  return std::make_unique<exhaustive>(kind, bound);
}

} // namespace detent
