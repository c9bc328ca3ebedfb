// The interleaving table: a row for each step, a column for each task.
#include <detent/report.hpp>

#include "event_words.hpp"
#include "plural.hpp"
#include "report_words.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace detent {
namespace {

using lines = std::vector<std::string>;

// Breaks at spaces, and inside a word only where it is longer than a line.
lines wrap(const std::string& text, std::size_t width)
{
  lines out;
  std::string line;
  std::istringstream words(text);
  for (std::string word; words >> word;)
  {
    while (word.size() > width)
    {
      if (!line.empty())
        out.push_back(std::exchange(line, {}));
      out.push_back(word.substr(0, width));
      word.erase(0, width);
    }
    if (!line.empty() && line.size() + 1 + word.size() > width)
      out.push_back(std::exchange(line, {}));
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty())
    out.push_back(line);
  return out;
}

// "posts at client.cpp:33": where the file's name begins and ends; both 0 if there is none.
std::pair<std::size_t, std::size_t> file_in(const std::string& text)
{
  constexpr std::string_view before = " at ";
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1))
  {
    const std::size_t begin = at + before.size();
    const std::size_t end = text.find_first_of(": ,;", begin);
    if (end != std::string::npos && text[end] == ':' && end + 1 < text.size() && text[end + 1] >= '0'
        && text[end + 1] <= '9')
      return {begin, end};
  }
  return {};
}

struct row
{
  std::string time;
  std::string number;
  std::map<task_id, lines> cells;
  std::string why;
};

class table
{
public:
  explicit table(const recording& run) : run_(run), tasks_(run.tasks())
  {
    const auto steps = run_.steps();
    add_events_before();
    for (std::size_t i = 0; i < steps.size(); ++i)
      add_step(i);
    leave_out_usual_file();
  }

  std::string render(std::size_t width) const
  {
    const std::string lines_of =
        usual_file_.empty() ? "" : std::string(24, ' ') + ":1 is a line of " + usual_file_ + "\n";
    std::vector<task_id> columns = columns_in_order();
    std::size_t why_width = 3;
    for (const row& r : rows_)
      why_width = std::max(why_width, std::min<std::size_t>(r.why.size(), 34));
    constexpr std::size_t left = 24; // indent, time, step
    std::size_t column = 0;
    if (!columns.empty())
      column = (width > left + why_width + 2 ? width - left - why_width - 2 : 0) / columns.size();
    return lines_of
        + (column >= 14 || columns.size() <= 3 ? in_columns(columns, std::clamp<std::size_t>(column, 14, 34))
                                               : in_lines());
  }

private:
  void add_events_before()
  {
    row before;
    before.number = "-";
    before.time = render_time(0);
    for (const event_record& e : run_.events_of(0))
      add_event(before, e, main_task);
    if (!before.cells.empty())
      add_row(std::move(before));
  }

  void add_event(row& to, const event_record& e, task_id runs) const
  {
    to.cells[e.kind == event_kind::spawns ? runs : e.task].push_back(words_of(run_, e));
  }

  void add_step(std::size_t i)
  {
    const auto steps = run_.steps();
    const step_record& s = steps[i];
    row r;
    r.time = render_time(s.time);
    r.number = std::to_string(i + 1);
    for (const event_record& e : run_.events_of(i + 1))
      add_event(r, e, s.task);
    const bool last = std::none_of(steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps.end(),
        [&](const step_record& later) { return later.task == s.task; });
    const verdict outcome = run_.header().outcome;
    if (i + 1 == steps.size() && outcome != verdict::pass && !is_of_no_task(outcome))
      r.cells[s.task].push_back(outcome == verdict::crash ? "crashes"
              : outcome == verdict::diverged              ? "diverges"
                                                          : "fails");
    else if (!r.cells.contains(s.task))
      r.cells[s.task].push_back(last ? "ends" : "runs");
    r.why = reason_of(run_, i);
    add_row(std::move(r));
  }

  // A step that does a thousand things shows the first and the last of them.
  void add_row(row r)
  {
    constexpr std::size_t head = 8;
    constexpr std::size_t tail = 3;
    for (auto& [task, texts] : r.cells)
      if (texts.size() > head + tail + 1)
      {
        const std::size_t hidden = texts.size() - head - tail;
        texts[head] = "... " + std::to_string(hidden) + " more ...";
        texts.erase(texts.begin() + head + 1, texts.end() - tail);
      }
    rows_.push_back(std::move(r));
  }

  std::vector<task_id> columns_in_order() const
  {
    std::vector<task_id> columns;
    for (const row& r : rows_)
      for (const auto& [task, text] : r.cells)
        if (std::ranges::find(columns, task) == columns.end())
          columns.push_back(task);
    std::ranges::sort(columns);
    return columns;
  }

  // Most lines are of one file: it is named once.
  void leave_out_usual_file()
  {
    std::map<std::string, std::size_t> seen;
    const auto each_text = [&](auto use) {
      for (row& r : rows_)
        for (auto& [task, texts] : r.cells)
          for (std::string& text : texts)
            if (const auto [begin, end] = file_in(text); end != 0)
              use(text, begin, end);
    };
    each_text([&](std::string& text, std::size_t begin, std::size_t end) { ++seen[text.substr(begin, end - begin)]; });
    if (seen.empty())
      return;
    usual_file_ = std::ranges::max_element(seen, {}, [](const auto& s) { return s.second; })->first;
    each_text([&](std::string& text, std::size_t begin, std::size_t end) {
      if (text.compare(begin, end - begin, usual_file_) == 0)
        text.erase(begin - 3, end - begin + 3); // "at client.cpp"
    });
  }

