// What Detent throws.
//
// usage_error   something was asked for that cannot be done as asked: a malformed token, a seed that is no
//               number, a thread that Detent does not control, a socket. what() is one message of two
//               parts: what is wrong, and after "Next:" what to type or change.
// deadlock_error  leaves io_context::run() when nothing is ready, no deadline lies ahead and work is
//               outstanding: where a real run() would wait for ever.
// schedule_ended  leaves io_context::run() when the running schedule has already failed, so that its body
//               unwinds. Catching it changes nothing: the verdict is recorded.
#pragma once

#include <stdexcept>
#include <string>

namespace detent {

class usage_error : public std::logic_error
{
public:
  usage_error(const std::string& what_is_wrong, const std::string& next)
    : std::logic_error("detent: " + what_is_wrong + "\n  Next: " + next)
  {
  }
};

class deadlock_error : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

class schedule_ended : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

} // namespace detent
