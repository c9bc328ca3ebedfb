#include "waiting.hpp"

#include "plural.hpp"

#include <detent/call_site.hpp>
#include <detent/report.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace detent {
namespace {

// "channel 2" of "receives from channel 2, for ever"; empty if nothing is named.
std::string object_in(std::string_view text)
{
  for (const std::string_view kind : {"timer ", "channel ", "strand "})
  {
    const std::size_t at = text.find(kind);
    if (at == std::string_view::npos)
      continue;
    std::size_t end = at + kind.size();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9')
      ++end;
    if (end != at + kind.size())
      return std::string(text.substr(at, end - at));
  }
  return {};
}

class waiting_room
{
public:
  explicit waiting_room(const recording& run) : run_(run)
  {
    for (const waiting_record& w : run.waiting())
      waits_.push_back({&w, object_in(run.text(w.text))});
  }

  std::string render() const
  {
    std::string out;
    for (const wait& w : waits_)
    {
      const waiting_record& r = *w.record;
      out += "    " + name(r.task) + " " + resolve_call_sites(run_.text(r.text)) + ", since " + render_time(r.since)
          + (r.step ? " (step " + std::to_string(r.step) + ")" : "") + '\n';
      out += coroutines(r) + spawn(r.task) + users(w);
    }
    if (waits_.empty())
      out += "    who waits for what is known in the tracked flavour: link detent-asio, not detent-asio-untracked\n";
    return out + cycle();
  }

private:
  struct wait
  {
    const waiting_record* record;
    std::string object;
  };

  struct use
  {
    task_id task;
    std::uint32_t step;
    std::string what;
  };

  std::string name(task_id task) const { return task_name(run_.tasks(), task); }

  std::string coroutines(const waiting_record& w) const
  {
    std::string out;
    for (const std::string& line : resolve_call_chain(run_.text(w.text)))
      out += (out.empty() ? "      at   " : "      from ") + line + '\n';
    return out;
  }

  std::string spawn(task_id task) const
  {
    for (const event_record& e : run_.events())
      if (e.kind == event_kind::spawns && e.task == task)
        if (const std::string where = resolve_call_sites(run_.text(e.text)); !where.empty())
          return "      spawned" + where + " by " + name(run_.tasks()[task].parent) + '\n';
    return {};
  }

  // The latest use of the object by each other task, not counting what it waits for now.
  std::vector<use> uses(const wait& w) const
  {
    std::vector<use> found;
    for (const event_record& e : run_.events())
    {
      if (e.task == w.record->task || (e.kind != event_kind::starts && e.kind != event_kind::acts)
          || object_in(run_.text(e.text)) != w.object || is_waiting(e))
        continue;
      std::erase_if(found, [&](const use& u) { return u.task == e.task; });
      found.push_back({e.task, e.step, resolve_call_sites(run_.text(e.text))});
    }
    return found;
  }

  bool is_waiting(const event_record& e) const
  {
    return std::ranges::any_of(waits_, [&](const wait& w) {
      return w.record->task == e.task && w.record->step == e.step && w.object == object_in(run_.text(e.text));
    });
  }

  const wait* wait_of(task_id task) const
  {
    const auto found = std::ranges::find(waits_, task, [](const wait& w) { return w.record->task; });
    return found == waits_.end() ? nullptr : &*found;
  }

  std::string users(const wait& w) const
  {
    constexpr std::size_t few = 3;
    if (w.object.empty())
      return {};
    const std::vector<use> found = uses(w);
    if (found.empty())
      return "      no other task has used " + w.object + ": nobody can end this wait\n";
    std::string out;
    for (std::size_t i = found.size() - std::min(found.size(), few); i < found.size(); ++i)
      out += "      " + w.object + ": " + name(found[i].task) + " " + found[i].what
          + (found[i].step ? " (step " + std::to_string(found[i].step) + ")" : "")
          + (wait_of(found[i].task) ? ", and waits itself" : ends(found[i].task)) + '\n';
    return out;
  }

  std::string ends(task_id task) const { return task == main_task ? "" : ", and has ended"; }

  // main.1 waits for what main.2 has used, which waits for what main.1 has used.
  std::string cycle() const
  {
    for (const wait& start : waits_)
    {
      std::vector<const wait*> path{&start};
      if (close_cycle(path))
      {
        std::string out = "    cycle: ";
        for (const wait* w : path)
          out += name(w->record->task) + " -> " + w->object + " -> ";
        return out + name(path.front()->record->task) + '\n';
      }
    }
    return {};
  }

  bool close_cycle(std::vector<const wait*>& path) const
  {
    for (const use& u : path.back()->object.empty() ? std::vector<use>() : uses(*path.back()))
    {
      const wait* const next = wait_of(u.task);
      if (!next || next->object == path.back()->object)
        continue;
      if (next == path.front())
        return path.size() > 1;
      if (std::ranges::find(path, next) != path.end())
        continue;
      path.push_back(next);
      if (close_cycle(path))
        return true;
      path.pop_back();
    }
    return false;
  }

  const recording& run_;
  std::vector<wait> waits_;
};

} // namespace

std::string render_waiting(const recording& run)
{
  const verdict outcome = run.header().outcome;
  return outcome == verdict::deadlock || outcome == verdict::leak ? waiting_room(run).render() : std::string();
}

} // namespace detent