  // The rows to print: all of them, or the first and the last.
  template <class Print> void each_row(std::ostringstream& out, Print print) const
  {
    constexpr std::size_t head = 20;
    constexpr std::size_t tail = 60;
    const repetition cycle = run_.header().outcome == verdict::livelock ? find_cycle() : repetition{};
    if (cycle.rows != 0)
    {
      print_some(cycle.begin, head, std::min<std::size_t>(cycle.begin, tail / 3), out, print);
      for (std::size_t i = cycle.begin; i < cycle.begin + cycle.rows; ++i)
        print(rows_[i]);
      out << "       ... " << (cycle.rows == 1 ? "this step" : "these " + std::to_string(cycle.rows) + " steps")
          << " over and over, " << cycle.times << " times in all\n";
      return;
    }
    print_some(rows_.size(), head, tail, out, print);
  }

  // Of the first `count` rows those at both ends.
  template <class Print>
  void print_some(std::size_t count, std::size_t head, std::size_t tail, std::ostringstream& out, Print print) const
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      if (count > head + tail + 1 && i == head)
      {
        const std::size_t hidden = count - head - tail;
        out << "       ... " << hidden << " steps not shown\n";
        i += hidden;
      }
      print(rows_[i]);
    }
  }

  struct repetition
  {
    std::size_t begin = 0;
    std::size_t rows = 0; // of one round; 0: nothing repeats
    std::size_t times = 0;
  };

  // What the last rows repeat, but for the numbers in them: the shortest round that comes three times at least.
  repetition find_cycle() const
  {
    constexpr std::size_t longest = 64;
    std::vector<std::size_t> keys;
    for (const row& r : rows_)
      keys.push_back(std::hash<std::string>{}(without_numbers(r)));
    for (std::size_t round = 1; round <= std::min(longest, keys.size() / 3); ++round)
    {
      std::size_t begin = keys.size() - round;
      while (begin > 0 && keys[begin - 1] == keys[begin - 1 + round])
        --begin;
      const std::size_t times = (keys.size() - begin) / round;
      if (times >= 3)
        return {begin, round, times};
    }
    return {};
  }

  std::string without_numbers(const row& r) const
  {
    std::string text;
    for (const auto& [task, texts] : r.cells)
    {
      text += task_name(tasks_, task) + ":";
      for (const std::string& t : texts)
        text += t + ";";
    }
    text += r.why;
    std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
    return text;
  }

  static std::string padded(std::string text, std::size_t width)
  {
    text.resize(std::max(text.size(), width), ' ');
    return text;
  }

  static void put(std::ostringstream& out, std::string line)
  {
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }

  std::string in_columns(const std::vector<task_id>& columns, std::size_t width) const
  {
    std::ostringstream out;
    std::string heading = padded("            time", 17) + " step   ";
    for (const task_id c : columns)
      heading += padded(task_name(tasks_, c).substr(0, width - 2), width);
    put(out, heading + "why");
    each_row(out, [&](const row& r) {
      std::vector<lines> cells;
      std::size_t height = 1;
      for (const task_id c : columns)
      {
        lines wrapped;
        if (const auto found = r.cells.find(c); found != r.cells.end())
          for (const std::string& text : found->second)
            for (std::string& l : wrap(text, width - 2))
              wrapped.push_back(std::move(l));
        height = std::max(height, wrapped.size());
        cells.push_back(std::move(wrapped));
      }
      const lines reasons = wrap(r.why, 34);
      height = std::max(height, reasons.size());
      for (std::size_t l = 0; l < height; ++l)
      {
        std::string line(24, ' ');
        if (l == 0)
        {
          line.replace(16 - std::min<std::size_t>(16, r.time.size()), r.time.size(), r.time);
          line.replace(22 - std::min<std::size_t>(5, r.number.size()), r.number.size(), r.number);
          line.resize(24, ' ');
        }
        for (const lines& cell : cells)
          line += padded(l < cell.size() ? cell[l] : "", width);
        if (l < reasons.size())
          line += reasons[l];
        put(out, line);
      }
    });
    return out.str();
  }

  // Too many tasks for columns: a line for each thing that was done.
  std::string in_lines() const
  {
    std::ostringstream out;
    out << "            time  step   task: what it did  [why]\n";
    each_row(out, [&](const row& r) {
      std::string head(24, ' ');
      head.replace(16 - std::min<std::size_t>(16, r.time.size()), r.time.size(), r.time);
      head.replace(22 - std::min<std::size_t>(5, r.number.size()), r.number.size(), r.number);
      head.resize(24, ' ');
      for (const auto& [task, texts] : r.cells)
      {
        std::string text = task_name(tasks_, task) + ":";
        for (const std::string& t : texts)
          text += " " + t + (&t == &texts.back() ? "" : ";");
        put(out, head + text);
        head.assign(24, ' ');
      }
      if (!r.why.empty())
        put(out, head + "  [" + r.why + "]");
    });
    return out.str();
  }

  const recording& run_;
  std::span<const task_record> tasks_;
  std::vector<row> rows_;
  std::string usual_file_;
};

} // namespace

std::string render_table(const recording& run, std::size_t width) { return table(run).render(width); }

} // namespace detent
