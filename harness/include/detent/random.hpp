// Reproducible random numbers.
//
//     detent::generator random(seed);
//     std::uint64_t roll = random.below(6);       // 0 .. 5
//
// The same seed gives the same numbers with every compiler, standard library and build type; the
// distributions of <random> do not promise that, so a test that wants portable replay draws with
// below() and between(). A generator is a value: copying it copies its position.
//
// Source: xoshiro256** 1.0 and SplitMix64 (Blackman, Vigna: "Scrambled linear pseudorandom number
// generators", 2018); below() is Lemire's multiply-and-reject ("Fast random integer generation in an
// interval", 2019).
#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace detent {

// One round of SplitMix64: a bijection whose output bits all depend on all input bits.
constexpr std::uint64_t mix(std::uint64_t x) noexcept
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept { return mix(mix(a) ^ b); }

class generator
{
public:
  using result_type = std::uint64_t;

  constexpr explicit generator(std::uint64_t seed = 0) noexcept
  {
    for (auto& word : state_)
      word = seed = mix(seed);
  }

  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

  constexpr result_type operator()() noexcept
  {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound); 0 when bound is 0.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept
  {
    if (bound <= 1)
      return 0;
    __extension__ using wide = unsigned __int128;
    wide product = static_cast<wide>((*this)()) * bound;
    if (auto low = static_cast<std::uint64_t>(product); low < bound)
    {
      const std::uint64_t reject = (0 - bound) % bound;
      while (low < reject)
      {
        product = static_cast<wide>((*this)()) * bound;
        low = static_cast<std::uint64_t>(product);
      }
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  // Uniform in [low, high], both included; low when high < low.
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) noexcept
  {
    if (high <= low)
      return low;
    const auto width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t offset = width == max() ? (*this)() : below(width + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }

private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int by) noexcept { return (x << by) | (x >> (64 - by)); }

  std::array<std::uint64_t, 4> state_{};
};

} // namespace detent
