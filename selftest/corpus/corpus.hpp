// The corpus: small asynchronous programs with one bug each, and known answers.
//
// Each program is plain Boost.Asio code, passes on an io_context that one thread runs and in the dullest schedule, and
// fails in others: by an exception that says what is wrong, or by a deadlock. Its fixed twin never fails. The only word
// of Detent in it is the declaration of shared variables, where exhaustive search needs it.
//
// The ideas come from bugs in the field and from the benchmarks of the literature; each file names its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace corpus {

namespace asio = boost::asio;
using executor = asio::any_io_executor;
using task = asio::awaitable<void>;

enum class variant
{
  broken,
  fixed
};

struct wrong : std::logic_error
{
  using std::logic_error::logic_error;
};

inline void check(bool holds, const char* what)
{
  if (!holds)
    throw wrong(what);
}

struct program
{
  std::string name;
  std::function<task(executor, variant)> run;
  int constraints;         // how many ordering constraints its minimal failures take, at most
  bool needs_time = false; // only where a ready step runs late
  bool deadlocks = false;
  bool declared = false; // every access that matters is: exhaustive search finds it
  bool smoke = false;    // found by almost any schedule but the dullest
  int hard = 0;          // more schedules than the usual limit that it may take to find
};

std::vector<program> all();

} // namespace corpus
