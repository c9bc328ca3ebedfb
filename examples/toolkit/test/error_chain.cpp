#include "toolkit/error_chain.hpp"

#include "exploring.hpp"

using namespace toolkit;

namespace {

std::exception_ptr error(const char* what) { return std::make_exception_ptr(std::runtime_error(what)); }

std::exception_ptr chained(std::exception_ptr last, std::vector<std::exception_ptr> causes)
{
  try
  {
    throw_chained(std::move(last), std::move(causes));
  }
  catch (...)
  {
    return std::current_exception();
  }
}

} // namespace

TEST_CASE("error_chain: causes below what they caused, in order", "[error_chain]")
{
  const std::exception_ptr both = chained(error("last"), {error("first"), error("second")});
  REQUIRE(explain(both) == "last\n  first\n  second\n");
  const std::exception_ptr deep = chained(error("top"), {both, error("third")});
  REQUIRE(explain(deep) == "top\n  last\n    first\n    second\n  third\n");
}

TEST_CASE("error_chain: nested exceptions, error codes, and what is no exception", "[error_chain]")
{
  std::exception_ptr nested;
  try
  {
    try
    {
      throw boost::system::system_error(asio::error::timed_out, "connecting");
    }
    catch (...)
    {
      std::throw_with_nested(std::runtime_error("no reply"));
    }
  }
  catch (...)
  {
    nested = std::current_exception();
  }
  REQUIRE(explain(nested).starts_with("no reply\n  connecting: Connection timed out"));
  struct nests_nothing : std::runtime_error, std::nested_exception
  {
    using std::runtime_error::runtime_error;
  };
  REQUIRE(explain(std::make_exception_ptr(nests_nothing("alone"))) == "alone\n");
  REQUIRE(explain(std::make_exception_ptr(7)) == "an exception that is no std::exception\n");
  const std::string both = explain(chained(nested, {error("cause")}));
  REQUIRE(both.starts_with("no reply\n  connecting: "));
  REQUIRE(both.ends_with("\n  cause\n"));
}

TEST_CASE("error_chain: the original is there, in its own type", "[error_chain]")
{
  REQUIRE_THROWS_AS(throw_chained(error("alone"), {}), std::runtime_error);
  try
  {
    throw_chained(std::make_exception_ptr(std::out_of_range("far")), {error("cause")});
  }
  catch (const chained_error& e)
  {
    REQUIRE(std::string(e.what()) == "far");
    REQUIRE(e.causes().size() == 1);
    REQUIRE(what_of(e.original()) == "far");
    REQUIRE_THROWS_AS(std::rethrow_exception(e.original()), std::out_of_range);
  }
}
