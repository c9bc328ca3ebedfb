// How long to wait before each further attempt: lazy ranges of durations.
//
//     retry(call, exponential(100ms, 10s) | full_jitter(rng) | take(5));
//
//   fixed(d)                     d, d, d, ...
//   exponential(base, cap)       base, 2 base, 4 base, ... and never more than cap
//   | full_jitter(rng)           uniform in [0, d]
//   | equal_jitter(rng)          uniform in [d/2, d]
//   decorrelated_jitter(base, cap, rng)
//                                uniform in [base, 3 times the one before], at most cap
//   | take(n)                    the first n
//
// All are infinite without take(). A random one draws as it is read, from a generator that must live as long; each
// element is drawn once. Source: M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#pragma once

#include <range/v3/view/cache1.hpp>
#include <range/v3/view/generate.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/repeat.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace toolkit {

using delay = std::chrono::nanoseconds;

// Uniform in [low, high].
template <class Rng> delay uniform(delay low, delay high, Rng& rng)
{
  return delay(std::uniform_int_distribution<delay::rep>(low.count(), std::max(low, high).count())(rng));
}

inline auto fixed(delay d) { return ranges::views::repeat(d); }

inline auto exponential(delay base, delay cap)
{
  return ranges::views::iota(0) | ranges::views::transform([base, cap](int i) {
    const bool overflows = i >= 62 || base.count() > (cap.count() >> i);
    return overflows ? cap : delay(base.count() << i);
  });
}

template <class Rng> auto full_jitter(Rng& rng)
{
  return ranges::make_view_closure([&rng](auto&& delays) {
    return ranges::views::transform(std::forward<decltype(delays)>(delays), [&rng](delay d) {
      return uniform(delay::zero(), d, rng);
    }) | ranges::views::cache1;
  });
}

template <class Rng> auto equal_jitter(Rng& rng)
{
  return ranges::make_view_closure([&rng](auto&& delays) {
    return ranges::views::transform(std::forward<decltype(delays)>(delays), [&rng](delay d) {
      return uniform(d / 2, d, rng);
    }) | ranges::views::cache1;
  });
}

template <class Rng> auto decorrelated_jitter(delay base, delay cap, Rng& rng)
{
  return ranges::views::generate([base, cap, last = base, &rng]() mutable {
    last = std::min(cap, uniform(base, last * 3, rng));
    return last;
  });
}

using ranges::views::take;

} // namespace toolkit
