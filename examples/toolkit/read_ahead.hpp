// What a stream's operators read from, and what of them reads ahead: merge, debounce, sample and buffer ask for one
// element while they wait for something else too.
#pragma once

#include "child.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace toolkit {

template <class T> struct stream_source
{
  virtual ~stream_source() = default;
  virtual asio::awaitable<std::optional<T>> next() = 0;
  virtual asio::awaitable<void> close() { co_return; }
};

// One element that is asked for whether somebody waits for it or not.
template <class T> class read_ahead
{
public:
  // What has come wakes the list, which several may share.
  read_ahead(std::shared_ptr<stream_source<T>> from, std::shared_ptr<wait_list> changed)
    : from_(std::move(from)), changed_(std::move(changed))
  {
  }
  read_ahead(const read_ahead&) = delete;
  read_ahead& operator=(const read_ahead&) = delete;
  ~read_ahead()
  {
    if (asked_)
      asked_->cancel();
  }

  void ask()
  {
    if (!asked_ && !is_over_)
      asked_ = child<std::optional<T>>::start(
          changed_->executor(), next(from_), [changed = changed_](const auto&) { changed->wake_one(); });
  }
  bool has_come() const { return is_over_ || (asked_ && asked_->ended()); }
  bool is_over() const noexcept { return is_over_; }

  // Of what has come: the element, the error, or nothing at the end.
  std::optional<T> take()
  {
    if (is_over_)
      return std::nullopt;
    const auto come = std::move(asked_);
    std::optional<T> value = come->result.get();
    is_over_ = !value;
    return value;
  }

  asio::awaitable<void> close()
  {
    is_over_ = true;
    if (asked_)
    {
      asked_->cancel();
      co_await asked_->wait_on([] {});
    }
    co_await from_->close();
  }

private:
  static asio::awaitable<std::optional<T>> next(std::shared_ptr<stream_source<T>> from)
  {
    co_return co_await from->next();
  }

  std::shared_ptr<stream_source<T>> from_;
  std::shared_ptr<wait_list> changed_;
  std::shared_ptr<child<std::optional<T>>> asked_;
  bool is_over_ = false;
};

// What is held back until it is complete or its time has come: debounce, sample and buffer differ in their rule only.
// rule(held, element, due) adds an element to what is held, sets when that is due, and says whether it is complete.
template <class T, class Out, class Rule> class held_stream final : public stream_source<Out>
{
public:
  held_stream(std::shared_ptr<stream_source<T>> from, Rule rule) : from_(std::move(from)), rule_(std::move(rule)) {}

  asio::awaitable<std::optional<Out>> next() override
  {
    if (!in_)
      in_ = std::make_unique<input>(from_, co_await asio::this_coro::executor);
    for (;;)
    {
      in_->reader.ask();
      if (!co_await in_->comes_by(held_ ? due_ : std::chrono::steady_clock::time_point::max()))
        co_return std::exchange(held_, std::nullopt);
      std::optional<T> one = in_->reader.take();
      if (!one || rule_(held_, std::move(*one), due_))
        co_return std::exchange(held_, std::nullopt);
    }
  }

  asio::awaitable<void> close() override { return in_ ? in_->reader.close() : from_->close(); }

private:
  struct input
  {
    input(std::shared_ptr<stream_source<T>> from, const asio::any_io_executor& executor)
      : changed(std::make_shared<wait_list>(executor)), timer(executor), reader(std::move(from), changed)
    {
    }

    // Whether something came in time.
    asio::awaitable<bool> comes_by(std::chrono::steady_clock::time_point due)
    {
      if (!reader.has_come() && due != due.max())
      {
        timer.expires_at(due);
        timer.async_wait([list = changed](error_code error) {
          if (!error)
            list->wake_one();
        });
      }
      while (!reader.has_come() && std::chrono::steady_clock::now() < due)
        co_await changed->wait();
      timer.cancel();
      co_return reader.has_come();
    }

    std::shared_ptr<wait_list> changed;
    asio::steady_timer timer;
    read_ahead<T> reader;
  };

  std::shared_ptr<stream_source<T>> from_;
  Rule rule_;
  std::unique_ptr<input> in_;
  std::optional<Out> held_;
  std::chrono::steady_clock::time_point due_{};
};

template <class T> class merged_stream final : public stream_source<T>
{
public:
  explicit merged_stream(std::vector<std::shared_ptr<stream_source<T>>> from) : from_(std::move(from)) {}

  asio::awaitable<std::optional<T>> next() override
  {
    if (!changed_)
    {
      changed_ = std::make_shared<wait_list>(co_await asio::this_coro::executor);
      for (auto& one : from_)
        readers_.push_back(std::make_unique<read_ahead<T>>(one, changed_));
    }
    for (;;)
    {
      std::size_t over = 0;
      for (const auto& reader : readers_)
      {
        reader->ask();
        over += reader->is_over();
      }
      if (over == readers_.size())
        co_return std::nullopt;
      const auto come = std::ranges::find_if(readers_, [](auto& r) { return r->has_come() && !r->is_over(); });
      if (come == readers_.end())
      {
        co_await changed_->wait();
        continue;
      }
      std::rotate(come, come + 1, readers_.end()); // whoever is served goes to the end
      if (std::optional<T> value = readers_.back()->take())
        co_return value;
    }
  }

  asio::awaitable<void> close() override
  {
    for (const auto& reader : readers_)
      co_await reader->close();
    if (!changed_)
      for (const auto& one : from_)
        co_await one->close();
  }

private:
  std::vector<std::shared_ptr<stream_source<T>>> from_;
  std::shared_ptr<wait_list> changed_;
  std::vector<std::unique_ptr<read_ahead<T>>> readers_;
};

} // namespace toolkit
