// What hunts share: a failure as text, what a reader would copy out of its report, and that replayed in a fresh
// process.
#pragma once

#include <detent/explore.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

namespace replaying {

// "assertion 0123456789abcdef": the verdict and the trace's hash, one word each.
inline std::string outcome(const detent::result& r)
{
  std::string verdict(to_string(r.verdict));
  std::ranges::replace(verdict, ' ', '-');
  char hash[32];
  std::snprintf(hash, sizeof hash, " %016llx", static_cast<unsigned long long>(r.hash));
  return verdict + hash;
}

inline std::string printed_token(const std::string& report)
{
  const std::string before = "DETENT_REPLAY=";
  const std::size_t at = report.find(before);
  if (at == std::string::npos)
    return {};
  const std::size_t from = at + before.size();
  return report.substr(from, report.find_first_of(" \n", from) - from);
}

// The first line that `self replay NAME` prints.
inline std::string in_fresh_process(const char* self, const std::string& token, const std::string& name)
{
  const std::string command = "DETENT_REPLAY='" + token + "' '" + self + "' replay " + name;
  FILE* child = ::popen(command.c_str(), "r");
  char line[256] = {};
  if (!std::fgets(line, sizeof line, child))
    line[0] = '\0';
  ::pclose(child);
  return std::string(line).substr(0, std::strcspn(line, "\n"));
}

} // namespace replaying
