// Constrained: the dullest schedule that keeps to some ordering constraints and gives some answers.
//
// A step waits as long as a constraint names one that must come before it and has not. If all that is ready waits, the
// clock moves if it may; else the oldest runs, against its constraint.
#pragma once

#include <detent/constraint.hpp>
#include <detent/strategy.hpp>

#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace detent {

// Names steps: which of its task's it is, in the order in which they became ready. (Most tasks have one step ready at a
// time; then it is the order in which they run.) Sees every step, also those without an alternative.
class step_namer
{
public:
  void begin();
  std::uint32_t number_of(const choice_point& at, std::uint32_t index) const;
  void note(const choice_point& at, std::uint32_t index);
  bool has_come(const machine& world, std::uint64_t label, std::uint32_t number) const;

private:
  std::unordered_map<task_id, std::vector<std::uint32_t>> arrivals_; // of the steps that have run
  std::unordered_set<std::uint64_t> come_;                           // mix(label, number)
};

class constrained final : public strategy
{
public:
  explicit constrained(const pinned_schedule& schedule);

  void begin(std::uint64_t seed, std::uint64_t index) override;
  std::uint32_t choose(const choice_point& at) override;
  bool wants_every_step() const override { return true; }

  // The first step that a constraint names and that has not come.
  const step_name* missing(const machine& world) const;

private:
  bool waits(const choice_point& at, std::uint32_t index) const;
  std::uint32_t choose_step(const choice_point& at) const;
  std::uint32_t answer(const choice_point& at);

  const pinned_schedule& schedule_;
  step_namer names_;
  std::unordered_multimap<std::uint64_t, const constraint*> by_second_; // by mix(label, number)
  std::map<std::pair<choice_kind, std::uint64_t>, std::vector<std::uint32_t>> answers_;
  std::map<std::pair<choice_kind, std::uint64_t>, std::size_t> asked_;
};

// Tells a recording which steps each choice passed over, while another strategy answers.
class observer final : public strategy
{
public:
  observer(strategy& answers, recording& told) : answers_(answers), told_(told) {}

  void begin(std::uint64_t seed, std::uint64_t index) override;
  std::uint32_t choose(const choice_point& at) override;
  bool wants_every_step() const override { return true; }

private:
  strategy& answers_;
  recording& told_;
  step_namer names_;
};

} // namespace detent
