// Replay tokens: a schedule as one line of text.
//
//     detent1-AYV3k1c2...
//
// A token holds the format's version, a fingerprint of the test's name, the order and lag that the schedule
// ran under, the seed of sim.rng() if that was used, the choices that are not 0, and 32 bits of the trace's
// hash. A chosen step is named by its task's path, not by its index. A token is the same in every build type
// and on every machine.
//
// Text: "detent1-" and base64url without padding (RFC 4648 section 5). The last two bytes are a checksum, so
// that a token which was cut or mistyped is refused, not replayed as another schedule.
#pragma once

#include <detent/choice.hpp>
#include <detent/lane.hpp>
#include <detent/recording.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace detent {

struct token_choice
{
  choice_kind kind = choice_kind::step;
  std::uint64_t label = 0; // of the chosen task, clock_task for the clock
  std::string path;        // its path, for messages
  std::uint32_t occurrence = 0;
  std::uint32_t index = 0;        // for ties and values
  std::uint32_t zeros_before = 0; // choices answered with 0 between the previous one and this
};

struct token
{
  std::uint32_t fingerprint = 0;
  std::uint32_t hash = 0;
  detent::order order = order::fifo;
  std::int64_t max_lag = 0; // ns
  bool has_seed = false;
  std::uint64_t seed = 0;
  std::vector<token_choice> choices;
};

std::uint32_t fingerprint_of(std::string_view test_name) noexcept;

// Of a schedule that was recorded at full level.
std::string encode_token(const recording& run, std::string_view test_name, order o, std::int64_t max_lag);

// Throws usage_error for what is no token, is damaged, is of a newer format or, with a test's name, of
// another test.
token decode_token(std::string_view text);
void check_token(const token& t, std::string_view test_name);

} // namespace detent
