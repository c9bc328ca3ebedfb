// A server with 8 places, and ever more clients: where more of them only wait longer.
#include "scenarios.hpp"

#include "../toolkit/limiter.hpp"
#include "../toolkit/semaphore.hpp"

#include <ranges>

namespace scenarios {

asio::awaitable<void> concurrency_sweep(report& out)
{
  constexpr int places = 8;
  constexpr int calls = 480; // by all clients
  constexpr nanoseconds each = 50ms;
  out.title("Concurrency sweep: the knee");
  out.text("A server does 8 calls of 50 ms at once. n clients call it, each again as soon as it has its answer. Up to "
           "the knee more "
           "clients mean more throughput; beyond it only longer waits. The knee is the number in flight at the highest "
           "throughput with the shortest response, by Little's law: 160/s x 50 ms = 8. The law itself, in flight = "
           "throughput x "
           "response, holds in each row: both sides are measured on their own.");
  out.columns({"clients", "takes", "throughput", "mean response", "in flight", "throughput x response"});
  chart throughput{"Throughput", "clients", "calls/s", {{"", series::line, {}}}, 0};
  chart response{"Mean response", "clients", "ms", {{"", series::line, {}}}, 0};
  const std::vector<int> sweep{1, 2, 4, 6, 8, 10, 12, 16, 24, 32};
  for (const int clients : sweep)
  {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    toolkit::semaphore server(executor, places);
    in_flight calling;
    nanoseconds responses{};
    int begun = 0;
    const auto client = [&](int) -> asio::awaitable<void> {
      while (begun++ < calls)
      {
        const clock::time_point asked = clock::now();
        const in_flight::here here(calling);
        const toolkit::permit place = co_await server.acquire();
        co_await wait(each);
        responses += clock::now() - asked;
      }
    };
    const clock::time_point start = clock::now();
    co_await toolkit::for_each_bounded(std::views::iota(0, clients), static_cast<std::size_t>(clients), client);
    const nanoseconds took = clock::now() - start;
    const nanoseconds formula = calls / std::min(clients, places) * each;
    const double rate = calls / seconds(took);
    const double mean = seconds(responses) / calls;
    const auto rounded = [](double value) { return formatted("%.2f", value); };
    // Both are time x number / took: equal as integers, before they are rounded for the table.
    out.exactly(calling.integral(), responses);
    out.row({number(clients), out.exactly(took, formula), rounded(rate) + "/s", rounded(mean * 1000) + " ms",
        rounded(seconds(calling.integral()) / seconds(took)), rounded(rate * mean)});
    throughput.all[0].add(clients, rate);
    response.all[0].add(clients, mean * 1000);
  }
  for (chart* one : {&throughput, &response})
    one->all.push_back({"knee, by Little's law", series::line, {{places, 0}, {places, one->all[0].points.back().y}}});
  out.plot("throughput", std::move(throughput));
  out.plot("response", std::move(response));
}

} // namespace scenarios
