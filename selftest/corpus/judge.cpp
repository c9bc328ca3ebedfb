// Whether any fixed program of a corpus fails, for mutate.py: "found", "equivalent" or "missed", and the programs.
//
//     judge [NAME]     only the programs whose names begin so, or "smoke"; all if none does
#include "corpus.hpp"

#include <detent/asio.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv)
{
  const std::string prefix = argc > 1 ? argv[1] : "";
  std::vector<corpus::program> programs;
  for (const corpus::program& p : corpus::all())
    if (p.name.starts_with(prefix) || (p.smoke && prefix == "smoke"))
      programs.push_back(p);
  if (programs.empty())
    programs = corpus::all();
  std::string failing;
  std::string unknown;
  for (const corpus::program& p : programs)
  {
    if (p.hard)
      continue;
    const auto run = [&](const char* strategy, std::uint64_t schedules) {
      detent::options how;
      how.name = p.name;
      how.source_lines = false;
      how.strategy = strategy;
      how.schedules = schedules;
      how.shrink = false;
      how.max_steps = 5'000;
      return detent::explore(
          how, [&](detent::simulation& sim) { return p.run(sim.executor(), corpus::variant::fixed); });
    };
    if (!run("portfolio", 2'000).passed())
      failing += " " + p.name;
    else if (const detent::result all = run(p.declared ? "exhaustive" : "depth_first", 20'000); !all.passed())
      failing += " " + p.name;
    else if (all.coverage == detent::coverage::sampled)
      unknown += " " + p.name;
  }
  if (!failing.empty())
    std::printf("found%s\n", failing.c_str());
  else if (unknown.empty())
    std::printf("equivalent\n");
  else
    std::printf("missed%s\n", unknown.c_str());
}
