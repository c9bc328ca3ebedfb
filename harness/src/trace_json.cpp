// The trace for Perfetto and chrome://tracing, in the JSON of Chrome's trace events.
//
// A row a task, and one for the clock; a millisecond of the picture for each event, since most steps take no virtual
// time at all; arrows from each step to those that it made ready. Virtual time is among an event's details.
// Source of the format: "Trace Event Format", the Chromium project.
#include <detent/report.hpp>

#include "event_words.hpp"
#include "json_text.hpp"

#include <map>
#include <string>
#include <vector>

namespace detent {
namespace {

class picture
{
public:
  explicit picture(const recording& run) : run_(run) {}

  std::string render()
  {
    gather_texts();
    name_rows();
    std::size_t step = 0;
    for (std::size_t i = 0; i < run_.trace().size(); ++i)
      add_event(i, run_.trace()[i].task == clock_task ? 0 : ++step);
    return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + events_ + "\n]}\n";
  }

private:
  static constexpr std::uint64_t width = 1'000; // us

  // Rows are numbered from 1; the clock's comes last.
  std::uint64_t row_of(task_id task) const { return task == clock_task ? run_.tasks().size() + 1 : task + 1ull; }

  void add(const std::string& fields)
  {
    events_ += (events_.empty() ? "{\"pid\":1," : ",\n{\"pid\":1,") + fields + "}";
  }

  static std::string at(std::size_t event) { return "\"ts\":" + std::to_string(event * width); }

  void name_rows()
  {
    const auto name = [&](task_id task, const std::string& text) {
      add("\"tid\":" + std::to_string(row_of(task))
          + ",\"ph\":\"M\",\"name\":\"thread_name\",\"args\":{\"name\":" + quoted(text) + "}");
    };
    for (task_id task = 0; task < run_.tasks().size(); ++task)
      name(task, task_name(run_.tasks(), task));
    name(clock_task, "clock");
  }

  void gather_texts()
  {
    for (const event_record& e : run_.events())
    {
      std::string& text = texts_[e.step];
      text += text.empty() ? "" : "; ";
      if (e.kind == event_kind::resumes)
        text += task_name(run_.tasks(), e.task) + " ";
      text += words_of(run_, e);
    }
  }

  void add_event(std::size_t i, std::size_t step)
  {
    const trace_event& e = run_.trace()[i];
    const std::string row = "\"tid\":" + std::to_string(row_of(e.task)) + ",";
    const std::string what = step == 0                     ? "the clock moves to " + render_time(e.time)
        : texts_[static_cast<std::uint32_t>(step)].empty() ? "runs"
                                                           : texts_[static_cast<std::uint32_t>(step)];
    add(row + at(i) + ",\"dur\":" + std::to_string(width - 100) + ",\"ph\":\"X\",\"name\":" + quoted(what)
        + ",\"args\":{\"virtual time\":" + quoted(render_time(e.time))
        + (step ? ",\"step\":" + std::to_string(step) : std::string()) + "}");
    if (e.waker == 0)
      return;
    const std::string arrow = "\"cat\":\"wakes\",\"name\":\"wakes\",\"id\":" + std::to_string(i) + ",";
    const std::size_t from = e.waker - 1;
    add("\"tid\":" + std::to_string(row_of(run_.trace()[from].task)) + "," + at(from) + ",\"ph\":\"s\","
        + arrow.substr(0, arrow.size() - 1));
    add(row + at(i) + ",\"ph\":\"f\",\"bp\":\"e\"," + arrow.substr(0, arrow.size() - 1));
  }

  const recording& run_;
  std::map<std::uint32_t, std::string> texts_; // by step
  std::string events_;
};

} // namespace

std::string render_trace(const recording& run) { return picture(run).render(); }

} // namespace detent
