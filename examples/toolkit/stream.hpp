// Lazy sequences whose elements take time: each operator asks the one before it, and the first asks the source.
//
//     auto rows = stream_of(queue)                        // or stream_of(paginator), of a range, of a function
//                     .filter(is_new)
//                     .map([&](id i) { return database.load(i); })
//                     .buffer(100, 50ms);                 // up to 100, or what came within 50 ms
//     co_await for_each(std::move(rows), [&](std::vector<row> batch) { return write(batch); });
//
// Contract
//   laziness       nothing runs before next(), and no element is asked for before the one before it was given on
//   end            nothing, from then on; the source is not asked again
//   map(f)         f of each element; f may return an awaitable
//   filter(p)      those for which p is true
//   take(n)        the first n. The source is not asked for more
//   merge(s...)    the elements of all, as they come; who waits longest is next
//   throttle(d)    one, and none of those that come within d after it
//   debounce(d)    the last one, once none has come for d
//   sample(d)      the last one of each interval d; intervals are counted from the call of sample()
//   buffer(n, d)   vectors of n elements; of fewer when the first one is d old, or at the end
//   read ahead     merge, debounce, sample and buffer have one element asked for when they do not know when it comes: one
//                  of each source, and no more until it was taken. It stays when next() is cancelled. The others run
//                  inside next() only
//   errors         of a source or function are thrown by next(); what next() does then is the source's matter. What was
//                  collected before stays
//   cancellation   of next() ends the wait, or the source's own next(), or the function of map(), whose element is lost
//   close()        cancels what is asked for, waits for it, and closes the source. for_each() does that on every exit
//   lifetime       of a stream destroyed without close() what is asked for is cancelled, and keeps its source until it ends
//   one reader     next() is not called before the last one has ended
// Source of the operators' names: reactivex.io/documentation/operators
#pragma once

#include "read_ahead.hpp"
#include "scope.hpp"

#include <range/v3/range/access.hpp>
#include <range/v3/range/concepts.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace toolkit {

// What is left of a function's result when it was awaited.
template <class T> struct awaited
{
  using type = T;
};
template <class T> struct awaited<asio::awaitable<T>>
{
  using type = T;
};

// An operator that runs inside next() only: next(from) gives its next element.
template <class T, class Out, class Next> class direct_stream final : public stream_source<Out>
{
public:
  direct_stream(std::shared_ptr<stream_source<T>> from, Next next) : from_(std::move(from)), next_(std::move(next)) {}

  asio::awaitable<std::optional<Out>> next() override
  {
    if (is_over_)
      co_return std::nullopt;
    std::optional<Out> one = co_await next_(*from_);
    is_over_ = !one;
    co_return one;
  }

  asio::awaitable<void> close() override { return from_->close(); }

private:
  std::shared_ptr<stream_source<T>> from_;
  Next next_;
  bool is_over_ = false;
};

