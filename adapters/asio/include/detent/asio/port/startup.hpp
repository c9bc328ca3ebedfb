// Checks made once for a program: one port, one flavour, no second Asio in it.
#pragma once

#include <detent/asio/port/version.hpp>
#include <detent/asio/port/context.hpp>
#include <detent/error.hpp>
#include <detent/machine.hpp>
#include <detent/report.hpp>

#include <boost/asio/detail/wait_op.hpp>

#include <string>
#include <string_view>

// What only an object compiled header-only defines: the port declares these destructors and never defines
// them, so the weak reference is null unless such an object is in the program.
extern "C" __attribute__((weak)) void _ZN5boost4asio6detail9scheduler12task_cleanupD1Ev();
extern "C" __attribute__((weak)) void _ZN5boost4asio6detail9scheduler12task_cleanupD2Ev();

namespace detent::asio_port {

// Aborts with advice when the program is put together wrongly.
void check_program();

// Untracked, an operation gets its task when it is posted; tracked, it has one since its creation.
inline void operation_posted(machine& world, operation& op)
{
#if !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
  world.adopt(task_of(op));
  if (world.recording_events()) [[unlikely]]
    world.acted({"posts"});
#else
  static_cast<void>(world);
  static_cast<void>(op);
#endif
}

// Tells the recording which operations wait, as far as this flavour knows them.
void report_waiting(machine& world, long outstanding);

} // namespace detent::asio_port

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

// An object of the other flavour asks for this function under the name that it has there. The linker then
// prints the warning, whatever else it goes on to say; should the program link, the call aborts.
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
#define DETENT_PRIVATE_OTHER_FLAVOUR                                                                                   \
  "_ZN5boost4asio6detail9scheduler25post_immediate_completionEPNS1_19scheduler_operationEb"
#define DETENT_PRIVATE_ADVICE                                                                                          \
  "detent: an object file here is untracked, the port is tracked. Next: compile it with the flags of "                 \
  "detent-asio-flags, or link detent-asio-untracked"
#else
#define DETENT_PRIVATE_OTHER_FLAVOUR                                                                                   \
  "_ZN5boost4asio6detail9scheduler25post_immediate_completionEPNS1_19scheduler_operationB14detent_trackedEb"
#define DETENT_PRIVATE_ADVICE                                                                                          \
  "detent: an object file here is tracked, the port is untracked. Next: compile it with the flags of "                 \
  "detent-asio-untracked-flags, or link detent-asio"
#endif

namespace detent::asio_port {
[[noreturn]] void other_flavour() __asm__(DETENT_PRIVATE_OTHER_FLAVOUR);
__attribute__((used, section(".gnu.warning." DETENT_PRIVATE_OTHER_FLAVOUR))) const char other_flavour_advice[] =
    DETENT_PRIVATE_ADVICE;
} // namespace detent::asio_port

namespace detent::asio_port {

[[noreturn]] inline void refuse_program(const char* what, const char* next)
{
  std::fprintf(stderr, "detent: %s\n  Next: %s\n", what, next);
  std::abort();
}

void other_flavour()
{
  std::fprintf(stderr, "%s\n", DETENT_PRIVATE_ADVICE);
  std::abort();
}
#undef DETENT_PRIVATE_OTHER_FLAVOUR
#undef DETENT_PRIVATE_ADVICE

inline bool check_program_once()
{
  if (&_ZN5boost4asio6detail9scheduler12task_cleanupD1Ev || &_ZN5boost4asio6detail9scheduler12task_cleanupD2Ev)
    refuse_program("an object file in this program was compiled with header-only Asio, so there are two Asios in it",
        "compile every source file with -DBOOST_ASIO_SEPARATE_COMPILATION (the dependency detent-asio-flags)");
  // Two ports may hide from each other behind symbol visibility, but not from the environment.
  const std::string process = std::to_string(::getpid());
  const char* other = ::getenv("DETENT_PORT_IN_PROCESS");
  if (other && process == other)
    refuse_program("there are two of Detent's ports in this program, so two simulated worlds",
        "link detent-asio (or include <detent/asio/src.hpp>) in the test executable only; libraries take "
        "detent-asio-flags");
  ::setenv("DETENT_PORT_IN_PROCESS", process.c_str(), 1);
#if defined(DETENT_ASIO_CRASH_NOTE)
  add_crash_note(DETENT_ASIO_CRASH_NOTE);
#endif
  return true;
}

// At start-up, and again at the first scheduler in case that comes before.
void check_program()
{
  static const bool checked = check_program_once();
  static_cast<void>(checked);
}

namespace {
[[maybe_unused]] const bool program_checked = (check_program(), true);
}

#if !defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
// Nothing is known of the end of operations that are not tracked.
void note_started(operation&, std::int64_t deadline)
{
  machine& world = *machine::current();
  world.acted({"waits for a timer"}, deadline);
}

void report_waiting(machine& world, long outstanding)
{
  if (recording* const run = world.record())
    run->header().outstanding = static_cast<std::uint64_t>(outstanding);
}
#endif

} // namespace detent::asio_port
