// What the step benchmarks run: coroutines that yield, compiled once, untracked, without Detent.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>

namespace bench {

// Spawns `tasks` coroutines that each post themselves `yields` times.
void spawn_yields(boost::asio::io_context& context, int tasks, std::size_t yields);

// Spawns one coroutine that waits for `waits` timers of 1 ms, one after the other.
void spawn_timer_chain(boost::asio::io_context& context, std::size_t waits);

// Keeps `timers` timers waiting while one after the other is waited for and armed again, `waits` times in all.
void spawn_timers(boost::asio::io_context& context, std::size_t timers, std::size_t waits);

} // namespace bench
