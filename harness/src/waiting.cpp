#include "waiting.hpp"

#include "event_words.hpp"
#include "plural.hpp"

#include <detent/call_site.hpp>
#include <detent/report.hpp>

#include <algorithm>
#include <vector>

namespace detent {
namespace {

class waiting_room
{
public:
  explicit waiting_room(const recording& run) : run_(run)
  {
    for (const event_record& e : run.events())
      if (is_waiting(e))
        waits_.push_back(&e);
  }

  std::string render() const
  {
    if (waits_.empty())
      return run_.header().waits_known ? only_work() : tasks();
    std::string out;
    for (const event_record* w : waits_)
    {
      out += "    " + name(w->owner) + " " + words_of(run_, *w) + ", since " + render_time(w->time) + in_step(w->step)
          + '\n';
      out += coroutines(*w) + spawn(w->owner) + users(*w);
    }
    return out + cycle();
  }

private:
  using wait = event_record;

  struct use
  {
    task_id task;
    std::uint32_t step;
    std::int64_t time;
    std::string what;
    bool holds; // since then
  };

  static std::string when(const use& u)
  {
    return render_time(u.time) + (u.step ? ", step " + std::to_string(u.step) : std::string());
  }

  static std::string in_step(std::uint32_t step) { return step ? " (step " + std::to_string(step) + ")" : ""; }

  std::string work() const { return plural(run_.header().outstanding, "piece") + " of outstanding work"; }

  std::string only_work() const
  {
    return "    no operation waits: Asio counts " + work()
        + ", which a work guard holds, or an operation of another library\n";
  }

  // Without handler tracking: who has run, and what came of it.
  std::string tasks() const
  {
    std::string out = "    Asio counts " + work()
        + "; the tracked flavour knows who waits for what:\n    link detent-asio, not detent-asio-untracked. The tasks "
          "that "
          "have run:\n";
    const auto steps = run_.steps();
    for (task_id id = 0; id < run_.tasks().size(); ++id)
    {
      std::size_t count = 0;
      std::size_t last = 0;
      for (std::size_t i = 0; i < steps.size(); ++i)
        if (steps[i].task == id)
        {
          ++count;
          last = i;
        }
      if (count != 0)
        out += "      " + name(id) + ": " + plural(count, "step") + ", the last at " + render_time(steps[last].time)
            + in_step(static_cast<std::uint32_t>(last + 1)) + '\n';
    }
    return out;
  }

  std::string name(task_id task) const { return task_name(run_.tasks(), task); }

  std::string object(const wait& w) const { return std::string(run_.text(w.object)); }

  std::string coroutines(const wait& w) const
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
      if (e.owner == w.owner || e.object != w.object || e.object == 0 || is_waiting(e))
        continue;
      std::erase_if(found, [&](const use& u) { return u.task == e.owner; });
      const std::string_view verb = run_.text(e.verb);
      const bool holds = verb == "locks" || verb == "tries and locks" || verb == "shares";
      found.push_back(
          {e.owner, e.step, e.time, holds ? resolve_call_sites(run_.text(e.text)) : words_of(run_, e), holds});
    }
    return found;
  }

  static bool is_waiting(const event_record& e)
  {
    return e.kind == event_kind::starts && e.ended == event_record::pending;
  }

  const wait* wait_of(task_id task) const
  {
    const auto found = std::ranges::find(waits_, task, [](const wait* w) { return w->owner; });
    return found == waits_.end() ? nullptr : *found;
  }

  std::string users(const wait& w) const
  {
    constexpr std::size_t few = 3;
    if (w.object == 0)
      return {};
    const std::vector<use> found = uses(w);
    if (found.empty())
      return "      no other task has used " + object(w) + ": nobody can end this wait\n";
    std::string out;
    for (std::size_t i = found.size() - std::min(found.size(), few); i < found.size(); ++i)
    {
      const use& u = found[i];
      out += "      " + object(w) + ": " + name(u.task)
          + (u.holds ? " holds it since " + render_time(u.time) + in_step(u.step)
                      + (u.what.empty() ? "" : ", locked" + u.what)
                     : " " + u.what + " (" + when(u) + ")")
          + (wait_of(u.task) ? ", and waits itself" : ends(u.task)) + '\n';
    }
    return out;
  }

  std::string ends(task_id task) const { return task == main_task ? "" : ", and has ended"; }

  // main.1 waits for what main.2 has used, which waits for what main.1 has used.
  std::string cycle() const
  {
    for (const wait* start : waits_)
    {
      std::vector<const wait*> path{start};
      if (close_cycle(path))
      {
        std::string out = "    cycle: ";
        for (const wait* w : path)
          out += name(w->owner) + " -> " + object(*w) + " -> ";
        return out + name(path.front()->owner) + '\n';
      }
    }
    return {};
  }

  bool close_cycle(std::vector<const wait*>& path) const
  {
    for (const use& u : uses(*path.back()))
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
  std::vector<const wait*> waits_;
};

} // namespace

std::string render_waiting(const recording& run)
{
  const verdict outcome = run.header().outcome;
  return outcome == verdict::deadlock || outcome == verdict::leak ? waiting_room(run).render() : std::string();
}

} // namespace detent
