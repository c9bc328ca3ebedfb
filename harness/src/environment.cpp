#include "environment.hpp"

#include <detent/error.hpp>
#include <detent/strategy.hpp>
#include <detent/token.hpp>

#include <charconv>
#include <cstdlib>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

namespace detent {
namespace {

const char* variable(const char* name)
{
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

// Digits in base 10, or after 0x in base 16; nothing before or after them.
bool read_number(std::string_view text, std::uint64_t& value)
{
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal)
    text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::uint64_t fresh_seed()
{
  std::uint64_t seed = 0;
  ::syscall(SYS_getrandom, &seed, sizeof seed, 0); // real entropy, also in a simulated program
  return seed;
}

} // namespace

std::uint64_t parse_count(std::string_view text, std::string_view name)
{
  std::uint64_t count = 0;
  if (!read_number(text, count) || count == 0)
    throw usage_error(std::string(name) + " is \"" + std::string(text) + "\", but it must be a whole number above 0",
        "set " + std::string(name) + "=1000, say, or unset it");
  return count;
}

std::uint64_t parse_seed(std::string_view text)
{
  if (text == "random")
    return fresh_seed();
  std::uint64_t seed = 0;
  if (!read_number(text, seed))
    throw usage_error("DETENT_SEED is \"" + std::string(text) + "\", but a seed is a whole number, or \"random\"",
        "set DETENT_SEED=42 or DETENT_SEED=0x2a or DETENT_SEED=random, or unset it");
  return seed;
}

std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view name)
{
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  const std::string_view unit = unit_at == std::string_view::npos ? "s" : text.substr(unit_at);
  std::uint64_t count = 0;
  std::int64_t scale = 0;
  if (unit == "ms")
    scale = 1'000'000;
  else if (unit == "s")
    scale = 1'000'000'000;
  else if (unit == "min")
    scale = 60'000'000'000;
  if (scale == 0 || !read_number(text.substr(0, unit_at), count) || count == 0 || count > 1'000'000)
    throw usage_error(std::string(name) + " is \"" + std::string(text) + "\", but it must be a time like 60s",
        "set " + std::string(name) + " to a whole number of ms, s or min: 500ms, 60s, 10min");
  return std::chrono::nanoseconds(static_cast<std::int64_t>(count) * scale);
}

std::optional<std::uint64_t> seed_from_environment()
{
  const char* seed = variable("DETENT_SEED");
  return seed ? std::optional(parse_seed(seed)) : std::nullopt;
}

bool wants_os_threads(threading by_default)
{
  const char* threads = variable("DETENT_THREADS");
  if (!threads)
    return by_default == threading::os;
  if (std::string_view(threads) != "os" && std::string_view(threads) != "fibers")
    throw usage_error("DETENT_THREADS is \"" + std::string(threads) + "\", but threads are \"fibers\" or \"os\"",
        "set DETENT_THREADS=os for threads of the operating system, or unset it");
  return std::string_view(threads) == "os";
}

options with_environment(options how)
{
  if (const auto seed = seed_from_environment())
    how.seed = seed;
  if (const char* count = variable("DETENT_SCHEDULES"))
    how.schedules = parse_count(count, "DETENT_SCHEDULES");
  if (const char* time = variable("DETENT_TIME"))
  {
    how.time = parse_duration(time, "DETENT_TIME");
    if (!variable("DETENT_SCHEDULES"))
      how.schedules = ~std::uint64_t{0};
  }
  if (const char* strategy = variable("DETENT_STRATEGY"))
    how.strategy = strategy;
  if (const char* jobs = variable("DETENT_JOBS"))
    how.jobs = static_cast<unsigned>(std::min<std::uint64_t>(parse_count(jobs, "DETENT_JOBS"), 256));
  how.threads = wants_os_threads(how.threads) ? threading::os : threading::fibers;
  if (const char* folder = variable("DETENT_CORPUS"))
    how.corpus = folder;
  if (const char* folder = variable("DETENT_OUT"))
    how.out = folder;
  if (const char* token = variable("DETENT_REPLAY"))
    how.replay = token;
  return how;
}

void check_options(const options& how)
{
  if (how.schedules == 0)
    throw usage_error("options::schedules is 0, so nothing would be explored", "set it to 1 or more, or leave it out");
  if (how.max_steps == 0 || how.max_steps_per_instant == 0)
    throw usage_error(std::string(how.max_steps == 0 ? "options::max_steps" : "options::max_steps_per_instant")
            + " is 0, so no schedule could take a step",
        "set it to the longest schedule you expect, or leave it out");
  if (how.max_lag.count() < 0)
    throw usage_error("options::max_lag is negative", "set it to 0 for exact time, or to how late a step may be");
  if (how.watchdog.count() <= 0)
    throw usage_error("options::watchdog is not positive", "set it to the real time that one step may take");
  if (how.time.count() < 0)
    throw usage_error("options::time is negative", "set it to 0 for no limit, or to the time to explore for");
  static_cast<void>(make_strategy(how.strategy));
}

std::uint64_t seed_of(const options& how) { return how.seed ? *how.seed : mix(fingerprint_of(how.name)); }

std::uint64_t budget_of(const options& how)
{
  const bool systematic = make_strategy(how.strategy)->systematic() != nullptr;
  return how.schedules.value_or(systematic ? 1'000'000 : 1'000);
}

} // namespace detent
