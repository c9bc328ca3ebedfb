// Threads of the operating system, in a program that is linked with Detent.
//
//     {
//       detent::real_threads outside;
//       logger.start();                 // its std::thread is a real one: it writes to a real pipe
//     }
//
// As long as one of these lives, threads that its thread makes are real: they have real time, and no part in any
// simulation. A mutex or condition that a real thread and a virtual one share is not simulated: who waits for the other
// waits for ever, and is reported.
#pragma once

namespace detent {

class real_threads
{
public:
  real_threads() noexcept { ++depth_; }
  ~real_threads() { --depth_; }
  real_threads(const real_threads&) = delete;
  real_threads& operator=(const real_threads&) = delete;

  static bool wanted() noexcept { return depth_ != 0; }

private:
  static inline thread_local int depth_ = 0;
};

} // namespace detent
