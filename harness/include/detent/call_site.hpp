// Where in the program's source something was started.
//
// A call_site is taken where it happens, which is cheap enough for a schedule that is run for its report, and becomes a
// mark in the report's text; it is looked up in the debug information when the report is printed, in the process that
// prints. What is shown is the innermost line that lies neither in Boost, nor in the standard library, nor in Detent:
// " at client.cpp:33".
//
// A chain says which coroutines await an operation. The line at which each of them awaits is that of its latest call
// that the call sites of its task have seen. Without debug information or libbacktrace (a part of every GCC) marks
// vanish.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace detent {

class call_site
{
public:
  call_site() = default;

  static call_site here() noexcept;

  bool empty() const noexcept { return count_ == 0; }

  // For a text that goes through resolve_call_sites() before anybody reads it.
  std::string mark() const;

  // The frame that lies in the function that begins at `entry`, as far as can be told without debug information.
  void* frame_in(const void* entry) const noexcept;

private:
  std::array<void*, 32> frames_{};
  std::size_t count_ = 0;
};

// A coroutine that awaits, by the address at which it is resumed, with the latest call sites, newest first: those of
// its task, and of all, since a coroutine may have begun as a part of another task. A mark too.
std::string call_chain_link(
    const void* resume, const std::deque<call_site>& of_task, const std::deque<call_site>& of_all);

// The text with its marks replaced: that of a chain by its innermost line.
std::string resolve_call_sites(std::string_view text);

// The marked chain, a line for each coroutine of the program: "queue.cpp:27 in queue::pop".
std::vector<std::string> resolve_call_chain(std::string_view text);

} // namespace detent
