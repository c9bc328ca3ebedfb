#include "report_files.hpp"

#include <detent/error.hpp>
#include <detent/report.hpp>
#include <detent/token.hpp>

#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace detent {

std::string report_file_name(const std::string& test)
{
  constexpr std::size_t longest = 60;
  std::string name;
  for (const char c : test)
  {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (name.size() < longest && (plain || (!name.empty() && name.back() != '-')))
      name += plain ? c : '-';
  }
  char fingerprint[16];
  std::snprintf(fingerprint, sizeof fingerprint, "%08x", fingerprint_of(test));
  return name + (name.empty() || name.back() == '-' ? "" : "-") + fingerprint;
}

void write_report_files(const options& how, const result& failed, const recording& run)
{
  if (how.out.empty())
    return;
  std::error_code error;
  std::filesystem::create_directories(how.out, error);
  const auto write = [&](const char* kind, const std::string& text) {
    const std::string file = (std::filesystem::path(how.out) / (report_file_name(how.name) + kind)).string();
    std::ofstream to(file, std::ios::trunc | std::ios::binary);
    if (!(to << text).flush())
      throw usage_error("the report file " + file + " cannot be written",
          "give options::out or DETENT_OUT a folder that this user may write to");
  };
  write(".txt", failed.report);
  write(".json", render_trace(run));
  write(".html", render_page(run, failed, how));
  if (!failed.token.empty())
    write(".token", failed.token + "\n");
}

} // namespace detent