template <class T> class stream
{
public:
  using clock = std::chrono::steady_clock;

  explicit stream(std::shared_ptr<stream_source<T>> from) : from_(std::move(from)) {}
  stream(stream&&) noexcept = default;
  stream& operator=(stream&&) noexcept = default;

  asio::awaitable<std::optional<T>> next() { return from_->next(); }
  asio::awaitable<void> close() { return from_->close(); }

  template <class Function> auto map(Function f) &&
  {
    using result = std::invoke_result_t<Function&, T>;
    using out = typename awaited<result>::type;
    return std::move(*this).template direct<out>(
        [f = std::move(f)](stream_source<T>& from) mutable -> asio::awaitable<std::optional<out>> {
          std::optional<T> one = co_await from.next();
          if (!one)
            co_return std::nullopt;
          if constexpr (std::is_same_v<out, result>)
            co_return f(std::move(*one));
          else
            co_return co_await f(std::move(*one));
        });
  }

  template <class Predicate> stream filter(Predicate p) &&
  {
    return std::move(*this).template direct<T>(
        [p = std::move(p)](stream_source<T>& from) mutable -> asio::awaitable<std::optional<T>> {
          std::optional<T> one = co_await from.next();
          while (one && !p(std::as_const(*one)))
            one = co_await from.next();
          co_return one;
        });
  }

  stream take(std::size_t n) &&
  {
    return std::move(*this).template direct<T>(
        [left = n](stream_source<T>& from) mutable -> asio::awaitable<std::optional<T>> {
          if (left == 0)
            co_return std::nullopt;
          std::optional<T> one = co_await from.next();
          --left;
          co_return one;
        });
  }

  stream throttle(clock::duration d) &&
  {
    return std::move(*this).filter([d, open = clock::time_point::min()](const T&) mutable {
      if (clock::now() < open)
        return false;
      open = clock::now() + d;
      return true;
    });
  }

  stream debounce(clock::duration d) &&
  {
    return std::move(*this).template held<T>([d](auto& last, T one, clock::time_point& due) {
      last = std::move(one);
      due = clock::now() + d;
      return false;
    });
  }

  stream sample(clock::duration d) &&
  {
    return std::move(*this).template held<T>([d, first = clock::now()](auto& last, T one, clock::time_point& due) {
      if (!last)
        due = clock::now() + d - (clock::now() - first) % d;
      last = std::move(one);
      return false;
    });
  }

  stream<std::vector<T>> buffer(std::size_t n, clock::duration d) &&
  {
    return std::move(*this).template held<std::vector<T>>([n, d](auto& all, T one, clock::time_point& due) {
      if (!all)
      {
        all.emplace();
        due = clock::now() + d;
      }
      all->push_back(std::move(one));
      return all->size() >= n;
    });
  }

  std::shared_ptr<stream_source<T>> source() && { return std::move(from_); }

private:
  template <class Out, class Next> stream<Out> direct(Next next) &&
  {
    return stream<Out>(std::make_shared<direct_stream<T, Out, Next>>(std::move(from_), std::move(next)));
  }
  template <class Out, class Rule> stream<Out> held(Rule rule) &&
  {
    return stream<Out>(std::make_shared<held_stream<T, Out, Rule>>(std::move(from_), std::move(rule)));
  }

  std::shared_ptr<stream_source<T>> from_;
};

// Of a function that gives an awaitable of the next element, nothing at the end.
template <class Next> auto stream_of(Next next) -> stream<typename std::invoke_result_t<Next&>::value_type::value_type>
{
  using element = typename std::invoke_result_t<Next&>::value_type::value_type;
  struct source final : stream_source<element>
  {
    explicit source(Next n) : function(std::move(n)) {}
    asio::awaitable<std::optional<element>> next() override { return function(); }
    Next function;
  };
  return stream<element>(std::make_shared<source>(std::move(next)));
}

// Of what has pop() or next(), as bounded_queue and paginator have: it has to outlive the stream.
template <class Queue>
requires requires(Queue& queue) { queue.pop(); }
auto stream_of(Queue& queue)
{
  return stream_of([&queue] { return queue.pop(); });
}
template <class Generator>
requires requires(Generator& generator) { generator.next(); }
auto stream_of(Generator& generator)
{
  return stream_of([&generator] { return generator.next(); });
}

// Of a range, which the stream keeps.
template <ranges::input_range Range> auto stream_of(Range range)
{
  using element = ranges::range_value_t<Range>;
  struct source final : stream_source<element>
  {
    explicit source(Range r) : all(std::move(r)) {}
    asio::awaitable<std::optional<element>> next() override
    {
      if (!at)
        at = ranges::begin(all);
      else if (*at != ranges::end(all))
        ++*at;
      if (*at == ranges::end(all))
        co_return std::nullopt;
      co_return **at;
    }
    Range all;
    std::optional<ranges::iterator_t<Range>> at;
  };
  return stream<element>(std::make_shared<source>(std::move(range)));
}

template <class T, class... More> stream<T> merge(stream<T> first, More... more)
{
  std::vector<std::shared_ptr<stream_source<T>>> all{std::move(first).source(), std::move(more).source()...};
  return stream<T>(std::make_shared<merged_stream<T>>(std::move(all)));
}

// Calls f, which may return an awaitable, with each element.
template <class T, class Function> asio::awaitable<void> for_each(stream<T> elements, Function f)
{
  const auto body = [&](scope& own) -> asio::awaitable<void> {
    own.on_exit([&elements] { return elements.close(); });
    for (std::optional<T> one = co_await elements.next(); one; one = co_await elements.next())
      if constexpr (std::is_void_v<std::invoke_result_t<Function&, T>>)
        f(std::move(*one));
      else
        co_await f(std::move(*one));
  };
  co_await with_scope(body);
}

} // namespace toolkit
