#include <detent/report.hpp>

#include <detent/call_site.hpp>

#include "explain.hpp"
#include "plural.hpp"
#include "report_words.hpp"
#include "waiting.hpp"

#include <cstdio>
#include <sstream>
#include <utility>
#include <vector>

namespace detent {
namespace {

std::string needs_of(const recording& run, const result& r)
{
  const std::uint32_t threads = run.header().threads;
  std::string text = threads > 1 ? plural(threads, "thread")
      : r.needs.threads          ? "several threads on one context"
                                 : "one thread suffices";
  if (r.needs.lag.count() > 0)
    return text + ", on a machine that runs a ready handler " + render_time(r.needs.lag.count()) + " late";
  return r.needs.threads ? text : text + ", on an idle machine";
}

// What the failing step went on from: the operation that its task awaited last, and who awaited it.
std::string awaited_before(const recording& run)
{
  const auto events = run.events();
  for (std::size_t i = events.size(); i-- > 0;)
  {
    const event_record& e = events[i];
    if (e.kind != event_kind::starts || e.task != run.header().failed_task || e.step >= run.header().steps)
      continue;
    std::string out;
    for (const std::string& line : resolve_call_chain(run.text(e.text)))
      out += (out.empty() ? "    after " : "    from  ") + line + '\n';
    return out;
  }
  for (const event_record& e : events)
    if (e.kind == event_kind::spawns && e.task == run.header().failed_task && e.text != 0)
      if (const std::string place = resolve_call_sites(run.text(e.text)); place.starts_with(" at "))
        return "    from  " + place.substr(4) + '\n';
  return {};
}

std::vector<std::string>& crash_notes()
{
  static std::vector<std::string> notes;
  return notes;
}

} // namespace

std::string warning_lines(std::string_view warning)
{
  std::string lines;
  while (!warning.empty())
  {
    const std::size_t end = std::min(warning.find('\n'), warning.size());
    lines.append("  warning ").append(warning.substr(0, end)).append("\n");
    warning.remove_prefix(std::min(end + 1, warning.size()));
  }
  return lines;
}

std::string render_time(std::int64_t ns)
{
  struct unit
  {
    std::int64_t size;
    const char* name;
  };
  static constexpr unit units[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}};
  const std::int64_t magnitude = ns < 0 ? -ns : ns;
  for (const unit& u : units)
  {
    if (magnitude < u.size)
      continue;
    char text[48];
    std::snprintf(text, sizeof text, "%lld.%09lld", static_cast<long long>(ns / u.size),
        static_cast<long long>((magnitude % u.size) * (1'000'000'000 / u.size)));
    std::string number = text;
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.')
      number.pop_back();
    return number + " " + u.name;
  }
  return std::to_string(ns) + (ns == 0 ? " ms" : " ns");
}

void add_crash_note(std::string note) { crash_notes().push_back(std::move(note)); }

std::string render_report(const report_input& in, std::size_t width)
{
  const result& r = in.outcome;
  std::ostringstream out;
  if (r.passed())
  {
    out << "detent: \"" << in.how.name << "\" passed in this replay: the failure it was printed for is gone\n\n"
        << render_table(in.run, width);
    return out.str();
  }
  out << "detent: \"" << in.how.name << "\" failed: " << to_string(r.verdict) << '\n';
  std::istringstream message(r.message);
  for (std::string line; std::getline(message, line);)
    out << "  " << line << '\n';
  const std::string who = is_of_a_task(in.run.header()) ? "in task " + r.task + ", " : "";
  out << "  " << who << "at " << render_time(in.run.header().now) << ", step " << r.steps << '\n';
  if (is_of_a_task(in.run.header()))
    out << awaited_before(in.run);
  out << render_waiting(in.run);
  if (r.verdict == verdict::crash)
    for (const std::string& note : crash_notes())
      out << "  note: " << note << '\n';
  out << '\n' << render_table(in.run, width) << '\n';
  out << explain(in);
  if (r.verdict != verdict::diverged)
    out << "  needs   " << needs_of(in.run, r) << '\n';
  if (r.verdict != verdict::hog)
    out << warning_lines(r.warning);
  if (in.replayed)
    return out.str();
  char seed[32];
  std::snprintf(seed, sizeof seed, "0x%llx", static_cast<unsigned long long>(r.seed));
  out << "  found   by schedule " << in.failing_schedule << " of at most " << in.budget << ", strategy "
      << in.how.strategy << ", DETENT_SEED=" << seed << '\n';
  out << "  replay  DETENT_REPLAY=" << r.token << " \\\n          " << in.command << '\n';
  if (r.shrunk)
    out << "  pin     " << r.pin << '\n';
  if (!r.nearest_passing.empty())
    out << "  passes  " << r.nearest_passing << ", the nearest schedule that does\n";
  return out.str();
}

} // namespace detent
