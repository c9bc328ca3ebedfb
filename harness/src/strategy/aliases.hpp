// Objects that have several names: see name_by_access in <detent/recording.hpp>.
#pragma once

#include <detent/recording.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace detent {

// Which names mean one object. If the n-th access of an event has named an object in one schedule, it goes to the same
// object in another one, where something else touched that first. Union-find with path halving.
class aliases
{
public:
  void learn(const recording& run, std::size_t event)
  {
    std::uint32_t n = 0;
    for (const access_record& a : run.accesses_of(event))
    {
      const std::uint64_t name = name_by_access(run.trace()[event].name, n++);
      if (is_declared(a.object))
        continue;
      places& known = named_by_[name];
      if (a.object == name)
        known.names_an_object = true;
      else if (std::ranges::find(known.objects, a.object) == known.objects.end())
        known.objects.push_back(a.object);
      if (!known.names_an_object)
        continue;
      for (const std::uint64_t object : known.objects)
        same(name, object);
    }
  }

  bool conflict(std::span<const access_record> a, std::span<const access_record> b)
  {
    for (const access_record& x : a)
      for (const access_record& y : b)
        if ((x.how == access::write || y.how == access::write) && of(x.object) == of(y.object))
          return true;
    return false;
  }

private:
  struct places
  {
    bool names_an_object = false;
    std::vector<std::uint64_t> objects;
  };

  void same(std::uint64_t a, std::uint64_t b)
  {
    a = of(a);
    b = of(b);
    if (a != b)
      parent_[std::max(a, b)] = std::min(a, b);
  }

  std::uint64_t of(std::uint64_t name)
  {
    for (;;)
    {
      const auto up = parent_.find(name);
      if (up == parent_.end())
        return name;
      const auto further = parent_.find(up->second);
      if (further == parent_.end())
        return up->second;
      name = up->second = further->second;
    }
  }

  std::unordered_map<std::uint64_t, places> named_by_;
  std::unordered_map<std::uint64_t, std::uint64_t> parent_;
};

} // namespace detent
