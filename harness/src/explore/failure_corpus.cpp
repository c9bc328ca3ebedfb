#include "failure_corpus.hpp"

#include <detent/error.hpp>
#include <detent/token.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace detent {
namespace {

constexpr std::size_t most = 32; // for one test

std::string file_name(const std::string& test)
{
  char name[32];
  std::snprintf(name, sizeof name, "%08x.detent", fingerprint_of(test));
  return name;
}

} // namespace

failure_corpus::failure_corpus(const std::string& folder, const std::string& test)
  : test_(test), file_((std::filesystem::path(folder) / file_name(test)).string())
{
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const bool is_folder = std::filesystem::is_directory(folder, error);
  std::ifstream readable(file_);
  const bool hidden = std::filesystem::exists(file_, error) && !readable;
  if (!is_folder || hidden)
    throw usage_error("the folder \"" + folder + "\" of failing schedules cannot be made or read",
        "give options::corpus or DETENT_CORPUS a folder that this user may write to");
}

std::vector<std::string> failure_corpus::tokens() const
{
  std::vector<std::string> found;
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line);)
  {
    if (line.empty() || line.starts_with("#"))
      continue;
    try
    {
      check_token(decode_token(line), test_);
    }
    catch (const usage_error&)
    {
      throw usage_error("the file " + file_ + " holds \"" + line.substr(0, 40) + "\", which is no token of this test",
          "remove that line, or the file: it only remembers schedules that failed");
    }
    found.push_back(line);
  }
  return found;
}

void failure_corpus::keep(const std::string& token) const
{
  std::vector<std::string> all = tokens();
  std::erase(all, token);
  all.insert(all.begin(), token);
  all.resize(std::min(all.size(), most));
  write(all);
}

void failure_corpus::forget(const std::string& token) const
{
  std::vector<std::string> all = tokens();
  if (std::erase(all, token) != 0)
    write(all);
}

void failure_corpus::write(const std::vector<std::string>& tokens) const
{
  // Renamed into place, so that another test program never reads half of it.
  const std::string draft = file_ + ".new";
  {
    std::ofstream out(draft, std::ios::trunc);
    out << "# schedules that failed in \"" << test_ << "\"\n";
    for (const std::string& token : tokens)
      out << token << '\n';
    if (!out.flush())
      throw usage_error("the file " + draft + " cannot be written",
          "give options::corpus or DETENT_CORPUS a folder that this user may write to");
  }
  std::filesystem::rename(draft, file_);
}

} // namespace detent
