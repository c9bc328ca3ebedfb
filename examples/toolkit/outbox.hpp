// Write and notify, without a transaction that stays open while somebody is notified.
//
//     outbox<order_placed> box(executor, store);
//     database.transaction([&](auto& t) { t.insert(order); t.append(store, order_placed{order.id}); });
//     box.committed();                                     // there is something to send
//
//     co_await box.relay([&](const order_placed& m) { return broker.publish(m); }, delays);     // one task, all the
//     time
//
// Contract
//   atomic         a message is in the store if and only if the write that it tells of is: the store is part of the
//                  transaction. The relay takes it from there, so that no transaction is open during publish
//   at least once  a crash between publish and the store's mark publishes the message again: receivers need idempotency
//   order          that of the commits; a message that cannot be published holds up those behind it
//   errors         of publish are repeated after the delays; when those are over relay() throws, and the message is
//                  still in the store. So it is for a relay that is begun anew, after a crash, say
//   cancellation   ends the relay, in the middle of a publish if need be: that message will be published again
#pragma once

#include "event.hpp"
#include "retry.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace toolkit {

// To be kept with the data. Each call is durable when it returns.
template <class Message> class outbox_store
{
public:
  struct entry
  {
    std::uint64_t number;
    Message message;
  };

  virtual ~outbox_store() = default;
  virtual std::optional<entry> oldest() const = 0; // of those that are not marked
  virtual void mark_sent(std::uint64_t number) = 0;
};

template <class Message> class outbox
{
public:
  outbox(asio::any_io_executor executor, outbox_store<Message>& store) : store_(store), more_(std::move(executor)) {}

  void committed() { more_.set(); }

  template <class Publish, class Delays> asio::awaitable<void> relay(Publish publish, Delays delays)
  {
    for (;;)
    {
      more_.reset();
      for (auto next = store_.oldest(); next; next = store_.oldest())
      {
        const auto attempt = [&](int) { return publish(std::as_const(next->message)); };
        co_await retry(idempotent(attempt), delays);
        store_.mark_sent(next->number);
      }
      co_await more_.wait();
    }
  }

private:
  outbox_store<Message>& store_;
  event more_;
};

} // namespace toolkit
