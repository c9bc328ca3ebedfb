#include "queue_deadlock.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <memory>

namespace asio = boost::asio;
using namespace boost::asio::experimental::awaitable_operators;

namespace queue_deadlock {
namespace {

// The usual condition variable of Asio programs: a timer that never expires.
class condition
{
public:
  explicit condition(asio::any_io_executor executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> wait()
  {
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }

  void notify_one() { timer_.cancel_one(); }

private:
  asio::steady_timer timer_;
};

class queue
{
public:
  queue(asio::any_io_executor executor, std::size_t capacity, bool two_conditions)
    : capacity_(capacity), changed_(std::make_shared<condition>(executor)),
      emptied_(two_conditions ? std::make_shared<condition>(executor) : changed_)
  {
  }

  asio::awaitable<void> push(int item)
  {
    while (items_.size() == capacity_)
      co_await emptied_->wait();
    items_.push_back(item);
    changed_->notify_one();
  }

  asio::awaitable<int> pop()
  {
    while (items_.empty())
      co_await changed_->wait();
    const int item = items_.front();
    items_.pop_front();
    emptied_->notify_one();
    co_return item;
  }

private:
  std::size_t capacity_;
  std::deque<int> items_;
  std::shared_ptr<condition> changed_;
  std::shared_ptr<condition> emptied_;
};

asio::awaitable<int> run(asio::any_io_executor executor, bool two_conditions)
{
  queue shared(executor, 1, two_conditions);
  int sum = 0;
  const auto produce = [&](int first) -> asio::awaitable<void> {
    co_await shared.push(first);
    co_await shared.push(first + 1);
  };
  const auto consume = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i)
      sum += co_await shared.pop();
  };
  co_await (consume() && produce(1) && consume() && produce(3));
  co_return sum;
}

} // namespace

asio::awaitable<int> broken(asio::any_io_executor executor) { return run(executor, false); }
asio::awaitable<int> fixed(asio::any_io_executor executor) { return run(executor, true); }

} // namespace queue_deadlock
