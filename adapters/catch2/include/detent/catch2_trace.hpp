// Catch2 matchers over a trace.
//
//     REQUIRE_THAT(sim.trace(), detent::catch2::follows("consumed", "produced"));
//     REQUIRE_THAT(sim.trace(), detent::catch2::at_most(2, "request", "reply"));
//     REQUIRE_THAT(sim.trace(), detent::catch2::notes({"opened", "sent", "closed"}));
//
// The names are those given to simulation::note(). See <detent/trace.hpp> for what a trace is, and needs.
#pragma once

#include <detent/catch2_framework.hpp>
#include <detent/trace.hpp>

#if DETENT_CATCH2_MAJOR == 3
#include <catch2/matchers/catch_matchers.hpp>
#endif

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

template <> struct Catch::StringMaker<detent::trace>
{
  static std::string convert(const detent::trace& events)
  {
    std::string out = "\n";
    for (const detent::event& e : events)
      if (e.kind == detent::event_kind::notes)
        out += "  " + detent::to_string(e) + "\n";
    return out == "\n" ? "a trace without notes" : out;
  }
};

namespace detent::catch2 {

#if DETENT_CATCH2_MAJOR == 3
using trace_matcher_base = Catch::Matchers::MatcherBase<trace>;
#else
using trace_matcher_base = Catch::MatcherBase<trace>;
#endif

// Each n-th note `effect` comes after the n-th note `cause`.
class follows final : public trace_matcher_base
{
public:
  follows(std::string effect, std::string cause) : effect_(std::move(effect)), cause_(std::move(cause)) {}

  bool match(const trace& events) const override
  {
    const auto broken = first_without_cause(events, effect_, cause_);
    broken_ = broken ? ", but not " + to_string(*broken) : std::string();
    return !broken;
  }
  std::string describe() const override
  {
    return "each \"" + effect_ + "\" follows a \"" + cause_ + "\" of its own" + broken_;
  }

private:
  std::string effect_;
  std::string cause_;
  mutable std::string broken_;
};

// Of what a note `begin` starts and a note `end` ends, never more than so many at once.
class at_most final : public trace_matcher_base
{
public:
  at_most(std::size_t limit, std::string begin, std::string end)
    : limit_(limit), begin_(std::move(begin)), end_(std::move(end))
  {
  }

  bool match(const trace& events) const override { return (seen_ = most_at_once(events, begin_, end_)) <= limit_; }
  std::string describe() const override
  {
    return "at most " + std::to_string(limit_) + " in flight from \"" + begin_ + "\" to \"" + end_ + "\", there are "
        + std::to_string(seen_);
  }

private:
  std::size_t limit_;
  std::string begin_;
  std::string end_;
  mutable std::size_t seen_ = 0;
};

// All the notes, in this order.
class notes final : public trace_matcher_base
{
public:
  explicit notes(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  bool match(const trace& events) const override
  {
    std::size_t next = 0;
    for (const event& e : events)
      if (e.kind == event_kind::notes && (next == texts_.size() || e.words != texts_[next++]))
        return false;
    return next == texts_.size();
  }
  std::string describe() const override
  {
    std::string out = "has the notes";
    for (const std::string& text : texts_)
      out += " \"" + text + '"';
    return out;
  }

private:
  std::vector<std::string> texts_;
};

} // namespace detent::catch2
