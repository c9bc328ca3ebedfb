// "1 step", "2 steps": for reports.
#pragma once

#include <cstdint>
#include <string>

namespace detent {

inline std::string plural(std::uint64_t n, const char* noun)
{
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

} // namespace detent
