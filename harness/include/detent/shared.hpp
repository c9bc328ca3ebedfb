// A variable whose reads and writes are declared.
//
//     detent::shared<int> balance = 100;
//     const int seen = balance;          // a read
//     balance = seen - 30;               // a write
//     balance.update([](int& b) { b -= 30; });
//
// Behaves as a plain T; exploration knows who reads and writes it (see <detent/touch.hpp>), in particular that steps
// which do not touch the same variable need not be tried in both orders. Not copyable: it is a place, not a value.
#pragma once

#include <detent/touch.hpp>

#include <utility>

namespace detent {

template <class T> class shared
{
public:
  shared() { declare(this); }
  shared(T value) : value_(std::move(value)) { declare(this); }
  ~shared() { forget(this); }
  shared(const shared&) = delete;

  shared& operator=(T value)
  {
    touch(this, access::write);
    value_ = std::move(value);
    return *this;
  }
  shared& operator=(const shared&) = delete;

  // A reference that is valid until the step ends.
  const T& get() const noexcept
  {
    touch(this, access::read);
    return value_;
  }
  operator const T&() const noexcept { return get(); }

  // Calls change(T&) and returns what it returns.
  template <class Change> decltype(auto) update(Change&& change)
  {
    touch(this, access::write);
    return std::forward<Change>(change)(value_);
  }

private:
  T value_{};
};

} // namespace detent
