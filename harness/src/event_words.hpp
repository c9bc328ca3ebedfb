// What an event of a recording is in words.
#pragma once

#include <detent/recording.hpp>

#include <string>

namespace detent {

// "waits for timer 1 at client.cpp:33, until 10 ms", "spawns main.1", "runs on".
std::string words_of(const recording& run, const event_record& e);

// Why a step came next, by its index: "overtakes 2 older steps". Empty if it goes on with the task of the step before.
std::string reason_of(const recording& run, std::size_t step);

} // namespace detent
