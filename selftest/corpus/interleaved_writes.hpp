// Two composed writes on one stream; a strand keeps handlers apart, not operations. After nanocurrency#4202.
#pragma once

#include "sync.hpp"

#include <boost/asio/strand.hpp>

#include <memory>

namespace corpus {

class chunked_stream
{
public:
  chunked_stream(executor io, executor strand, variant which) : io_(io), which_(which), writing_(strand) {}

  task write(std::string text)
  {
    if (which_ == variant::fixed)
      co_await writing_.lock();
    for (std::size_t at = 0; at < text.size(); at += 2)
    {
      detent::touch(&sent, detent::access::write);
      sent += text.substr(at, 2);
      co_await yield(io_);
    }
    if (which_ == variant::fixed)
      writing_.unlock();
  }

  std::string sent;

private:
  executor io_;
  variant which_;
  mutex writing_;
};

inline task interleaved_writes(executor on, variant which)
{
  const executor strand = asio::make_strand(on);
  chunked_stream stream(on, strand, which);
  const auto reply = [&]() -> task { co_await stream.write("aaaa"); };
  const auto ping = [&]() -> task {
    co_await yield(on, 4);
    co_await stream.write("bbbb");
  };
  group both(strand);
  both.spawn(reply());
  both.spawn(ping());
  co_await both.join();
  check(stream.sent == "aaaabbbb" || stream.sent == "bbbbaaaa", "one message was written inside the other");
}

} // namespace corpus
