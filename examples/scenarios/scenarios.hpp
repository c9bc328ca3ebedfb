// The worked scenarios, one a file.
#pragma once

#include "scenario.hpp"

namespace scenarios {

asio::awaitable<void> serial_awaits(report& out);
asio::awaitable<void> fan_out(report& out);
asio::awaitable<void> concurrency_sweep(report& out);
asio::awaitable<void> backlog(report& out);
asio::awaitable<void> tail_latency(report& out);
asio::awaitable<void> thundering_herd(report& out);
asio::awaitable<void> outage(report& out);
asio::awaitable<void> thumbnails(report& out);
asio::awaitable<void> transaction(report& out);
asio::awaitable<void> copies(report& out);

} // namespace scenarios
