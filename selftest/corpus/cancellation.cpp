// What exhaustive search leaves out changes nothing: of programs that cancel and race, by sockets too, it finds each outcome that plain
// enumeration finds, in no more schedules than there are partial orders.
#include <detent/asio.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <memory>
#include <set>
#include <string>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

namespace {

using executor = asio::any_io_executor;
using task = asio::awaitable<void>;
using outcome = asio::awaitable<std::string>;

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

task yields(executor on, int times = 1)
{
  for (int i = 0; i < times; ++i)
    co_await asio::post(on, asio::use_awaitable);
}

task sleeps(executor on, std::chrono::nanoseconds time)
{
  asio::steady_timer timer(on, time);
  co_await timer.async_wait(asio::use_awaitable);
}

outcome two_timers(executor on)
{
  const auto first = co_await (sleeps(on, 10ms) || sleeps(on, 10ms));
  co_return std::to_string(first.index());
}

outcome two_yields(executor on)
{
  const auto first = co_await (yields(on) || yields(on));
  co_return std::to_string(first.index());
}

outcome short_and_long(executor on)
{
  const auto first = co_await (yields(on, 2) || yields(on));
  co_return std::to_string(first.index());
}

outcome both_throw(executor on)
{
  const auto leg = [&](int which) -> task {
    co_await yields(on);
    throw which;
  };
  std::string seen = "nothing";
  try
  {
    co_await (leg(1) && leg(2));
  }
  catch (int which)
  {
    seen = std::to_string(which);
  }
  catch (const asio::multiple_exceptions& several)
  {
    try
    {
      std::rethrow_exception(several.first_exception());
    }
    catch (int which)
    {
      seen = std::to_string(which) + " first";
    }
  }
  co_return seen;
}

outcome group_of_timers(executor on)
{
  asio::steady_timer a(on, 10ms);
  asio::steady_timer b(on, 10ms);
  const auto [order, first, second] =
      co_await asio::experimental::make_parallel_group(a.async_wait(asio::deferred), b.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return std::to_string(order[0]) + first.message() + second.message();
}

using numbers = asio::experimental::channel<void(boost::system::error_code, int)>;

task send_late(executor on, std::shared_ptr<numbers> to)
{
  co_await sleeps(on, 10ms);
  co_await to->async_send(boost::system::error_code(), 1, quietly);
}

outcome receive_or_timer(executor on)
{
  const auto sent = std::make_shared<numbers>(on, 1);
  asio::co_spawn(on, send_late(on, sent), asio::detached);
  const auto first = co_await (sent->async_receive(asio::use_awaitable) || sleeps(on, 10ms));
  co_await sleeps(on, 20ms);
  co_return std::to_string(first.index()) + (sent->ready() ? " left" : " empty");
}

outcome signal_to_coroutine(executor on)
{
  asio::cancellation_signal stop;
  asio::steady_timer done(on, 1h);
  std::string seen;
  const auto worker = [&]() -> task {
    for (int i = 0; i < 3; ++i)
    {
      co_await yields(on);
      seen += '.';
    }
  };
  asio::co_spawn(on, worker(), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
    seen += error ? " stopped" : " done";
    done.cancel();
  }));
  co_await yields(on);
  stop.emit(asio::cancellation_type::all);
  co_await done.async_wait(quietly);
  co_return seen;
}

// The outer one is cancelled while its own legs end.
outcome signal_to_outer_coroutine(executor on)
{
  asio::cancellation_signal stop;
  asio::steady_timer done(on, 1h);
  std::string seen;
  const auto worker = [&]() -> task {
    co_await (sleeps(on, 10ms) || sleeps(on, 30ms));
    seen += "slept";
    co_await yields(on);
    seen += ", yielded";
  };
  asio::co_spawn(on, worker(), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
    seen += error ? ", stopped" : ", done";
    done.cancel();
  }));
  co_await sleeps(on, 10ms);
  stop.emit(asio::cancellation_type::all);
  co_await done.async_wait(quietly);
  co_return seen;
}

// A notification that comes before anybody waits for it is lost.
outcome early_cancel(executor on)
{
  asio::steady_timer ready(on, 1h);
  const auto notify = [&]() -> task {
    co_await yields(on);
    ready.cancel();
  };
  asio::co_spawn(on, notify(), asio::detached);
  co_await yields(on);
  const auto [error] = co_await ready.async_wait(quietly);
  co_return error ? "notified" : "lost";
}

using asio::ip::tcp;

task say(executor on, tcp::endpoint to, char what)
{
  co_await yields(on);
  tcp::socket socket(on);
  co_await socket.async_connect(to, asio::use_awaitable);
  co_await socket.async_send(asio::buffer(&what, 1), asio::use_awaitable);
}

