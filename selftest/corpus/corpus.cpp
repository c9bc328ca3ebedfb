#include "archive_counters.hpp"
#include "bbuf_notify_one.hpp"
#include "chan_lock.hpp"
#include "dining.hpp"
#include "double_init.hpp"
#include "interleaved_writes.hpp"
#include "keepalive_close.hpp"
#include "recv_or_timer.hpp"
#include "reorder.hpp"
#include "retry_mismatch.hpp"
#include "sem_cancel_permit.hpp"
#include "shutdown_accept.hpp"
#include "smoke.hpp"
#include "stopper.hpp"
#include "timer_queued_uaf.hpp"

namespace corpus {

std::vector<program> all()
{
  const auto sized = [](task (*run)(executor, variant, int), int size) {
    return [=](executor on, variant which) { return run(on, which, size); };
  };
  return {
      {.name = "interleaved_writes", .run = &interleaved_writes, .constraints = 1, .declared = true},
      {.name = "timer_queued_uaf", .run = &timer_queued_uaf, .constraints = 1, .declared = true},
      {.name = "recv_or_timer", .run = &recv_or_timer, .constraints = 2, .needs_time = true},
      {.name = "sem_cancel_permit", .run = &sem_cancel_permit, .constraints = 2, .needs_time = true, .declared = true},
      {.name = "double_init", .run = &double_init, .constraints = 1, .declared = true},
      {.name = "archive_counters", .run = &archive_counters, .constraints = 1, .declared = true},
      {.name = "dining4", .run = sized(&dining, 4), .constraints = 3, .deadlocks = true, .declared = true},
      {.name = "dining6",
          .run = sized(&dining, 6),
          .constraints = 5,
          .deadlocks = true,
          .declared = true,
          .hard = 5'000},
      {.name = "chan_lock",
          .run = &chan_lock,
          .constraints = 1,
          .needs_time = true,
          .deadlocks = true,
          .declared = true},
      {.name = "stopper",
          .run = &stopper_drains,
          .constraints = 1,
          .needs_time = true,
          .deadlocks = true,
          .declared = true},
      {.name = "bbuf_notify_one", .run = &bbuf_notify_one, .constraints = 4, .deadlocks = true, .declared = true},
      {.name = "reorder4", .run = sized(&reorder, 4), .constraints = 4, .declared = true},
      {.name = "reorder10", .run = sized(&reorder, 10), .constraints = 10, .declared = true, .hard = 2'000},
      {.name = "reorder20", .run = sized(&reorder, 20), .constraints = 20, .declared = true, .hard = 5'000},
      {.name = "keepalive_close", .run = &keepalive_close, .constraints = 1, .needs_time = true, .declared = true},
      {.name = "shutdown_accept", .run = &shutdown_accept, .constraints = 2, .declared = true},
      {.name = "retry_mismatch", .run = &retry_mismatch, .constraints = 2, .needs_time = true},
      {.name = "lost_update", .run = &lost_update, .constraints = 1, .declared = true, .smoke = true},
      {.name = "port_toctou", .run = &port_toctou, .constraints = 1, .declared = true, .smoke = true},
      {.name = "abba", .run = &abba, .constraints = 1, .deadlocks = true, .declared = true, .smoke = true},
      {.name = "writeq_error", .run = &writeq_error, .constraints = 2, .declared = true, .smoke = true},
      {.name = "cancel_edge_lost",
          .run = &cancel_edge_lost,
          .constraints = 1,
          .deadlocks = true,
          .declared = true,
          .smoke = true},
      {.name = "leader_follower",
          .run = &leader_follower,
          .constraints = 1,
          .deadlocks = true,
          .declared = true,
          .smoke = true},
      {.name = "rwlock_writerpref",
          .run = &rwlock_writerpref,
          .constraints = 1,
          .deadlocks = true,
          .declared = true,
          .smoke = true},
      {.name = "barrier_nogen",
          .run = &barrier_nogen,
          .constraints = 1,
          .deadlocks = true,
          .declared = true,
          .smoke = true},
      {.name = "twostage", .run = &twostage, .constraints = 1, .declared = true, .smoke = true},
  };
}

} // namespace corpus
