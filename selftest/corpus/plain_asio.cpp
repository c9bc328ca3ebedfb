// The corpus on Asio's own runtime. The fixed programs pass; the broken ones too, unless the machine is as late as
// their bug needs it to be: hence the attempts.
#include "corpus.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdio>
#include <exception>

namespace asio = boost::asio;

namespace {

bool passes(const corpus::program& p, corpus::variant which)
{
  asio::io_context context(1);
  std::exception_ptr error;
  bool ended = false;
  asio::co_spawn(context, p.run(context.get_executor(), which), [&](std::exception_ptr e) {
    error = e;
    ended = true;
  });
  try
  {
    context.run_for(std::chrono::seconds(2));
  }
  catch (const corpus::wrong&)
  {
    return false;
  }
  return ended && !error;
}

} // namespace

int main()
{
  int failures = 0;
  for (const corpus::program& p : corpus::all())
    for (const corpus::variant which : {corpus::variant::broken, corpus::variant::fixed})
    {
      const int attempts = which == corpus::variant::broken ? 20 : 1;
      int attempt = 1;
      while (!passes(p, which) && attempt <= attempts)
        ++attempt;
      if (attempt > attempts)
      {
        std::printf("%s, %s: fails on a plain io_context\n", p.name.c_str(),
            which == corpus::variant::broken ? "broken" : "fixed");
        ++failures;
      }
    }
  return failures;
}
