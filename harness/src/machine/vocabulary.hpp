// The words for operations and objects in a recording, each stored once.
#pragma once

#include <detent/machine.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace detent {

class machine::vocabulary
{
public:
  void clear()
  {
    words_.clear();
    for (kind& k : kinds_)
      k.objects.clear();
  }

  // A literal is known by its address.
  std::uint32_t word(const char* literal, recording& into)
  {
    for (const auto& [known, text] : words_)
      if (known == literal)
        return text;
    return words_.emplace_back(literal, into.store(literal)).second;
  }

  // Objects of one kind are numbered in the order of their first use: "timer 1".
  std::uint32_t object(const operation_words& what, recording& into)
  {
    if (!what.kind)
      return 0;
    auto& objects = objects_of(what.kind);
    const auto [at, is_new] = objects.try_emplace(what.object, 0);
    if (is_new)
      at->second = into.store(what.kind + (" " + std::to_string(objects.size())));
    return at->second;
  }

private:
  using object_texts = std::unordered_map<const void*, std::uint32_t>;
  struct kind
  {
    const char* name;
    object_texts objects;
  };

  object_texts& objects_of(const char* name)
  {
    for (kind& k : kinds_)
      if (k.name == name)
        return k.objects;
    return kinds_.emplace_back(kind{name, {}}).objects;
  }

  std::vector<std::pair<const char*, std::uint32_t>> words_;
  std::vector<kind> kinds_;
};

} // namespace detent
