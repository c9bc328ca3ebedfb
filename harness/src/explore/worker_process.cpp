#include "worker_process.hpp"

#include <detent/error.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstdio>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" __attribute__((weak)) void __gcov_dump();

namespace detent {
namespace {

[[noreturn]] void leave_worker()
{
  if (__gcov_dump)
    __gcov_dump();
  ::_exit(0);
}

void fall_silent(int errors)
{
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDIN_FILENO);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  for (int file = STDERR_FILENO + 1; file < nowhere; ++file)
  {
    const int mode = ::fcntl(file, F_GETFL);
    struct stat about
    {
    };
    if (mode >= 0 && (mode & O_ACCMODE) != O_RDONLY && ::fstat(file, &about) == 0 && S_ISREG(about.st_mode))
      ::dup2(nowhere, file);
  }
}

bool in_worker = false;

// What no handler of the program's sees says why it ends.
[[noreturn]] void die_of_terminate()
{
  if (machine* const m = machine::current(); m && m->record() && !m->failed())
  {
    if (const std::exception_ptr error = std::current_exception())
      m->fail(
          verdict::unhandled_exception, describe(error) + ", where nothing may be thrown: std::terminate was called");
    else if (std::uncaught_exceptions() > 0)
      m->fail(verdict::unhandled_exception, "an exception leaves what may not throw: std::terminate was called");
    else if (const std::string why = m->threads() ? m->threads()->why_terminated() : ""; !why.empty())
      m->fail(verdict::crash, why);
    m->flush();
  }
  std::abort();
}

} // namespace

void leave_failed_worker() noexcept
{
  if (!in_worker)
    return;
  std::fflush(nullptr);
  leave_worker();
}

worker start_worker(recording& into, const std::function<void()>& work)
{
  worker started;
  int ends[2];
  started.output = ::memfd_create("detent-worker", MFD_CLOEXEC);
  std::fflush(nullptr);
  const pid_t explorer = ::getpid();
  if (started.output < 0 || ::pipe2(ends, O_CLOEXEC) != 0 || (started.process = ::fork()) < 0)
    throw usage_error("cannot start a worker process", "set options::isolation to isolation::none");
  if (started.process == 0)
  {
    // The explorer may be killed, by a test runner's time limit, say: a step without end would run on for ever.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != explorer)
      ::_exit(EXIT_FAILURE);
    fall_silent(started.output);
    for (const int signal : {SIGFPE, SIGILL, SIGABRT, SIGTERM, SIGINT})
      ::signal(signal, SIG_DFL); // a test framework's handlers would report this process's end as the test's
    std::set_terminate(die_of_terminate);
    into.header().worker_left = false;
    in_worker = true;
    work();
    into.header().worker_left = true;
    std::fflush(nullptr);
    leave_worker();
  }
  ::close(ends[1]);
  started.alive = ends[0];
  started.beat_at = wall_clock::now();
  return started;
}

std::string end_of_output(int file)
{
  constexpr off_t most = 3'000;
  const off_t size = ::lseek(file, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::min(size, most)), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), std::max<off_t>(0, size - most));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

void note_death(recording_header& header, int status, bool hung, const options& how)
{
  if (header.outcome != verdict::pass)
    return; // it had failed already, or knew why it had to die
  header.outcome = hung ? verdict::livelock : verdict::crash;
  if (header.tasks == 0)
    header.tasks = 1;
  char* message = header.message;
  if (hung)
    std::snprintf(message, sizeof header.message,
        "one step did not end within %.1f s of real time (options::watchdog): a loop without end, or a blocking call",
        std::chrono::duration<double>(how.watchdog).count());
  else if (WIFSIGNALED(status))
    std::snprintf(message, sizeof header.message, "killed by signal %s (%s)", ::sigabbrev_np(WTERMSIG(status)),
        ::sigdescr_np(WTERMSIG(status)));
  else
    std::snprintf(
        message, sizeof header.message, "the process ended with exit code %d inside the test", WEXITSTATUS(status));
}

bool hangs(worker& w, const recording_header& header, const options& how)
{
  const auto now = wall_clock::now();
  if (header.heartbeat != w.heartbeat)
  {
    w.heartbeat = header.heartbeat;
    w.beat_at = now;
  }
  return now - w.beat_at > how.watchdog;
}

int wait_for(worker& w)
{
  int status = 0;
  while (::waitpid(w.process, &status, 0) < 0 && errno == EINTR)
  {
  }
  ::close(w.alive);
  w.process = -1;
  return status;
}

// An exit() with status 0 in the code under test is no end of the work either.
bool died(int status, const recording& into)
{
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0 || !into.header().worker_left;
}

} // namespace detent
