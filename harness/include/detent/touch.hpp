// Declared accesses: what the exploration engine knows of shared data.
//
//     detent::touch(&cache, detent::access::write);     // right before or after the access itself
//
// Two steps are dependent if both access one object and one of them writes; steps that are not may be run in either
// order with the same outcome, and exhaustive search runs only one of the two. Asio's own objects (timers, channels,
// strands) and the clock declare themselves; plain variables do not, except as detent::shared<T> (<detent/shared.hpp>).
// What exhaustive search finds is complete as far as the accesses are declared, and its verdict says so.
//
// An object is known by its address. touch() has no effect outside a simulation, so code that calls it runs on any
// other runtime too. Cost: a test and a branch, unless accesses are being recorded.
#pragma once

#include <cstdint>

namespace detent {

enum class access : std::uint8_t
{
  read,
  write
};

void touch(const void* object, access how) noexcept;

// Names an object where it is made, so that it has the same name in every schedule. One that is not named here is named
// by the step that first touches it.
void declare(const void* object) noexcept;

// The object at this address is gone: another one there is not the same.
void forget(const void* object) noexcept;

} // namespace detent
