// What a machine asks for deadlines: an adapter's timer queue. For adapters.
#pragma once

#include <cstdint>
#include <limits>

namespace detent {

class machine;

// Something that waits for the clock. Times are ns since the simulation's start.
class timer_source
{
public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  // The earliest deadline, `never` for none.
  virtual std::int64_t next_deadline() noexcept = 0;

  // Calls machine::expired for each wait that is due at `now`, the waits of one timer one after the other,
  // all but the first of a timer as followers.
  virtual void expire(std::int64_t now, machine& world) = 0;

protected:
  ~timer_source() = default;
};

} // namespace detent
