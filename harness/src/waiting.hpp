// What a deadlock or a leak leaves: the operations that wait, who awaits them, and who could have ended the wait.
#pragma once

#include <detent/recording.hpp>

#include <string>

namespace detent {

std::string render_waiting(const recording& run);

} // namespace detent
