// The machine's properties: see <detent/property.hpp>.
#include <detent/machine.hpp>

#include <detent/error.hpp>
#include <detent/explore.hpp>
#include <detent/report.hpp>

#include <algorithm>
#include <exception>

namespace detent {

property::property(machine& world, std::string_view name, std::function<bool()> holds, std::int64_t deadline)
  : world_(&world), number_(world.add_property(name, std::move(holds), deadline))
{
}

property::~property()
{
  if (world_)
    world_->remove_property(number_);
}

void sometimes(std::string_view name, bool condition)
{
  if (machine* world = machine::current())
    world->sometimes(name, condition);
}

std::uint64_t machine::add_property(std::string_view name, std::function<bool()> holds, std::int64_t deadline)
{
  properties_.push_back({++properties_made_, std::string(name), std::move(holds), deadline});
  watches_ = true;
  see_whether_plain();
  return properties_made_;
}

void machine::remove_property(std::uint64_t number) noexcept
{
  const auto found = std::ranges::find(properties_, number, &watched_property::number);
  if (found == properties_.end())
    return;
  const watched_property last = std::move(*found);
  properties_.erase(found);
  if (failed_ || std::uncaught_exceptions() != 0 || check(last) || failed_ || last.deadline == forever)
    return;
  fail(verdict::liveness,
      "\"" + last.name + "\" went out of scope at " + render_time(now_) + " and had not come true; it had until "
          + render_time(last.deadline));
}

// True if nothing more is to be asked of it.
bool machine::check(const watched_property& p) noexcept
{
  const bool always = p.deadline == forever;
  const verdict kind = always ? verdict::invariant : verdict::liveness;
  try
  {
    const bool holds = p.holds();
    if (always && !holds)
      fail(kind, "\"" + p.name + "\" does not hold");
    return holds && !always && now_ <= p.deadline;
  }
  catch (...)
  {
    fail(kind, "\"" + p.name + "\" could not be checked: " + describe(std::current_exception()));
    return true;
  }
}

void machine::look_after_step() noexcept
{
  if (failed_)
    return;
  if (settings_.max_step_time > 0 || settings_.warns)
    check_step_time();
  std::erase_if(properties_, [&](const watched_property& p) { return check(p); });
  if (!failed_)
    miss_deadlines();
}

void machine::miss_deadlines() noexcept
{
  for (const watched_property& p : properties_)
    if (p.deadline < now_ && !failed_)
      fail(verdict::liveness,
          "\"" + p.name + "\" did not come true in time: it had until " + render_time(p.deadline) + ", and it is "
              + render_time(now_));
}

void machine::block(std::int64_t nanoseconds)
{
  if (threads_)
  {
    threads_->sleep(nanoseconds);
    return;
  }
  if (running_.depth != 0 && !settings_.implicit)
  {
    const std::string what = "blocks its thread for " + render_time(nanoseconds);
    event(event_kind::acts, what);
    note_hog(nanoseconds, "sleeps");
    if (settings_.max_step_time > 0 && nanoseconds > settings_.max_step_time)
      fail(verdict::hog,
          "a step " + what + " in a sleep: nothing else can run on the thread meanwhile; co_await a timer instead");
  }
  elapse(nanoseconds);
}

void machine::sometimes(std::string_view name, bool condition)
{
  if (record_ && !settings_.implicit && !clock_stopped_ && !record_->note_sometimes(name, condition))
    throw usage_error("more than " + std::to_string(recording::sometimes_capacity)
            + " names are given to detent::sometimes(), or a name of more than "
            + std::to_string(sometimes_record::name_capacity - 1) + " characters",
        "use fewer or shorter names: each stands for one thing that should happen in some schedule");
}

} // namespace detent
