// Views of a trace, to be composed with those of range-v3 by `|`.
//
//     auto consumed = sim.trace() | detent::views::of_task("consumer") | detent::views::notes;
//     REQUIRE(ranges::distance(consumed) == 3);
//
//     for (const detent::wait& w : sim.trace() | detent::views::between(10ms, 20ms) | detent::views::waits)
//       REQUIRE(w.object == "timer 1");
//
//   of_task(name)         what one task did
//   of_kind(kind)         one kind of event
//   between(a, b)         what happened from virtual time a on and before b
//   between("x", "y")     what happened after the first note "x" and before the next note "y"; without y, to the end
//   notes                 the texts of simulation::note
//   waits                 operations, each from its start to its completion
//
// All are lazy, except that `waits` gathers. This header includes range-v3; the engine does not.
#pragma once

#include <detent/trace.hpp>

#include <range/v3/view/all.hpp>
#include <range/v3/view/drop_while.hpp>
#include <range/v3/view/drop.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take_while.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/view.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

template <> inline constexpr bool ranges::enable_view<detent::trace> = true;

namespace detent {

// Operations; as a view, like the trace that they are of.
class wait_list
{
public:
  using iterator = std::vector<wait>::const_iterator;

  wait_list() : wait_list(std::vector<wait>()) {}
  explicit wait_list(std::vector<wait> waits) : waits_(std::make_shared<const std::vector<wait>>(std::move(waits))) {}

  iterator begin() const noexcept { return waits_->begin(); }
  iterator end() const noexcept { return waits_->end(); }
  std::size_t size() const noexcept { return waits_->size(); }

private:
  std::shared_ptr<const std::vector<wait>> waits_;
};

} // namespace detent

template <> inline constexpr bool ranges::enable_view<detent::wait_list> = true;

namespace detent::views {

inline auto of_task(std::string name)
{
  return ranges::views::filter([name = std::move(name)](const event& e) { return e.task == name; });
}

inline auto of_kind(event_kind kind)
{
  return ranges::views::filter([kind](const event& e) { return e.kind == kind; });
}

inline auto between(std::chrono::nanoseconds from, std::chrono::nanoseconds to)
{
  return ranges::views::filter([=](const event& e) { return e.time >= from && e.time < to; });
}

inline auto between(std::string from, std::string to)
{
  const auto is_not = [](std::string text) {
    return [text = std::move(text)](const event& e) { return e.kind != event_kind::notes || e.words != text; };
  };
  return ranges::make_view_closure([first = is_not(std::move(from)), last = is_not(std::move(to))](auto&& events) {
    return ranges::views::all(std::forward<decltype(events)>(events)) | ranges::views::drop_while(first)
        | ranges::views::drop(1) | ranges::views::take_while(last);
  });
}

inline constexpr auto notes = ranges::make_view_closure([](auto&& events) {
  return ranges::views::all(std::forward<decltype(events)>(events)) | of_kind(event_kind::notes)
      | ranges::views::transform([](const event& e) { return e.words; });
});

inline constexpr auto waits = ranges::make_view_closure([](auto&& events) {
  std::vector<event> all;
  for (const event& e : events)
    all.push_back(e);
  return wait_list(waits_of(trace(std::move(all))));
});

} // namespace detent::views
