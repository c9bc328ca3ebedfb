// How soon each strategy finds each bug of the corpus.
//
//     survey [--seeds N] [--most N] [--svg DIR] [STRATEGY...]
//
// The unit is a campaign: one exploration of one program from one seed; its outcome the number of schedules up to and
// with the first failing one, cut at --most. For each program and strategy: the restricted mean with a 95 % interval by
// bootstrap, and how many campaigns succeeded. For each strategy: the geometric mean over the suite, and the worst
// ratio to the best strategy of a program.
#include "corpus.hpp"

#include <detent/asio.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

struct campaigns
{
  std::vector<double> schedules; // cut at `most`
  std::uint64_t found = 0;

  double mean() const
  {
    double sum = 0;
    for (const double s : schedules)
      sum += s;
    return sum / static_cast<double>(schedules.size());
  }

  // 95 %, by the percentiles of 1,000 resamplings.
  std::pair<double, double> interval() const
  {
    detent::generator random(7);
    std::vector<double> means;
    for (int i = 0; i < 1'000; ++i)
    {
      double sum = 0;
      for (std::size_t j = 0; j < schedules.size(); ++j)
        sum += schedules[random.below(schedules.size())];
      means.push_back(sum / static_cast<double>(schedules.size()));
    }
    std::ranges::sort(means);
    return {means[25], means[974]};
  }
};

campaigns run(const corpus::program& p, const std::string& strategy, std::uint64_t seeds, std::uint64_t most)
{
  campaigns all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
  {
    detent::options how;
    how.name = p.name;
    how.source_lines = false;
    how.seed = seed;
    how.schedules = most;
    how.strategy = strategy;
    how.jobs = 1;
    how.shrink = false;
    const detent::result r =
        detent::explore(how, [&](detent::simulation& sim) { return p.run(sim.executor(), corpus::variant::broken); });
    all.schedules.push_back(static_cast<double>(r.passed() ? most : r.schedules));
    all.found += !r.passed();
  }
  return all;
}

// Survival curves: the share of campaigns that have not found the bug after so many schedules.
void draw(const std::string& folder, const std::string& name, const std::map<std::string, campaigns>& by_strategy,
    double most)
{
  static constexpr const char* colours[] = {
      "#1b6ca8", "#c0392b", "#27864a", "#8e44ad", "#b8860b", "#16817a", "#7f8c8d", "#d35400", "#2c3e50"};
  std::ofstream out(folder + "/" + name + ".svg");
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 360\" font-family=\"sans-serif\" "
         "font-size=\"12\">\n"
      << "<text x=\"60\" y=\"20\" font-size=\"15\">" << name << ": campaigns without a failure yet</text>\n"
      << "<path d=\"M60 30V310H500\" fill=\"none\" stroke=\"#444\"/>\n"
      << "<text x=\"20\" y=\"40\">100 %</text><text x=\"34\" y=\"312\">0 %</text>\n";
  const auto x = [&](double schedules) { return 60 + 440 * std::log(schedules) / std::log(most); };
  for (double tick = 1; tick <= most; tick *= 10)
    out << "<text x=\"" << x(tick) - 4 << "\" y=\"328\">" << tick << "</text>\n";
  out << "<text x=\"230\" y=\"348\">schedules</text>\n";
  int line = 0;
  for (const auto& [strategy, c] : by_strategy)
  {
    std::vector<double> sorted = c.schedules;
    std::ranges::sort(sorted);
    const char* colour = colours[static_cast<std::size_t>(line) % std::size(colours)];
    out << "<path fill=\"none\" stroke=\"" << colour << "\" stroke-width=\"2\" d=\"M60 30";
    for (std::size_t i = 0; i < sorted.size() && sorted[i] < most; ++i)
      out << "H" << x(sorted[i]) << "V"
          << 310 - 280.0 * static_cast<double>(sorted.size() - i - 1) / static_cast<double>(sorted.size());
    out << "H500\"/>\n<text x=\"510\" y=\"" << 40 + 18 * line << "\" fill=\"" << colour << "\">" << strategy
        << "</text>\n";
    ++line;
  }
  out << "</svg>\n";
}

} // namespace

int main(int argc, char** argv)
{
  std::uint64_t seeds = 100;
  std::uint64_t most = 20'000;
  std::string folder;
  std::vector<std::string> strategies;
  for (int i = 1; i < argc; ++i)
  {
    const std::string argument = argv[i];
    if (argument == "--seeds" && i + 1 < argc)
      seeds = std::strtoull(argv[++i], nullptr, 10);
    else if (argument == "--most" && i + 1 < argc)
      most = std::strtoull(argv[++i], nullptr, 10);
    else if (argument == "--svg" && i + 1 < argc)
      folder = argv[++i];
    else
      strategies.push_back(argument);
  }
  if (strategies.empty())
    strategies = {"portfolio", "random", "pct(3)", "pos", "urw", "surw", "context_bound(2)", "delay_bound(2)", "fuzz"};

  std::map<std::string, double> log_sum;
  std::map<std::string, double> worst_ratio;
  std::map<std::string, int> always;
  int programs = 0;
  for (const corpus::program& p : corpus::all())
  {
    std::map<std::string, campaigns> results;
    double best = static_cast<double>(most);
    for (const std::string& s : strategies)
    {
      results[s] = run(p, s, seeds, most);
      best = std::min(best, results[s].mean());
    }
    if (!p.smoke)
      ++programs;
    for (const std::string& s : strategies)
    {
      const campaigns& c = results[s];
      const auto [low, high] = c.interval();
      std::printf("%-20s %-17s %9.1f  [%.1f, %.1f]  %llu/%llu\n", p.name.c_str(), s.c_str(), c.mean(), low, high,
          static_cast<unsigned long long>(c.found), static_cast<unsigned long long>(seeds));
      if (p.smoke)
        continue;
      log_sum[s] += std::log(c.mean());
      worst_ratio[s] = std::max(worst_ratio[s], c.mean() / best);
      always[s] += c.found == seeds;
    }
    std::fflush(stdout);
    if (!folder.empty() && !p.smoke)
      draw(folder, p.name, results, static_cast<double>(most));
  }
  std::printf("\nsuite without the smoke programs, %d programs\n", programs);
  for (const std::string& s : strategies)
    std::printf("%-17s geometric mean %7.1f   worst ratio to the best %7.1f   always found %d\n", s.c_str(),
        std::exp(log_sum[s] / programs), worst_ratio[s], always[s]);
}
