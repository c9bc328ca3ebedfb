// A request that arrives twice takes effect once.
//
//     idempotency<std::string, receipt> payments(executor, 24h);
//     receipt r = co_await payments.run(request.key, [&] { return charge(request); });
//
// Contract
//   atomic         nothing can run between the look for a key and its being taken
//   duplicates     of a request in flight wait for it and get its result; later ones get the stored result, posted
//   errors         are not stored: those who wait get it, the next one tries again
//   cancellation   of a caller ends its wait only. The effect runs to its end and is stored, whoever still waits
//   expiry         a result is kept so long after it came
#pragma once

#include "child.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <utility>

namespace toolkit {

template <class Key, class T> class idempotency
{
public:
  using clock = std::chrono::steady_clock;

  idempotency(asio::any_io_executor executor, clock::duration keep)
    : executor_(std::move(executor)), keep_(keep), entries_(std::make_shared<entries>())
  {
  }

  template <class Effect> asio::awaitable<T> run(Key key, Effect effect)
  {
    forget_expired();
    std::shared_ptr<entry>& known = (*entries_)[key];
    if (!known)
    {
      known = std::make_shared<entry>();
      const std::weak_ptr<entries> all = entries_;
      known->call = child<T>::start(
          executor_, call(std::move(effect)), [own = known, all, key, keep = keep_](const outcome<T>& result) {
            own->until = clock::now() + keep;
            if (const auto kept = all.lock(); kept && !result)
              kept->erase(key);
          });
    }
    const std::shared_ptr<entry> own = known;
    if (own->call->ended())
      co_await asio::post(executor_, asio::use_awaitable);
    else
      co_await own->call->wait();
    outcome<T> copy = own->call->result;
    co_return copy.get();
  }

  std::size_t size()
  {
    forget_expired();
    return entries_->size();
  }

private:
  struct entry
  {
    std::shared_ptr<child<T>> call;
    clock::time_point until{};
  };
  using entries = std::map<Key, std::shared_ptr<entry>>;

  void forget_expired()
  {
    std::erase_if(*entries_,
        [now = clock::now()](const auto& one) { return one.second->call->ended() && one.second->until <= now; });
  }

  // Keeps the effect as long as its coroutine.
  template <class Effect> static asio::awaitable<T> call(Effect effect) { co_return co_await effect(); }

  asio::any_io_executor executor_;
  clock::duration keep_;
  std::shared_ptr<entries> entries_;
};

} // namespace toolkit
