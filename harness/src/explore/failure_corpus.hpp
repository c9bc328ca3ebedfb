// A folder of failing schedules: kept when found, tried first the next time.
//
// One file for each test, named by the test's fingerprint; a line for each schedule: its token.
#pragma once

#include <string>
#include <vector>

namespace detent {

class failure_corpus
{
public:
  // Throws usage_error if the folder cannot be made or read.
  failure_corpus(const std::string& folder, const std::string& test);

  // The tokens, the latest first. Throws usage_error for a file that holds anything else.
  std::vector<std::string> tokens() const;

  // Adds a token, or brings it to the front.
  void keep(const std::string& token) const;

  // It fails no more.
  void forget(const std::string& token) const;

  const std::string& file() const noexcept { return file_; }

private:
  void write(const std::vector<std::string>& tokens) const;

  std::string test_;
  std::string file_;
};

} // namespace detent
