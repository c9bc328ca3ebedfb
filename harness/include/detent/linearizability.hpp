// Linearizability: whether what concurrent clients saw of an object could have been seen one call after the other.
//
//     struct register_model                               // the object, as if used by one client at a time
//     {
//       int value = 0;
//       bool apply(const std::string& call, const std::optional<int>& reply)
//       {
//         if (call != "read")
//           value = std::stoi(call);
//         return call != "read" || !reply || *reply == value;
//       }
//       bool operator==(const register_model&) const = default;
//     };
//
//     detent::history<std::string, int> seen;
//     auto client = [&](std::string what) -> asio::awaitable<void> {
//       auto call = seen.call(what);                      // in the name of the running task
//       call.returned(co_await object.ask(what));
//     };
//     ...
//     detent::check_linearizable(seen, register_model());  // fails the schedule: verdict::not_linearizable
//
// A history is linearizable if all its calls can be put in an order that explains every reply, and in which a call that
// had returned before another one was made comes before it. A call that has not returned may have had its effect or
// not.
//
// A model is the object's sequential state: copyable, comparable, and with apply(call, reply), which changes it as the
// call does and says whether the reply is one that it may give; an absent reply is not known, and any. Calls and
// replies are copied, and printed with operator<<.
//
// linearizable() only answers, with a timeline where the answer is no. The cost is exponential in the number of calls
// that overlap; 8 clients with 12 calls each take milliseconds.
//
// Source: Wing, Gong: "Testing and verifying concurrent objects" (JPDC 1993), with the cache of Lowe: "Testing for
// linearizability" (Concurrency and Computation, 2017).
#pragma once

#include <detent/machine.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace detent {

// One call, as a timeline shows it; times count calls and returns.
struct recorded_call
{
  static constexpr std::size_t never = ~std::size_t{0};

  std::string who;
  std::string text;
  std::size_t called = 0;
  std::size_t returned = never;
};

template <class Call, class Reply> class history
{
public:
  struct entry
  {
    Call call;
    std::optional<Reply> reply;
    recorded_call shown;
  };

  // One that is going on. It may be destroyed without having returned, but not outlive the history.
  class pending
  {
  public:
    void returned(Reply reply)
    {
      entry& e = history_->entries_[number_];
      std::ostringstream text;
      text << e.shown.text << " -> " << reply;
      e.shown.text = text.str();
      e.shown.returned = history_->time_++;
      e.reply = std::move(reply);
    }

  private:
    friend class history;
    pending(history& h, std::size_t number) : history_(&h), number_(number) {}

    history* history_;
    std::size_t number_;
  };

  pending call(Call made)
  {
    std::ostringstream text;
    text << made;
    entries_.push_back({std::move(made), std::nullopt, {running_task(), text.str(), time_++}});
    return {*this, entries_.size() - 1};
  }

  std::span<const entry> calls() const noexcept { return entries_; }

private:
  static std::string running_task()
  {
    const machine* world = machine::current();
    return world ? task_name(world->tasks().records(), world->current_task()) : std::string();
  }

  std::vector<entry> entries_;
  std::size_t time_ = 0;
};

struct linearization
{
  bool possible = false;
  std::vector<std::size_t> order{}; // of the calls; if it is not possible, the longest that explains all its replies

  explicit operator bool() const noexcept { return possible; }
};

template <class Call, class Reply, class Model>
linearization linearizable(const history<Call, Reply>& seen, const Model& initial)
{
  const auto calls = seen.calls();
  std::vector<bool> done(calls.size());
  std::map<std::vector<bool>, std::vector<Model>> tried; // after these calls, in these states
  linearization best;
  struct choice
  {
    Model before;
    std::size_t call;
  };
  std::vector<choice> made;
  Model state = initial;
  std::size_t next = 0; // the first call to try at this depth
  const auto returned_calls = static_cast<std::size_t>(
      std::ranges::count_if(calls, [](const auto& c) { return c.shown.returned != recorded_call::never; }));
  std::size_t explained = 0; // of those
  std::size_t most = 0;

  for (;;)
  {
    if (explained == returned_calls)
    {
      best = {true, {}};
      for (const choice& c : made)
        best.order.push_back(c.call);
      return best;
    }
    // No call may come after one that was made after it had returned.
    std::size_t limit = recorded_call::never;
    for (std::size_t i = 0; i < calls.size(); ++i)
      if (!done[i])
        limit = std::min(limit, calls[i].shown.returned);
    bool found = false;
    for (; next < calls.size() && !found; ++next)
    {
      if (done[next] || calls[next].shown.called > limit)
        continue;
      Model after = state;
      if (!after.apply(calls[next].call, calls[next].reply))
        continue;
      done[next] = true;
      std::vector<Model>& states = tried[done];
      if (std::ranges::find(states, after) != states.end())
      {
        done[next] = false;
        continue;
      }
      states.push_back(after);
      made.push_back({std::exchange(state, std::move(after)), next});
      explained += calls[next].reply.has_value();
      found = true;
    }
    if (found)
    {
      next = 0;
      if (explained > most)
      {
        most = explained;
        best.order.clear();
        for (const choice& c : made)
          best.order.push_back(c.call);
      }
      continue;
    }
    if (made.empty())
      return best;
    state = std::move(made.back().before);
    next = made.back().call;
    done[next] = false;
    explained -= calls[next].reply.has_value();
    ++next;
    made.pop_back();
  }
}

// The calls over time, the longest order that explains the replies, and those that no longer fit.
std::string render_timeline(std::span<const recorded_call> calls, std::span<const std::size_t> longest);

void fail_linearizability(std::size_t calls, std::string_view timeline);

template <class Call, class Reply, class Model>
void check_linearizable(const history<Call, Reply>& seen, const Model& initial)
{
  const linearization found = linearizable(seen, initial);
  if (found)
    return;
  std::vector<recorded_call> shown;
  for (const auto& e : seen.calls())
    shown.push_back(e.shown);
  fail_linearizability(shown.size(), render_timeline(shown, found.order));
}

} // namespace detent
