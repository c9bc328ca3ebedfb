// The environment variables, read in this one place.
#pragma once

#include <detent/explore.hpp>

namespace detent {

// `how` with what the environment says in place of it. Throws usage_error for a value that cannot be read.
options with_environment(options how);

// Throws usage_error for options that cannot be meant.
void check_options(const options& how);

// The seed that was given, else the test's own.
std::uint64_t seed_of(const options& how);

// How many schedules may run.
std::uint64_t budget_of(const options& how);

// DETENT_SEED, if set: also implicit simulations go by it.
std::optional<std::uint64_t> seed_from_environment();

// DETENT_THREADS, if set: likewise.
bool wants_os_threads(threading by_default);

std::uint64_t parse_count(std::string_view text, std::string_view variable);
std::uint64_t parse_seed(std::string_view text);
std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view variable);

} // namespace detent
