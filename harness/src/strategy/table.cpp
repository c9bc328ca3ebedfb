// The names of the strategies: a new one is its file and a line here.
#include "profile.hpp"
#include "strategies.hpp"

#include <detent/error.hpp>

#include <algorithm>
#include <charconv>

namespace detent {
namespace {

struct named
{
  std::string_view name;
  bool takes_number;
  std::uint32_t usual; // the number in parentheses where none is given
  std::unique_ptr<strategy> (*make)(std::uint32_t number, std::shared_ptr<profile> learned);
};

using learned = std::shared_ptr<profile>;

constexpr named table[] = {
    {"portfolio", false, 0, [](std::uint32_t, learned l) { return make_portfolio(std::move(l)); }},
    {"random", false, 0, [](std::uint32_t, learned) { return make_random(); }},
    {"pct", true, 3, [](std::uint32_t n, learned l) { return make_pct(n, std::move(l)); }},
    {"pos", false, 0, [](std::uint32_t, learned l) { return make_pos(std::move(l)); }},
    {"urw", false, 0, [](std::uint32_t, learned l) { return make_urw(std::move(l)); }},
    {"surw", false, 0, [](std::uint32_t, learned l) { return make_surw(std::move(l)); }},
    {"context_bound", true, 2, [](std::uint32_t n, learned l) { return make_context_bound(n, std::move(l)); }},
    {"delay_bound", true, 2, [](std::uint32_t n, learned l) { return make_delay_bound(n, std::move(l)); }},
    {"fuzz", false, 0, [](std::uint32_t, learned) { return make_fuzz(); }},
    {"exhaustive", true, 0, [](std::uint32_t n, learned) { return make_exhaustive(search_kind::exhaustive, n); }},
    {"preemption_bound", true, 2,
        [](std::uint32_t n, learned) { return make_exhaustive(search_kind::preemption_bound, n); }},
    {"depth_first", false, 0, [](std::uint32_t, learned) { return make_exhaustive(search_kind::depth_first, 0); }},
};

constexpr std::uint32_t most = 1'000;

std::string joined(const std::vector<std::string>& names)
{
  std::string all;
  for (const std::string& name : names)
    all += (all.empty() ? "" : ", ") + name;
  return all;
}

} // namespace

std::unique_ptr<strategy> make_strategy(std::string_view text)
{
  const std::size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  for (const named& known : table)
  {
    if (known.name != name)
      continue;
    std::uint32_t number = known.usual;
    if (open != std::string_view::npos)
    {
      const char* const end = text.data() + text.size() - 1;
      const auto [at, error] = std::from_chars(text.data() + open + 1, end, number);
      const bool readable = *end == ')' && at == end && error == std::errc();
      if (!known.takes_number || !readable || number == 0 || number > most)
        throw usage_error("the strategy \"" + std::string(text) + "\" cannot be made",
            !known.takes_number ? "write \"" + std::string(name) + "\": it takes no number"
                                : "write \"" + std::string(name) + "(" + std::to_string(std::max(known.usual, 1u))
                    + ")\": the number in parentheses is whole, and 1 to " + std::to_string(most));
    }
    return known.make(number, std::make_shared<profile>());
  }
  throw usage_error("there is no strategy \"" + std::string(text) + "\"",
      "set options::strategy or DETENT_STRATEGY to one of: " + joined(strategy_names()));
}

std::vector<std::string> strategy_names()
{
  std::vector<std::string> names;
  for (const named& known : table)
    names.push_back(std::string(known.name)
        + (known.takes_number ? "(" + (known.usual ? std::to_string(known.usual) : "n") + ")" : ""));
  return names;
}

} // namespace detent
