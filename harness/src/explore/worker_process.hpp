// A worker process: forked from the caller, silent, watched.
#pragma once

#include <detent/clock.hpp>
#include <detent/explore.hpp>
#include <detent/recording.hpp>

#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

namespace detent {

struct worker
{
  pid_t process = -1;
  int alive = -1;  // closes when the worker ends
  int output = -1; // its stderr, a file in memory
  std::uint64_t heartbeat = 0;
  wall_clock::time_point beat_at{};
};

// Runs `work` in a child that ends by _exit when it is done. What it writes to stdout, and to files that are open
// already (a test reporter's), goes nowhere; its stderr goes to a file that end_of_output reads. Throws
// usage_error if there can be no child.
worker start_worker(recording& into, const std::function<void()>& work);

// Waits for its end and returns its wait status.
int wait_for(worker& w);

// Whether it ended otherwise than by having done its work.
bool died(int status, const recording& into);

// Whether it has made no step for as long as the watchdog allows.
bool hangs(worker& w, const recording_header& header, const options& how);

// Completes the recording of a worker that died, or was killed because it hung.
void note_death(recording_header& header, int status, bool hung, const options& how);

std::string end_of_output(int file);

} // namespace detent
