// The strategies that can be asked for by name; one file each.
#pragma once

#include <detent/strategy.hpp>

#include <memory>

namespace detent {

std::unique_ptr<strategy> make_random();

} // namespace detent
