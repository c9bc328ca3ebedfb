// The words for enumerations that reach a report.
#include <detent/choice.hpp>
#include <detent/verdict.hpp>

namespace detent {

std::string_view to_string(verdict v) noexcept
{
  switch (v)
  {
  case verdict::pass:
    return "pass";
  case verdict::assertion:
    return "assertion";
  case verdict::unhandled_exception:
    return "unhandled exception";
  case verdict::deadlock:
    return "deadlock";
  case verdict::leak:
    return "leak";
  case verdict::livelock:
    return "livelock";
  case verdict::invariant:
    return "invariant";
  case verdict::liveness:
    return "liveness";
  case verdict::vacuous:
    return "vacuous";
  case verdict::hog:
    return "hog";
  case verdict::not_linearizable:
    return "not linearizable";
  case verdict::crash:
    return "crash";
  case verdict::diverged:
    return "diverged";
  case verdict::nondeterministic:
    return "nondeterministic";
  }
  return "?";
}

std::string_view to_string(choice_kind kind) noexcept
{
  switch (kind)
  {
  case choice_kind::step:
    return "step";
  case choice_kind::tie:
    return "tie";
  case choice_kind::value:
    return "value";
  }
  return "?";
}

} // namespace detent
