// Errors that keep what led to them.
//
//     throw_chained(last, earlier);                 // `last`, with the others as its causes
//     log(explain(std::current_exception()));       // one line an error, each cause below what it caused
//
// Contract
//   throw_chained   with no causes throws the error itself, unchanged; else a chained_error, whose what() is the
//                   error's. original() is that, in its own type
//   explain         goes through chained_error, std::nested_exception and error codes; causes are in the order in which
//                   they happened, two spaces deeper than what they caused
#pragma once

#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace toolkit {

inline std::string what_of(const std::exception_ptr& error)
{
  try
  {
    std::rethrow_exception(error);
  }
  catch (const std::exception& e)
  {
    return e.what();
  }
  catch (...)
  {
    return "an exception that is no std::exception";
  }
}

class chained_error : public std::exception
{
public:
  chained_error(std::exception_ptr error, std::vector<std::exception_ptr> causes)
    : state_(std::make_shared<state>(state{what_of(error), std::move(error), std::move(causes)}))
  {
  }

  const char* what() const noexcept override { return state_->what.c_str(); }
  const std::exception_ptr& original() const noexcept { return state_->error; }
  const std::vector<std::exception_ptr>& causes() const noexcept { return state_->causes; }

private:
  struct state
  {
    std::string what;
    std::exception_ptr error;
    std::vector<std::exception_ptr> causes;
  };

  std::shared_ptr<const state> state_; // copying an exception must not throw
};

[[noreturn]] inline void throw_chained(std::exception_ptr error, std::vector<std::exception_ptr> causes)
{
  if (causes.empty())
    std::rethrow_exception(std::move(error));
  throw chained_error(std::move(error), std::move(causes));
}

inline std::string explain(const std::exception_ptr& error, std::size_t depth = 0);

inline std::string explain_causes(const std::exception_ptr& error, std::size_t depth)
{
  std::string text;
  try
  {
    std::rethrow_exception(error);
  }
  catch (const chained_error& e)
  {
    text = explain_causes(e.original(), depth);
    for (const std::exception_ptr& cause : e.causes())
      text += explain(cause, depth);
  }
  catch (const std::nested_exception& e)
  {
    if (e.nested_ptr())
      text = explain(e.nested_ptr(), depth);
  }
  catch (...)
  {
  }
  return text;
}

inline std::string explain(const std::exception_ptr& error, std::size_t depth)
{
  return std::string(2 * depth, ' ') + what_of(error) + "\n" + explain_causes(error, depth + 1);
}

} // namespace toolkit
