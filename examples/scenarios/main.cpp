// Runs the worked scenarios on virtual time, and prints their tables.
//
//     scenarios                      all
//     scenarios fan_out outage       these
//     scenarios --docs docs          writes docs/scenarios.md and its pictures
//     scenarios --busy               on a machine that is late and runs things in any order: the formulas do not hold there
//
// Exits with 1 when a figure is not what its formula gives.
#include "scenarios.hpp"

#include <detent/asio.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace scenarios {

namespace {

const std::vector<scenario>& all()
{
  static const std::vector<scenario> list{{"serial_awaits", serial_awaits}, {"fan_out", fan_out},
      {"concurrency_sweep", concurrency_sweep}, {"backlog", backlog}, {"tail_latency", tail_latency},
      {"thundering_herd", thundering_herd}, {"outage", outage}, {"thumbnails", thumbnails},
      {"transaction", transaction}, {"copies", copies}};
  return list;
}

// One thread of an idle machine, on which nothing is ever late; or a busy one.
detent::options machine(bool is_busy)
{
  detent::options how;
  how.order = is_busy ? detent::ordering::any : detent::ordering::fifo;
  how.max_lag = is_busy ? 10ms : 0ms;
  how.max_steps = how.max_steps_per_instant = 10'000'000;
  how.schedules = is_busy ? 8 : 1; // the first ones of which are not that busy
  how.strategy = is_busy ? "random" : "portfolio";
  how.isolation = detent::isolation::none;
  how.watchdog = 5min; // on a machine that does other things too
  return how;
}

// Whether its figures are those of the formulas.
bool run(const scenario& one, bool is_busy, std::ostream& out, const std::filesystem::path& pictures)
{
  std::ostringstream text;
  bool holds = true;
  const detent::result done = detent::explore(machine(is_busy), [&](detent::simulation&) -> asio::awaitable<void> {
    text.str("");
    report seen(text);
    co_await one.run(seen);
    holds = seen.holds() && holds;
    for (const auto& [name, drawn] : seen.charts())
      if (!pictures.empty())
      {
        std::ofstream file(pictures / (name + ".svg"));
        draw(file, drawn);
      }
  });
  out << text.str() << '\n';
  if (!done.passed())
    std::cerr << done.report;
  else if (!holds)
    std::cerr << one.name << ": a figure is not what its formula gives\n";
  return done.passed() && holds;
}

constexpr auto about = R"(# Worked scenarios

What timeouts, limits, queues and breakers do to a system, in tables that are exact: `examples/scenarios/` are programs on plain Asio
and the toolkit, run on virtual time. `scenarios NAME` prints one of them; `--docs docs` has written this page. Where a formula
gives a figure, the program compares, and fails if it differs by a nanosecond.

)";

int main(const std::vector<std::string>& arguments)
{
  bool is_busy = false;
  std::filesystem::path docs;
  std::vector<scenario> chosen;
  for (std::size_t i = 0; i < arguments.size(); ++i)
  {
    const auto known = std::ranges::find(all(), arguments[i], &scenario::name);
    if (arguments[i] == "--busy")
      is_busy = true;
    else if (arguments[i] == "--docs" && i + 1 < arguments.size())
      docs = arguments[++i];
    else if (known != all().end())
      chosen.push_back(*known);
    else
    {
      std::cerr << "scenarios: no scenario " << arguments[i] << "; there are";
      for (const scenario& one : all())
        std::cerr << ' ' << one.name;
      std::cerr << ", --busy, and --docs FOLDER\n";
      return 2;
    }
  }
  std::ofstream page;
  std::filesystem::path pictures;
  if (!docs.empty())
  {
    pictures = docs / "scenarios";
    std::filesystem::create_directories(pictures);
    page.open(docs / "scenarios.md");
    page << about;
    if (!page)
    {
      std::cerr << "scenarios: cannot write to " << docs.string() << '\n';
      return 2;
    }
  }
  bool hold = true;
  for (const scenario& one : chosen.empty() ? all() : chosen)
    hold = run(one, is_busy, docs.empty() ? std::cout : page, pictures) && hold;
  return hold ? 0 : 1;
}

} // namespace
} // namespace scenarios

int main(int count, char** arguments)
{
  return scenarios::main(std::vector<std::string>(arguments + 1, arguments + count));
}
