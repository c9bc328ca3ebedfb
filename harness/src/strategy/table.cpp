// The names of the strategies: a new one is its file and a line here.
#include "strategies.hpp"

#include <detent/error.hpp>

#include <utility>

namespace detent {
namespace {

using maker = std::unique_ptr<strategy> (*)();

constexpr std::pair<std::string_view, maker> table[] = {
    {"random", &make_random},
};

} // namespace

std::unique_ptr<strategy> make_strategy(std::string_view name)
{
  for (const auto& [known, make] : table)
    if (known == name)
      return make();
  std::string names;
  for (const std::string& known : strategy_names())
    names += (names.empty() ? "" : ", ") + known;
  throw usage_error("there is no strategy \"" + std::string(name) + "\"",
      "set options::strategy or DETENT_STRATEGY to one of: " + names);
}

std::vector<std::string> strategy_names()
{
  std::vector<std::string> names;
  for (const auto& entry : table)
    names.emplace_back(entry.first);
  return names;
}

} // namespace detent
