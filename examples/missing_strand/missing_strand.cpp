#include "missing_strand.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace missing_strand {
namespace {

asio::awaitable<std::string> run(asio::any_io_executor writer)
{
  std::string log;
  for (const char* part : {"<", "hello", " world", ">"})
    asio::post(writer, [&log, part] { log += part; });
  co_await asio::post(writer, asio::use_awaitable); // after them all, or so it seems
  co_return log;
}

} // namespace

asio::awaitable<std::string> broken(asio::any_io_executor executor) { return run(executor); }
asio::awaitable<std::string> fixed(asio::any_io_executor executor) { return run(asio::make_strand(executor)); }

} // namespace missing_strand
