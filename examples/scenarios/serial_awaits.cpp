// Four look-ups that need nothing of each other, awaited one after the other, and together.
#include "scenarios.hpp"

#include "../toolkit/together.hpp"

namespace scenarios {

asio::awaitable<void> serial_awaits(report& out)
{
  struct lookup
  {
    std::string name;
    nanoseconds takes;
  };
  const std::vector<lookup> lookups{{"profile", 30ms}, {"orders", 80ms}, {"recommendations", 120ms}, {"stock", 50ms}};
  out.title("Serial awaits where parallel was meant");
  out.text(
      "Four look-ups that need nothing of each other. Awaited one after the other they take the sum of their times, "
      "together the longest one's.");
  out.columns({"", "takes", "by the formula"});
  chart drawn{"Who waits for whom", "ms", "", {}, 0};
  const clock::time_point begin = clock::now();
  const auto draws = [&](const lookup& one, int at, series& as) -> asio::awaitable<void> {
    as.add(1000 * seconds(clock::now() - begin), at);
    co_await wait(one.takes);
    as.add(1000 * seconds(clock::now() - begin), at);
  };

  nanoseconds sum{};
  nanoseconds longest{};
  series serial{"one after the other", series::spans, {}};
  int at = 8;
  for (const lookup& one : lookups)
  {
    co_await draws(one, at--, serial);
    sum += one.takes;
    longest = std::max(longest, one.takes);
  }
  out.row({"one after the other", out.exactly(clock::now() - begin, sum), "the sum"});
  drawn.all.push_back(std::move(serial));

  const clock::time_point second = clock::now();
  std::vector<series> parts(lookups.size(), series{"", series::spans, {}});
  std::vector<asio::awaitable<void>> together;
  for (std::size_t i = 0; i < lookups.size(); ++i)
    together.push_back(draws(lookups[i], at--, parts[i]));
  co_await toolkit::all(std::move(together));
  out.row({"together", out.exactly(clock::now() - second, longest), "the longest"});
  series parallel{"together, after it", series::spans, {}};
  for (const series& part : parts)
    parallel.points.insert(parallel.points.end(), part.points.begin(), part.points.end());
  drawn.all.push_back(std::move(parallel));
  out.plot("serial_awaits", std::move(drawn));
}

} // namespace scenarios
