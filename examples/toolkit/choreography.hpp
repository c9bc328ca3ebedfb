// A saga without a conductor: each service does its part when it hears that the one before has done its own, and undoes
// it when it hears that one after it could not.
//
//     saga_events events(executor, store);
//     tasks.spawn(take_part(events, {.after = "ordered", .act = reserve, .done = "reserved", .failed = "sold out",
//                                    .undo_after = {"not paid"}, .undo = release, .undone = "released"}, delays));
//     tasks.spawn(take_part(events, {.after = "reserved", .act = charge, .done = "paid", .failed = "not paid",
//                                    .undo = refund}, delays));
//     events.publish("order 17", "ordered");
//
// Contract
//   what is left   is seen from the events alone: a service acts on a saga of which it has said neither done nor failed,
//                  and undoes what it has said done of, once. After a crash it goes on by taking part again
//   failure        of act() undoes the part, which may have taken effect; then failed is said
//   undo           is repeated after each of the delays until it succeeds; it does not listen to cancellations. When the
//                  delays are over its error is thrown, with that of act() as cause; taking part again goes on there
//   idempotence    a crash repeats act() or undo(): they must bear that, and undo() that nothing was done
//   order          a service does one saga after the other, in the order of the store
//   cancellation   ends take_part(), also in act(): that saga is acted on again by whoever takes part next
//   lifetime       the events outlive who takes part
#pragma once

#include "retry.hpp"
#include "shield.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace toolkit {

// To be kept where a crash leaves it.
class saga_event_store
{
public:
  virtual ~saga_event_store() = default;
  virtual void add(const std::string& saga, const std::string& event) = 0; // durable when it returns; twice is once
  virtual bool has(const std::string& saga, const std::string& event) const = 0;
  virtual std::vector<std::string> sagas() const = 0; // that are not to be forgotten yet, oldest first
};

class saga_events
{
public:
  saga_events(asio::any_io_executor executor, saga_event_store& store) : store_(store), listening_(std::move(executor))
  {
  }

  void publish(const std::string& saga, const std::string& event)
  {
    store_.add(saga, event);
    listening_.wake_all();
  }
  bool has(const std::string& saga, const std::string& event) const { return store_.has(saga, event); }
  std::vector<std::string> sagas() const { return store_.sagas(); }

  // Until something is published.
  asio::awaitable<void> next() { co_await listening_.wait(); }

private:
  saga_event_store& store_;
  wait_list listening_;
};

struct saga_part
{
  using step = std::function<asio::awaitable<void>(const std::string& saga)>;

  std::string after;
  step act;
  std::string done;
  std::string failed;
  std::vector<std::string> undo_after;
  step undo;
  std::string undone = {};

  enum class work
  {
    none,
    act,
    undo
  };

  work left(const saga_events& events, const std::string& saga) const
  {
    const bool is_off = std::ranges::any_of(undo_after, [&](const auto& event) { return events.has(saga, event); });
    if (events.has(saga, done))
      return is_off && !events.has(saga, undone) ? work::undo : work::none;
    const bool may_act = events.has(saga, after) && !events.has(saga, failed) && !is_off;
    return may_act ? work::act : work::none;
  }
};

template <class Delays>
asio::awaitable<void> take_part_in(
    saga_events& events, const saga_part& part, std::string saga, bool acts, Delays delays)
{
  std::exception_ptr error;
  if (acts)
  {
    const auto result = co_await outcome_of(part.act(saga));
    if (result)
    {
      events.publish(saga, part.done);
      co_return;
    }
    error = result.error();
    const asio::cancellation_state cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != asio::cancellation_type::none)
      std::rethrow_exception(error);
  }
  const auto attempt = [&](int) { return part.undo(saga); };
  const auto undone = co_await outcome_of(shield(retry(idempotent(attempt), delays)));
  if (!undone)
    throw_chained(undone.error(), error ? std::vector{error} : std::vector<std::exception_ptr>());
  events.publish(saga, acts ? part.failed : part.undone);
}

// Until it is cancelled.
template <class Delays> asio::awaitable<void> take_part(saga_events& events, saga_part part, Delays delays)
{
  for (;;)
  {
    const std::vector<std::string> all = events.sagas();
    auto work = saga_part::work::none;
    const auto next = std::ranges::find_if(all, [&](const auto& saga) {
      work = part.left(events, saga);
      return work != saga_part::work::none;
    });
    if (next == all.end())
      co_await events.next();
    else
      co_await take_part_in(events, part, *next, work == saga_part::work::act, delays);
  }
}

} // namespace toolkit
