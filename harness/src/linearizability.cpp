#include <detent/linearizability.hpp>

#include "plural.hpp"

#include <detent/error.hpp>

#include <algorithm>

namespace detent {

std::string render_timeline(std::span<const recorded_call> calls, std::span<const std::size_t> longest)
{
  std::size_t end = 0;
  std::size_t who = 0;
  for (const recorded_call& c : calls)
  {
    end = std::max({end, c.called + 1, c.returned == recorded_call::never ? 0 : c.returned + 1});
    who = std::max(who, c.who.size());
  }
  const std::size_t scale = end <= 48 ? 2 : 1;
  std::string out;
  for (const recorded_call& c : calls)
  {
    const bool open = c.returned == recorded_call::never;
    std::string bar(end * scale + 1, ' ');
    const std::size_t last = open ? end * scale : c.returned * scale;
    std::fill(bar.begin() + static_cast<std::ptrdiff_t>(c.called * scale),
        bar.begin() + static_cast<std::ptrdiff_t>(last), '-');
    bar[c.called * scale] = '|';
    bar[last] = open ? '>' : '|';
    const bool explained = std::ranges::find(longest, static_cast<std::size_t>(&c - calls.data())) != longest.end();
    out += (explained || open ? "    " : "  ! ") + c.who + std::string(who - c.who.size() + 2, ' ') + bar + "  "
        + c.text + "\n";
  }
  out += "  explained";
  for (const std::size_t i : longest)
    out += (i == longest.front() ? " " : ", ") + calls[i].text;
  out += longest.empty() ? " nothing\n" : "\n";
  out += "  then no call marked ! can be next with the reply that it had\n";
  return out;
}

void fail_linearizability(std::size_t calls, std::string_view timeline)
{
  const std::string message =
      "no order of " + plural(calls, "call") + " explains all their replies\n" + std::string(timeline);
  if (machine* world = machine::current(); world && !world->settings().implicit)
    world->fail(verdict::not_linearizable, message);
  throw schedule_ended("detent: " + message);
}

} // namespace detent
