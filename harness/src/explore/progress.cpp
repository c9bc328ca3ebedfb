#include "progress.hpp"

#include <cstdio>
#include <unistd.h>

namespace detent {

progress::progress(const options& how, std::uint64_t schedules)
  : how_(how), schedules_(schedules), terminal_(::isatty(STDERR_FILENO) != 0), started_(wall_clock::now())
{
}

progress::~progress()
{
  if (shown_)
    std::fprintf(stderr, "\r\033[K");
}

void progress::update(std::uint64_t done, std::uint64_t distinct, std::uint64_t executions, double fraction)
{
  const std::chrono::duration<double> elapsed = wall_clock::now() - started_;
  if (!terminal_ || elapsed.count() < 0.3)
    return;
  shown_ = true;
  const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::fprintf(stderr, "\r\033[K%s: %llu", how_.name.c_str(), number(done));
  if (schedules_ != ~std::uint64_t{0})
    std::fprintf(stderr, " of %llu", number(schedules_));
  std::fprintf(
      stderr, " schedules, %llu distinct, %.0f/s", number(distinct), static_cast<double>(done) / elapsed.count());
  if (fraction > 0 && executions != 0)
  {
    const double all = static_cast<double>(executions) / fraction;
    std::fprintf(stderr, ", about %.2g in all at this level, %.0f s left", all,
        (all - static_cast<double>(executions)) * elapsed.count() / static_cast<double>(done));
  }
  std::fflush(stderr);
}

} // namespace detent
