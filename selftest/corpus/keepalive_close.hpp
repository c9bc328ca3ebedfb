// An idle connection is closed at the moment a request takes it out of the pool. After agentkeepalive#23.
#pragma once

#include "sync.hpp"

#include <detent/shared.hpp>

#include <memory>

namespace corpus {

class pooled_connection : public std::enable_shared_from_this<pooled_connection>
{
public:
  pooled_connection(executor on, variant which) : idle_(on), which_(which) {}

  void put_back()
  {
    in_use_ = false;
    idle_.expires_after(10ms);
    idle_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error && !(self->which_ == variant::fixed && self->in_use_))
        self->closed_ = true;
    });
  }

  bool take()
  {
    if (closed_)
      return false;
    in_use_ = true;
    idle_.cancel();
    return true;
  }

  void write() { check(!closed_, "a write on a connection that was closed while in use"); }

private:
  asio::steady_timer idle_;
  variant which_;
  detent::shared<bool> closed_ = false;
  detent::shared<bool> in_use_ = true;
};

inline task keepalive_close(executor on, variant which)
{
  const auto connection = std::make_shared<pooled_connection>(on, which);
  connection->put_back();
  co_await sleep(on, 9ms);
  if (connection->take())
  {
    co_await yield(on); // resolves, serialises
    connection->write();
  }
}

} // namespace corpus
