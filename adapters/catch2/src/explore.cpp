#define CATCH_CONFIG_EXTERNAL_INTERFACES // Catch2 2.x: listeners
#include <detent/catch2_framework.hpp>
#include <detent/explore.hpp>
#include <detent/machine.hpp>

#if DETENT_CATCH2_MAJOR == 3
#include <catch2/internal/catch_test_failure_exception.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#endif

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace detent::catch2 {

void explore(const options& how, const body& test);

namespace {

// Where Catch2 is, and what failed last. One test runs at a time, on one thread.
struct position
{
  std::string test;
  std::vector<std::string> sections;
  bool assertion_failed = false;
};

position& current()
{
  static position own;
  return own;
}

#if DETENT_CATCH2_MAJOR == 3
using listener_base = Catch::EventListenerBase;
#else
using listener_base = Catch::TestEventListenerBase;
#endif

class listener : public listener_base
{
public:
  using listener_base::listener_base;

  void testCaseStarting(const Catch::TestCaseInfo& info) override { current() = position{std::string(info.name), {}}; }

  // The first section is the test case itself.
  void sectionStarting(const Catch::SectionInfo& info) override { current().sections.emplace_back(info.name); }
  void sectionEnded(const Catch::SectionStats&) override { current().sections.pop_back(); }

#if DETENT_CATCH2_MAJOR == 3
  void assertionEnded(const Catch::AssertionStats& stats) override { ended(stats); }
#else
  bool assertionEnded(const Catch::AssertionStats& stats) override
  {
    ended(stats);
    return false;
  }
#endif

private:
  static void ended(const Catch::AssertionStats& stats)
  {
    const Catch::AssertionResult& result = stats.assertionResult;
    if (result.isOk())
      return;
    current().assertion_failed = true;
    machine* world = machine::current();
    if (!world || world->settings().implicit)
      return;
    std::string text(result.getExpressionInMacro());
    if (result.hasExpandedExpression())
      text += "\nwith expansion: " + std::string(result.getExpandedExpression());
    else if (result.hasMessage())
      text += "\n" + std::string(result.getMessage());
    const Catch::SourceLineInfo at = result.getSourceInfo();
    world->fail(verdict::assertion, text + "\nat " + at.file + ":" + std::to_string(at.line));
  }
};

std::string name_here()
{
  std::string name = current().test;
  for (std::size_t i = 1; i < current().sections.size(); ++i)
    name += " / " + current().sections[i];
  return name;
}

// Catch2 reads commas, brackets and backslashes of a test's name as syntax.
std::string command_here()
{
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string program;
  std::getline(file, program, '\0');
  std::string name;
  for (const char c : current().test)
    name +=
        c == '\'' ? std::string("'\\''") : std::string(c == ',' || c == '[' || c == ']' || c == '\\' ? 1 : 0, '\\') + c;
  std::string command = program + " '" + name + "'";
  for (std::size_t i = 1; i < current().sections.size(); ++i)
    command += " -c '" + current().sections[i] + "'";
  return command;
}

[[noreturn]] void end_test_case()
{
#if DETENT_CATCH2_MAJOR == 3
  Catch::throw_test_failure_exception();
#else
  throw Catch::TestFailureException();
#endif
}

} // namespace

void explore(const options& given, const body& test)
{
  options how = given;
  if (how.name.empty())
    how.name = name_here();
  if (how.command.empty())
    how.command = command_here();
  if (how.isolation == isolation::none)
    how.shrink = false; // Catch2 would report the assertion once for each attempt
  current().assertion_failed = false;
  const result found = detent::explore(how, test);
  if (found.passed())
  {
    if (!found.warning.empty())
      WARN(found.report);
    SUCCEED(found.report);
    return;
  }
  // Reporters wrap and indent text, which would tear the table and the token apart.
  std::fprintf(stderr, "\n%s\n", found.report.c_str());
  const std::string kind(to_string(found.verdict));
  const std::string replay = "Detent's report is on stderr. DETENT_REPLAY=" + found.token;
  if (current().assertion_failed)
    end_test_case(); // the search ran in this process, and Catch2 has seen it
  if (found.verdict == verdict::assertion)
  {
    // Once more in this process, where the assertion is Catch2's to report.
    INFO(replay);
    how.replay = found.token;
    static_cast<void>(simulate(how, test));
    if (current().assertion_failed)
      end_test_case();
  }
  FAIL(kind + ": " + found.message + "\n" + replay);
}

} // namespace detent::catch2

using detent_listener = detent::catch2::listener;
CATCH_REGISTER_LISTENER(detent_listener)
