// The steps that became ready since a strategy was last asked: so that it need not look at all of them each time.
#pragma once

#include <detent/lane.hpp>
#include <detent/strategy.hpp>

#include <algorithm>
#include <cstdint>

namespace detent {

class newcomers
{
public:
  void begin() noexcept
  {
    seen_ = 0;
    from_ = nullptr;
    held_ = false;
  }

  // Calls start_anew() if what was known no longer holds, then take(alternative) for each step that is new.
  template <class Anew, class Take> void admit(const choice_point& at, const Anew& start_anew, const Take& take)
  {
    // A follower that is released is as old as the step it followed: then all are taken in anew.
    const bool held = at.from->ready.held() != 0;
    if (at.from != from_ || held || held_)
      seen_ = 0;
    if (at[0].arrival > seen_)
      start_anew();
    from_ = at.from;
    held_ = held;
    std::uint32_t newest = seen_;
    for (auto i = static_cast<std::uint32_t>(at.from->enabled()); i-- > 0;)
    {
      const alternative a = at[i];
      if (a.arrival <= seen_)
        break;
      newest = std::max(newest, a.arrival);
      take(a);
    }
    seen_ = newest;
  }

private:
  std::uint32_t seen_ = 0;
  const lane* from_ = nullptr;
  bool held_ = false;
};

} // namespace detent
