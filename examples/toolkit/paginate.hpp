// The items of a list that comes in pages, one after the other.
//
//     paginator<issue> issues([&](std::string token) { return server.list(token); });
//     for (std::optional<issue> one = co_await issues.next(); one; one = co_await issues.next())
//       ...
//
// Contract
//   laziness       a page is fetched when its first item is asked for, and no sooner; one page is kept
//   rate           with a rate_limiter each fetch takes a token of it
//   end            a page without a next token is the last; next() gives nothing from then on. Empty pages are passed
//                  over
//   errors         of a fetch are thrown by next(); the next call fetches the same page again
//   cancellation   ends the fetch; what has been fetched is still there
//   early end      destroying it between two calls releases everything
#pragma once

#include "rate_limiter.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace toolkit {

template <class Item> struct page
{
  std::vector<Item> items;
  std::optional<std::string> next; // the token of the page after it
};

template <class Item> class paginator
{
public:
  // The first page has the empty token.
  using fetcher = std::function<asio::awaitable<page<Item>>(std::string)>;

  explicit paginator(fetcher fetch, rate_limiter* rate = nullptr) : fetch_(std::move(fetch)), rate_(rate) {}

  asio::awaitable<std::optional<Item>> next()
  {
    while (at_ == current_.items.size())
    {
      if (!current_.next)
        co_return std::nullopt;
      if (rate_)
        co_await rate_->acquire();
      const std::string token = *current_.next;
      page<Item> fetched = co_await fetch_(token);
      current_ = std::move(fetched);
      at_ = 0;
    }
    co_return std::move(current_.items[at_++]);
  }

private:
  fetcher fetch_;
  rate_limiter* rate_;
  page<Item> current_{{}, std::string()};
  std::size_t at_ = 0;
};

} // namespace toolkit
