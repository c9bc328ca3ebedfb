// Finds thread_local variables that several fibers write: they share what threads would have each for itself.
//
// The program's thread_local variables lie in one block of memory. It is compared whenever another fiber runs, in the
// one schedule that warns; what has changed is the one's that ran. The symbol table says which variable it was. Not
// found: variables of shared libraries, and those that are read only, or written back before another fiber runs.
#pragma once

#include <detent/task.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

namespace detent::threads {

class shared_thread_locals
{
public:
  shared_thread_locals()
  {
    ::dl_iterate_phdr(
        [](dl_phdr_info* about, std::size_t, void* self) {
          static_cast<shared_thread_locals*>(self)->find_block(*about);
          return 1; // the program itself comes first
        },
        this);
    before_.assign(block_.begin(), block_.end());
  }

  // A fiber stops running.
  void left(task_id by)
  {
    if (std::memcmp(before_.data(), block_.data(), block_.size()) == 0)
      return;
    for (std::size_t i = 0; i < block_.size(); ++i)
      if (before_[i] != block_[i])
        writers_[i / sizeof(void*)].insert(by);
    before_.assign(block_.begin(), block_.end());
  }

  // A line for each variable.
  std::vector<std::string> describe(std::span<const task_record> tasks) const
  {
    std::map<std::string, std::set<task_id>> by_name;
    for (const auto& [word, tasks_of_word] : writers_)
      if (const std::string name = name_of(word * sizeof(void*)); !is_known(name))
        by_name[name].insert(tasks_of_word.begin(), tasks_of_word.end());
    std::vector<std::string> lines;
    for (const auto& [name, by] : by_name)
    {
      if (by.size() < 2)
        continue;
      std::string line = name + " is thread_local, and written by tasks ";
      for (const task_id id : by)
        line += (id == *by.begin() ? "" : id == *by.rbegin() ? " and " : ", ") + task_name(tasks, id);
      lines.push_back(
          line + ", which share it, as they are fibers (options::threads = threading::os gives each its own)");
    }
    return lines;
  }

private:
  void find_block(const dl_phdr_info& about)
  {
    for (const auto& part : std::span(about.dlpi_phdr, about.dlpi_phnum))
      if (part.p_type == PT_TLS && about.dlpi_tls_data)
        block_ = {static_cast<const unsigned char*>(about.dlpi_tls_data), part.p_memsz};
  }

  // Libraries' own, which are swapped with their fiber or common to all on purpose.
  static bool is_known(const std::string& name)
  {
    return name.starts_with("detent::") || name.starts_with("boost::asio::") || name.find(" detent::") != name.npos
        || name.find(" boost::asio::") != name.npos;
  }

  static std::string name_of(std::size_t offset)
  {
    static const std::vector<variable> all = variables();
    for (const variable& v : all)
      if (offset + sizeof(void*) > v.offset && offset < v.offset + v.size)
        return v.name;
    return "a variable without a symbol";
  }

  struct variable
  {
    std::size_t offset;
    std::size_t size;
    std::string name;
  };

  static std::vector<variable> variables()
  {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    const auto read_at = [&](std::uint64_t at, void* into, std::size_t size) {
      file.seekg(static_cast<std::streamoff>(at));
      file.read(static_cast<char*>(into), static_cast<std::streamsize>(size));
    };
    ElfW(Ehdr) header{};
    read_at(0, &header, sizeof header);
    std::vector<ElfW(Shdr)> sections(header.e_shnum);
    read_at(header.e_shoff, sections.data(), sections.size() * sizeof(ElfW(Shdr)));
    std::vector<variable> found;
    for (const auto& s : sections)
    {
      if (s.sh_type != SHT_SYMTAB || s.sh_link >= sections.size())
        continue;
      std::string names(sections[s.sh_link].sh_size, '\0');
      read_at(sections[s.sh_link].sh_offset, names.data(), names.size());
      std::vector<ElfW(Sym)> symbols(s.sh_size / sizeof(ElfW(Sym)));
      read_at(s.sh_offset, symbols.data(), symbols.size() * sizeof(ElfW(Sym)));
      for (const auto& symbol : symbols)
        if ((symbol.st_info & 0xf) == STT_TLS && symbol.st_shndx != SHN_UNDEF && file)
          found.push_back({symbol.st_value, symbol.st_size, readable(names.c_str() + symbol.st_name)});
    }
    return found;
  }

  static std::string readable(const char* mangled)
  {
    int status = 0;
    char* const plain = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    std::string name = plain ? plain : mangled;
    std::free(plain);
    return name;
  }

  std::span<const unsigned char> block_;
  std::vector<unsigned char> before_;
  std::map<std::size_t, std::set<task_id>> writers_; // by the word's number
};

} // namespace detent::threads
