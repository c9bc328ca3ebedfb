#include "schedule.hpp"

#include <detent/error.hpp>

#include <cstdlib>
#include <exception>

#include <cxxabi.h>

namespace detent {

std::string describe(const std::exception_ptr& error)
{
  try
  {
    std::rethrow_exception(error);
  }
  catch (const usage_error& e)
  {
    return e.what();
  }
  catch (...)
  {
    const std::type_info* type = abi::__cxa_current_exception_type();
    int status = 0;
    char* demangled = type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, &status) : nullptr;
    std::string name = demangled ? demangled : "an exception of unknown type";
    std::free(demangled);
    try
    {
      throw;
    }
    catch (const std::exception& e)
    {
      return name + ": " + e.what();
    }
    catch (...)
    {
      return name;
    }
  }
}

void run_to_end(machine& world, const std::function<void()>& run)
{
  try
  {
    run();
  }
  catch (const schedule_ended&)
  {
  }
  catch (const deadlock_error&)
  {
  }
  catch (...)
  {
    world.fail(verdict::unhandled_exception, describe(std::current_exception()) + ", out of a handler");
  }
}

trace simulation::trace() const
{
  if (!world_.settings().keeps_trace)
    throw usage_error("simulation::trace() is called in a schedule whose trace is not kept",
        "set options::trace = true, which keeps the trace of every schedule");
  return trace_of(*world_.record());
}

void name_task(std::string_view name)
{
  if (machine* world = machine::current())
    world->tasks().name(world->current_task(), name);
}

void run_schedule(
    machine& world, recording& into, const schedule_spec& spec, strategy* answers, const options& how, const body& test)
{
  const machine::scope current(world);
  machine_settings settings;
  settings.order = spec.level.order;
  settings.max_lag = spec.level.max_lag;
  settings.noted_lag = spec.noted_lag;
  settings.traced = spec.traced || how.trace;
  settings.keeps_trace = how.trace;
  settings.for_token = spec.for_token;
  settings.max_steps = how.max_steps;
  settings.max_steps_per_instant = how.max_steps_per_instant;
  settings.max_step_time = how.max_step_time.count();
  settings.warns = spec.dullest;
  settings.leaks = how.leaks;
  settings.call_sites = how.source_lines && spec.for_report;
  settings.spurious_wakeups = how.spurious_wakeups;
  settings.short_transfers = how.short_transfers;
  settings.os_threads = how.threads == threading::os;
  settings.seed = spec.seed;
  world.begin(settings, spec.dullest ? nullptr : answers, &into);
  into.header().schedule = spec.index;
  into.header().seed = spec.seed;
  into.header().order = static_cast<std::uint32_t>(spec.level.order);
  into.header().max_lag = spec.level.max_lag;
  if (answers && !spec.dullest)
    answers->begin(spec.seed, spec.index);
  {
    simulation sim(world);
    try
    {
      test(sim);
      if (world.threads())
        world.threads()->body_ended();
    }
    catch (const schedule_ended&)
    {
    }
    catch (const deadlock_error&)
    {
    }
    catch (...)
    {
      world.fail(verdict::assertion, describe(std::current_exception()));
    }
    if (world.threads())
      world.threads()->schedule_ended();
    world.finish();
  } // contexts, and all that still waits on them, are destroyed here
  into.header().finished = true;
}

} // namespace detent
