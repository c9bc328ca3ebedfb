// What a machine calls the objects that a schedule touches.
#pragma once

#include <detent/machine.hpp>

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace detent {

// For traces: a name that is equal in every schedule.
class machine::object_table
{
public:
  // 0 for an object not seen before.
  std::uint64_t& id_of(const void* object) { return ids_[object]; }
  void erase(const void* object) { ids_.erase(object); }
  void clear() { ids_.clear(); }

private:
  std::unordered_map<const void*, std::uint64_t> ids_;
};

} // namespace detent
