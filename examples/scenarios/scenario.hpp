// What the worked scenarios have in common: plain Asio, on whatever clock they run on. In a simulation their tables are
// exact to the nanosecond, and ten minutes take none.
#pragma once

#include "chart.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace scenarios {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using clock = std::chrono::steady_clock;

// Where a scenario writes: text, a table, charts.
class report
{
public:
  explicit report(std::ostream& out) : out_(out) {}

  void title(const std::string& text);
  void text(const std::string& paragraph);
  void columns(const std::vector<std::string>& names);
  void row(const std::vector<std::string>& cells);
  void plot(std::string name, chart drawn);

  // The measured value; where it is not what the formula gives, that too, and the scenario does not hold.
  std::string exactly(nanoseconds measured, nanoseconds formula);
  std::string exactly(std::int64_t measured, std::int64_t formula);

  bool holds() const noexcept { return differences_ == 0; }
  const std::vector<std::pair<std::string, chart>>& charts() const noexcept { return charts_; }

private:
  std::ostream& out_;
  int differences_ = 0;
  std::vector<std::pair<std::string, chart>> charts_;
};

struct scenario
{
  const char* name;
  asio::awaitable<void> (*run)(report&);
};

// 1,234,567
std::string number(std::int64_t value);
// 500 ms, 10 s, 932.7 s
std::string text_of(nanoseconds time);
double seconds(nanoseconds time);
std::string formatted(const char* format, double value);

inline asio::awaitable<void> wait(nanoseconds time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

inline asio::awaitable<void> wait_until(clock::time_point time)
{
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(time);
  co_await timer.async_wait(asio::use_awaitable);
}

// How many are inside, over time.
class in_flight
{
public:
  class here
  {
  public:
    explicit here(in_flight& of) : of_(of) { of_.change(1); }
    ~here() { of_.change(-1); }
    here(const here&) = delete;
    here& operator=(const here&) = delete;

  private:
    in_flight& of_;
  };

  int most() const noexcept { return most_; }
  nanoseconds integral() const noexcept { return integral_; } // number x time, while somebody was inside
  const series& over_time() const noexcept { return over_time_; }

private:
  void change(int by)
  {
    const clock::time_point at = clock::now();
    integral_ += now_ * (at - changed_);
    changed_ = at;
    now_ += by;
    most_ = std::max(most_, now_);
    over_time_.add(seconds(at - start_), now_);
  }

  clock::time_point start_ = clock::now();
  clock::time_point changed_ = start_;
  int now_ = 0;
  int most_ = 0;
  nanoseconds integral_{};
  series over_time_{"", series::steps, {}};
};

} // namespace scenarios
