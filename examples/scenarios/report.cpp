#include "scenario.hpp"

#include <cstdio>
#include <ostream>

namespace scenarios {

std::string number(std::int64_t value)
{
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

double seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string formatted(const char* format, double value)
{
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string text_of(nanoseconds time)
{
  const bool is_long = time >= 1s;
  std::string text = formatted("%.3f", is_long ? seconds(time) : seconds(time) * 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.'))
    text.pop_back();
  return text + (is_long ? " s" : " ms");
}

void report::title(const std::string& text) { out_ << "## " << text << "\n"; }

void report::text(const std::string& paragraph) { out_ << '\n' << paragraph << '\n'; }

void report::columns(const std::vector<std::string>& names)
{
  out_ << '\n';
  row(names);
  row(std::vector<std::string>(names.size(), "---"));
}

void report::row(const std::vector<std::string>& cells)
{
  out_ << '|';
  for (const std::string& cell : cells)
    out_ << (cell == "---" ? "" : " ") << cell << (cell == "---" ? "|" : " |");
  out_ << '\n';
}

void report::plot(std::string name, chart drawn)
{
  out_ << "\n![" << drawn.title << "](scenarios/" << name << ".svg)\n";
  charts_.emplace_back(std::move(name), std::move(drawn));
}

std::string report::exactly(nanoseconds measured, nanoseconds formula)
{
  if (measured == formula)
    return text_of(measured);
  ++differences_;
  return text_of(measured) + " instead of " + text_of(formula) + (measured < formula ? ", less" : ", more");
}

std::string report::exactly(std::int64_t measured, std::int64_t formula)
{
  if (measured == formula)
    return number(measured);
  ++differences_;
  return number(measured) + " instead of " + number(formula);
}

} // namespace scenarios
