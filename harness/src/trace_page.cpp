// The trace as one page: page.html, with the data of the run in it.
//
// Each event of the trace (a step, or a move of the clock) is a column; the page's script says what is in one. Words
// are kept once each, so that a thousand steps take some tens of kilobytes.
#include <detent/report.hpp>

#include "event_words.hpp"
#include "explain.hpp"
#include "json_text.hpp"
#include "report_words.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace detent {
namespace {

constexpr std::string_view page[] = {
#include "page.html"
};

enum class wait_kind
{
  post,
  timer,
  channel,
  strand
};

wait_kind kind_of(std::string_view object)
{
  return object.starts_with("timer")  ? wait_kind::timer
      : object.starts_with("channel") ? wait_kind::channel
      : object.starts_with("strand")  ? wait_kind::strand
                                      : wait_kind::post;
}

// "[1,2,3]", from what was added.
class json_array
{
public:
  json_array& add(const std::string& item)
  {
    text_ += (text_.empty() ? "" : ",") + item;
    return *this;
  }
  json_array& add(std::int64_t item) { return add(std::to_string(item)); }
  std::string str() const { return "[" + text_ + "]"; }
  bool empty() const { return text_.empty(); }

private:
  std::string text_;
};

class page_data
{
public:
  page_data(const recording& run, const result& outcome, const options& how) : run_(run), outcome_(outcome), how_(how)
  {
    std::size_t column = 0;
    for (const trace_event& e : run.trace())
    {
      if (e.task != clock_task)
        column_of_.push_back(column);
      ++column;
    }
    word("");
  }

  std::string render()
  {
    const recording_header& h = run_.header();
    const std::string columns = columns_text();
    const std::string waits = waits_text();
    std::string out = "{\"name\":" + quoted(how_.name) + ",\"verdict\":" + quoted(to_string(outcome_.verdict))
        + ",\"message\":" + quoted(outcome_.message) + ",\"report\":" + quoted(outcome_.report)
        + ",\"time\":" + std::to_string(h.now) + ",\"steps\":" + std::to_string(column_of_.size())
        + ",\"failed\":" + std::to_string(is_of_no_task(outcome_.verdict) ? 0 : column_of_.size());
    if (const step_range window = failing_window(run_, outcome_); window.first != 0)
      out += ",\"window\":" + json_array().add(as_number(window.first)).add(as_number(window.last)).str();
    json_array tasks;
    for (task_id id = 0; id < run_.tasks().size(); ++id)
      tasks.add(quoted(task_name(run_.tasks(), id)));
    return out + ",\n\"tasks\":" + tasks.str() + ",\n\"words\":" + words_.str() + ",\n\"columns\":" + columns
        + ",\n\"waits\":" + waits + ",\n\"arrows\":{" + arrows_ + "}}";
  }

private:
  static std::int64_t as_number(std::size_t n) { return static_cast<std::int64_t>(n); }

  std::int64_t word(const std::string& text)
  {
    const auto [known, is_new] = numbers_.try_emplace(text, static_cast<std::int64_t>(numbers_.size()));
    if (is_new)
      words_.add(quoted(text));
    return known->second;
  }

  // Before the first step counts as the first column.
  std::int64_t column_of(std::uint32_t step) const
  {
    return step == 0 || step > column_of_.size() ? 0 : as_number(column_of_[step - 1]);
  }

  std::string columns_text()
  {
    std::size_t step = 0;
    json_array columns;
    for (const trace_event& e : run_.trace())
    {
      json_array column;
      json_array did;
      const bool is_step = e.task != clock_task;
      step += is_step;
      const auto add = [&](std::size_t of) {
        for (const event_record& done : run_.events_of(of))
          did.add(json_array()
                      .add(done.kind == event_kind::spawns ? e.task : done.task)
                      .add(word(words_of(run_, done)))
                      .str());
      };
      if (step == 1 && is_step)
        add(0);
      if (is_step)
        add(step);
      column.add(e.time).add(is_step ? as_number(e.task) : -1).add(as_number(e.waker) - 1);
      column.add(is_step ? word(reason_of(run_, step - 1)) : 0).add(did.str());
      columns.add((columns.empty() ? "" : "\n") + column.str());
    }
    return columns.str();
  }

  std::string waits_text()
  {
    json_array waits;
    std::unordered_map<std::int64_t, wait_kind> woken;
    for (const event_record& e : run_.events())
    {
      if (e.kind != event_kind::starts || e.ended == event_record::dropped)
        continue;
      const wait_kind kind = kind_of(run_.text(e.object));
      const std::int64_t to = e.ended == event_record::pending ? -1 : column_of(e.ended);
      waits.add(json_array()
                    .add(e.owner)
                    .add(column_of(e.step))
                    .add(to)
                    .add(static_cast<std::int64_t>(kind))
                    .add(word(words_of(run_, e)))
                    .str());
      if (kind != wait_kind::post)
        woken[to] = kind;
    }
    for (const auto& [column, kind] : woken)
      arrows_ +=
          (arrows_.empty() ? "\"" : ",\"") + std::to_string(column) + "\":" + std::to_string(static_cast<int>(kind));
    return waits.str();
  }

  const recording& run_;
  const result& outcome_;
  const options& how_;
  std::vector<std::size_t> column_of_;
  std::unordered_map<std::string, std::int64_t> numbers_;
  json_array words_;
  std::string arrows_;
};

} // namespace

std::string render_page(const recording& run, const result& outcome, const options& how)
{
  return std::string(page[0]) + page_data(run, outcome, how).render() + std::string(page[1]);
}

} // namespace detent