// Who is accepted first.
outcome two_clients(executor on)
{
  tcp::acceptor acceptor(on, {asio::ip::address_v4::loopback(), 0});
  for (const char client : {'a', 'b'})
    asio::co_spawn(on, say(on, acceptor.local_endpoint(), client), asio::detached);
  std::string heard(2, ' ');
  for (char& from : heard)
  {
    tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
    co_await client.async_receive(asio::buffer(&from, 1), asio::use_awaitable);
  }
  co_return heard;
}

struct connection
{
  tcp::socket client;
  tcp::socket server;

  explicit connection(executor on) : client(on), server(on) {}

  task connect()
  {
    tcp::acceptor acceptor(client.get_executor(), {asio::ip::address_v4::loopback(), 0});
    co_await (acceptor.async_accept(server, asio::use_awaitable)
        && client.async_connect(acceptor.local_endpoint(), asio::use_awaitable));
  }
};

// A byte comes, and its reader is cancelled: both orders, and the byte is read later if it was not.
outcome byte_or_cancel(executor on)
{
  connection between(on);
  co_await between.connect();
  char byte = ' ';
  std::string seen = "nothing";
  asio::steady_timer done(on, 1h);
  between.server.async_receive(asio::buffer(&byte, 1), [&](boost::system::error_code error, std::size_t) {
    seen = error ? "cancelled" : "read";
    done.cancel();
  });
  const auto cancel = [&]() -> task {
    co_await yields(on);
    between.server.cancel();
  };
  const auto send = [&]() -> task {
    co_await yields(on);
    co_await between.client.async_send(asio::buffer("x", 1), asio::use_awaitable);
  };
  co_await (cancel() && send());
  if (seen == "nothing")
    co_await done.async_wait(quietly);
  co_return seen;
}

// One side closes while the other one sends: what it sends arrives, or resets the connection.
outcome send_or_close(executor on)
{
  connection between(on);
  co_await between.connect();
  const auto close = [&]() -> task {
    co_await yields(on);
    between.server.close();
  };
  std::string seen;
  const auto send = [&]() -> task {
    for (int i = 0; i < 3; ++i)
    {
      const auto [error, size] = co_await between.client.async_send(asio::buffer("x", 1), quietly);
      seen += !error ? "+" : error == asio::error::connection_reset ? "r" : "p";
    }
  };
  co_await (close() && send());
  co_return seen;
}

struct program
{
  const char* name;
  outcome (*run)(executor);
  std::size_t outcomes;
};

constexpr program programs[] = {
    {"two timers", two_timers, 2},
    {"two yields", two_yields, 2},
    {"short and long", short_and_long, 2},
    {"both throw", both_throw, 1},
    {"group of timers", group_of_timers, 2},
    {"receive or timer", receive_or_timer, 3},
    {"signal to a coroutine", signal_to_coroutine, 3},
    {"signal to an outer one", signal_to_outer_coroutine, 2},
    {"early cancel", early_cancel, 2},
    {"two clients", two_clients, 2},
    {"a byte or cancel", byte_or_cancel, 2},
    {"send or close", send_or_close, 3},
};

struct found
{
  std::set<std::string> outcomes;
  detent::result result;
};

found go_through(const program& p, const char* strategy, std::chrono::nanoseconds lag)
{
  detent::options how;
  how.name = p.name;
  how.strategy = strategy;
  how.order = detent::ordering::any;
  how.max_lag = lag;
  how.schedules = 100'000;
  how.isolation = detent::isolation::none; // so that outcomes can be collected here
  found out;
  out.result = detent::explore(how, [&](detent::simulation& sim) -> task {
    std::string seen = co_await p.run(sim.executor());
    out.outcomes.insert(std::move(seen));
  });
  return out;
}

} // namespace

int main()
{
  int failures = 0;
  for (const program& p : programs)
    for (const std::chrono::nanoseconds lag : {0ms, 20ms})
    {
      const found all = go_through(p, "depth_first", lag);
      const found reduced = go_through(p, "exhaustive", lag);
      const bool same = all.outcomes == reduced.outcomes && all.outcomes.size() == p.outcomes
          && all.result.coverage == detent::coverage::complete && reduced.result.executions <= all.result.partial_orders
          && all.result.passed() && reduced.result.passed();
      failures += !same;
      std::printf(
          "%s: %-22s lag %2lld ms: %zu outcomes, %zu reduced; %llu schedules, %llu partial orders, %llu reduced\n",
          same ? "ok" : "NOT THE SAME", p.name,
          static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(lag).count()),
          all.outcomes.size(), reduced.outcomes.size(), static_cast<unsigned long long>(all.result.executions),
          static_cast<unsigned long long>(all.result.partial_orders),
          static_cast<unsigned long long>(reduced.result.executions));
      if (!same)
        for (const std::string& o : all.outcomes)
          std::printf("    %s%s\n", o.c_str(), reduced.outcomes.contains(o) ? "" : "   (not found by exhaustive)");
      if (!all.result.passed())
        std::printf("%s", all.result.report.c_str());
    }
  return failures != 0;
}
