// Says whose stack has overflown, where the kernel only says SIGSEGV.
#pragma once

#include <detent/explore.hpp>
#include <detent/threads/world.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <signal.h>

namespace detent::threads {

// While one lives its thread has a stack for the handler: that of the overflown one has no room for it.
class overflow_watch
{
public:
  overflow_watch()
  {
    stack_t known{};
    ::sigaltstack(nullptr, &known);
    if ((known.ss_flags & SS_DISABLE) == 0)
      return; // a sanitizer's, or the program's own
    room_ = std::make_unique<char[]>(size);
    stack_t own{};
    own.ss_sp = room_.get();
    own.ss_size = size;
    ::sigaltstack(&own, nullptr);
  }
  ~overflow_watch()
  {
    if (!room_)
      return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  overflow_watch(const overflow_watch&) = delete;
  overflow_watch& operator=(const overflow_watch&) = delete;

  // For the calling thread, for good, and the process.
  static void begin()
  {
    thread_local const overflow_watch own;
    struct sigaction installed
    {
    };
    ::sigaction(SIGSEGV, nullptr, &installed);
    if ((installed.sa_flags & SA_SIGINFO) && installed.sa_sigaction == handle)
      return;
    before_ = installed;
    struct sigaction action
    {
    };
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigaction(SIGSEGV, &action, nullptr);
  }

private:
  static constexpr std::size_t size = 1 << 16;

  static void handle(int, siginfo_t* about, void*)
  {
    if (world* const w = world::current())
      if (const thread* const t = w->overflown(about->si_addr))
        say(*w, *t);
    ::sigaction(SIGSEGV, &before_, nullptr); // whatever caused the signal does so again
  }

  static void say(world& w, const thread& t)
  {
    machine& m = w.simulated();
    char message[400];
    std::snprintf(message, sizeof message,
        "the stack of a thread has overflown: task %.60s has %zu KiB\n"
        "  Next: look for a recursion without end; a thread that needs more gets it by pthread_attr_setstacksize",
        task_name(m.tasks().records(), t.task).c_str(), t.stack.size / 1024);
    m.fail(verdict::crash, message);
    m.flush();
    leave_failed_worker();
    std::fprintf(stderr, "detent: %s\n", message);
  }

  std::unique_ptr<char[]> room_;

  static inline struct sigaction before_
  {
  };
};

} // namespace detent::threads
