#include "queued_timeout.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace queued_timeout {
namespace {

class request
{
public:
  request(asio::any_io_executor executor, bool marks_done)
    : timeout_(executor), reply_(executor), marks_done_(marks_done)
  {
  }

  void start()
  {
    timeout_.expires_after(10ms);
    timeout_.async_wait([this](boost::system::error_code error) {
      if (!error)
        complete();
    });
    reply_.expires_after(9ms);
    reply_.async_wait([this](boost::system::error_code) {
      timeout_.cancel();
      complete();
    });
  }

  int completions() const { return completions_; }

private:
  void complete()
  {
    if (marks_done_ && done_)
      return;
    done_ = true;
    ++completions_;
  }

  asio::steady_timer timeout_;
  asio::steady_timer reply_;
  bool marks_done_;
  bool done_ = false;
  int completions_ = 0;
};

asio::awaitable<int> run(asio::any_io_executor executor, bool marks_done)
{
  request sent(executor, marks_done);
  sent.start();
  asio::steady_timer later(executor, 50ms);
  co_await later.async_wait(asio::use_awaitable);
  co_return sent.completions();
}

} // namespace

asio::awaitable<int> broken(asio::any_io_executor executor) { return run(executor, false); }
asio::awaitable<int> fixed(asio::any_io_executor executor) { return run(executor, true); }

} // namespace queued_timeout
