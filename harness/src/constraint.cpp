#include <detent/constraint.hpp>

#include <detent/error.hpp>
#include <detent/random.hpp>
#include <detent/task.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace detent {
namespace {

constexpr std::string_view prefix = "pin1:";
constexpr std::string_view clock_name = "clock";

[[noreturn]] void refuse(std::string_view part)
{
  throw usage_error("the pinned schedule cannot be read at \"" + std::string(part.substr(0, 40)) + "\"",
      "copy the whole pin, from \"pin1:\" to its end, out of the report that printed it");
}

std::uint64_t number_in(std::string_view text, int base = 10)
{
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    refuse(text);
  return value;
}

std::uint32_t small_number_in(std::string_view text)
{
  const std::uint64_t value = number_in(text);
  if (value > 0xffffffff)
    refuse(text);
  return static_cast<std::uint32_t>(value);
}

// Takes the part up to the separator off the front.
std::string_view next_part(std::string_view& text, char separator)
{
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

step_name parse_step(std::string_view text)
{
  const std::size_t at = text.find('#');
  if (at == std::string_view::npos)
    refuse(text);
  step_name made;
  made.task = text.substr(0, at);
  made.label = label_of(made.task);
  made.number = small_number_in(text.substr(at + 1));
  return made;
}

std::string text_of(const step_name& step) { return step.task + "#" + std::to_string(step.number); }

void parse_condition(std::string_view text, pinned_schedule& made)
{
  if (text == "any")
    made.order = order::any;
  else if (text.starts_with("lag="))
  {
    const std::string_view lag = text.substr(4);
    const bool milliseconds = lag.ends_with("ms");
    if (!milliseconds && !lag.ends_with("ns"))
      refuse(text);
    const std::uint64_t count = number_in(lag.substr(0, lag.size() - 2));
    if (count > 1'000'000'000'000)
      refuse(text);
    made.max_lag = static_cast<std::int64_t>(count) * (milliseconds ? 1'000'000 : 1);
  }
  else if (text.starts_with("seed=0x"))
  {
    made.has_seed = true;
    made.seed = number_in(text.substr(7), 16);
  }
  else if (text != "fifo")
    refuse(text);
}

void parse_item(std::string_view text, pinned_schedule& made)
{
  if (const std::size_t before = text.find('<'); before != std::string_view::npos)
  {
    made.constraints.push_back({parse_step(text.substr(0, before)), parse_step(text.substr(before + 1))});
    return;
  }
  const std::size_t at = text.find_first_of("=~");
  if (at == std::string_view::npos)
    refuse(text);
  const std::string_view task = text.substr(0, at);
  made.answers.push_back({text[at] == '~' ? choice_kind::tie : choice_kind::value, std::string(task), label_of(task),
      small_number_in(text.substr(at + 1))});
}

} // namespace

std::uint64_t label_of(std::string_view path)
{
  if (path == clock_name)
    return clock_task;
  std::array<task_record, 1> root{};
  std::uint64_t label = task_table(root).label(main_task);
  std::string_view rest = path;
  if (next_part(rest, '.') != "main")
    refuse(path);
  while (!rest.empty())
    label = mix(label, small_number_in(next_part(rest, '.')));
  return label;
}

bool is_pin(std::string_view text) noexcept { return text.starts_with("pin"); }

std::string render_pin(const pinned_schedule& pinned)
{
  std::string text(prefix);
  text += pinned.order == order::any ? "any" : "fifo";
  if (pinned.max_lag != 0)
    text += ",lag="
        + (pinned.max_lag % 1'000'000 == 0 ? std::to_string(pinned.max_lag / 1'000'000) + "ms"
                                           : std::to_string(pinned.max_lag) + "ns");
  if (pinned.has_seed)
  {
    char seed[32];
    std::snprintf(seed, sizeof seed, ",seed=0x%llx", static_cast<unsigned long long>(pinned.seed));
    text += seed;
  }
  char separator = ':';
  for (const constraint& c : pinned.constraints)
  {
    text += separator + text_of(c.first) + "<" + text_of(c.second);
    separator = ',';
  }
  for (const fixed_answer& a : pinned.answers)
  {
    text += separator + a.task + (a.kind == choice_kind::tie ? "~" : "=") + std::to_string(a.index);
    separator = ',';
  }
  return text;
}

pinned_schedule parse_pin(std::string_view text)
{
  if (!text.starts_with(prefix))
    throw usage_error("the pinned schedule \"" + std::string(text.substr(0, 12))
            + "...\" is of another format than this version of Detent reads (" + std::string(prefix) + "...)",
        "replay it with the version of Detent that printed it, or explore again");
  std::string_view rest = text.substr(prefix.size());
  pinned_schedule made;
  std::string_view conditions = next_part(rest, ':');
  do
    parse_condition(next_part(conditions, ','), made);
  while (!conditions.empty());
  while (!rest.empty())
    parse_item(next_part(rest, ','), made);
  return made;
}

} // namespace detent
