#include <detent/call_site.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#include <cxxabi.h>
#include <execinfo.h>

#if defined(DETENT_HAS_LIBBACKTRACE)
#include <backtrace.h>
#endif

namespace detent {
namespace {

constexpr char begin_mark = '\x02';
constexpr char end_mark = '\x03';
constexpr char chain_mark = '\x04'; // begins a chain's link

#if defined(DETENT_HAS_LIBBACKTRACE)

struct lookup
{
  std::string found{};
  bool ended = false; // the frames further out started something else
};

// "client.cpp:33"
std::string place_in(std::string_view file, int line)
{
  file.remove_prefix(std::min(file.size(), file.rfind('/') + 1));
  return std::string(file) + ":" + std::to_string(line);
}

bool is_of_a_library(std::string_view file)
{
  for (const char* part : {"/boost/", "/include/detent/", "/include/c++/", "/lib/gcc/", "/usr/include/", "/catch2/"})
    if (file.find(part) != std::string_view::npos)
      return true;
  return false;
}

// What runs handlers and coroutines: beyond it lies whoever runs the context.
bool runs_others(std::string_view file, const char* function)
{
  return file.ends_with("/detent/asio/port/scheduler.hpp")
      || (function && std::strstr(function, "pump") && file.ends_with("/awaitable.hpp"));
}

int look_at(void* data, std::uintptr_t, const char* file, int line, const char* function)
{
  lookup& at = *static_cast<lookup*>(data);
  if (!file)
    return 0;
  std::string_view name = file;
  if (runs_others(name, function))
  {
    at.ended = true;
    return 1;
  }
  if (line == 0 || is_of_a_library(name))
    return 0;
  at.found = " at " + place_in(name, line);
  return 1;
}

backtrace_state* debug_information()
{
  static backtrace_state* const state = ::backtrace_create_state(
      nullptr, 0, [](void*, const char*, int) {}, nullptr);
  return state;
}

lookup look_up(std::uintptr_t frame)
{
  static std::map<std::uintptr_t, lookup> known;
  const auto [found, is_new] = known.try_emplace(frame);
  if (is_new)
  {
    const auto ignore = [](void*, const char*, int) {};
    if (backtrace_state* const state = debug_information())
      ::backtrace_pcinfo(state, frame - 1, look_at, ignore, &found->second);
  }
  return found->second;
}

// "queue::pop" of "queue::pop(queue::pop(int)::_Z3popi.Frame*)".
std::string plain_name(std::string name)
{
  // g++ calls the part of a coroutine that is resumed "_Z...62_Z....Frame.actor", clang "_Z....resume": the function's
  // own name is the last one that begins there.
  if (const std::size_t own = name.rfind("_Z"); own != std::string::npos)
    name.erase(0, own);
  if (name.starts_with("_Z"))
    name.erase(std::min(name.size(), name.find('.')));
  int status = 0;
  if (char* const demangled = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status))
  {
    name = demangled;
    std::free(demangled);
  }
  std::string plain;
  int depth = 0;
  for (const char c : name)
  {
    depth -= c == ')' || c == '>';
    if (depth == 0 && c != ')' && c != '>' && c != '(' && c != '<')
      plain += c;
    depth += c == '(' || c == '<';
  }
  for (const char* noise : {"::operator const", "::operator", " const", "[abi:detent_tracked]"})
    if (const std::size_t at = plain.find(noise); at != std::string::npos)
      plain.erase(at, std::strlen(noise));
  if (const std::size_t space = plain.rfind(' '); space != std::string::npos)
    plain.erase(0, space + 1); // the type that a template returns
  for (std::size_t at = plain.find("::::"); at != std::string::npos; at = plain.find("::::"))
    plain.erase(at, 2); // an anonymous namespace
  if (plain.starts_with("::"))
    plain.erase(0, 2);
  return plain;
}

struct coroutine_function
{
  std::string name{};
  std::string place{}; // of its definition
  bool is_of_the_program = false;
};

coroutine_function look_up_coroutine(std::uintptr_t resume)
{
  static std::map<std::uintptr_t, coroutine_function> known;
  const auto [found, is_new] = known.try_emplace(resume);
  if (!is_new)
    return found->second;
  const auto ignore = [](void*, const char*, int) {};
  const auto take = [](void* data, std::uintptr_t, const char* file, int line, const char* function) {
    auto& at = *static_cast<coroutine_function*>(data);
    if (!file || !function)
      return 0;
    std::string_view name = file;
    at.is_of_the_program = !is_of_a_library(name);
    at.place = place_in(name, line);
    at.name = plain_name(function);
    return 0;
  };
  const auto take_symbol = [](void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
    if (symbol)
      static_cast<coroutine_function*>(data)->name = plain_name(symbol);
  };
  if (backtrace_state* const state = debug_information())
  {
    ::backtrace_pcinfo(state, resume, take, ignore, &found->second);
    ::backtrace_syminfo(state, resume, take_symbol, ignore, &found->second);
  }
  return found->second;
}

// A line as the function itself has it, whatever is inlined there.
struct own_line
{
  std::string file{};
  int line = 0;
  bool releases = false; // something is released there: that is no call that anything waits for
};

own_line own_line_at(std::uintptr_t address)
{
  own_line found;
  const auto ignore = [](void*, const char*, int) {};
  const auto take = [](void* data, std::uintptr_t, const char* file, int line, const char* function) {
    own_line& at = *static_cast<own_line*>(data);
    for (const char* part : {"deallocate", "destroy", "operator delete", "~", "D1Ev", "D2Ev", "dlEPv"})
      at.releases = at.releases || (function && std::strstr(function, part));
    if (!file)
      return 0;
    at.file = file; // the outermost comes last
    at.line = line;
    return 0;
  };
  if (backtrace_state* const state = debug_information())
    ::backtrace_pcinfo(state, address, take, ignore, &found);
  return found;
}

struct extent
{
  std::uintptr_t begin = 0;
  std::uintptr_t size = 0;
};

// Of the function that the address lies in.
extent function_at(std::uintptr_t address)
{
  extent found;
  const auto ignore = [](void*, const char*, int) {};
  const auto take = [](void* data, std::uintptr_t, const char*, std::uintptr_t begin, std::uintptr_t size) {
    *static_cast<extent*>(data) = {begin, size};
  };
  if (backtrace_state* const state = debug_information())
    ::backtrace_syminfo(state, address, take, ignore, &found);
  return found;
}

// The lines of a coroutine's function, by address.
struct line_map
{
  std::vector<int> lines{}; // of each address from the function's begin on
  int first = 0;
  int last = 0;
};

const line_map& lines_of(const extent& function)
{
  constexpr std::uintptr_t most = 1 << 16;
  static std::map<std::uintptr_t, line_map> known;
  const auto [found, is_new] = known.try_emplace(function.begin);
  line_map& map = found->second;
  if (!is_new)
    return map;
  map.first = own_line_at(function.begin).line;
  for (std::uintptr_t i = 0; i < std::min(function.size, most); ++i)
  {
    map.lines.push_back(own_line_at(function.begin + i).line);
    map.last = std::max(map.last, map.lines.back());
  }
  return map;
}

// The line of the co_await that a call site in a coroutine belongs to. g++ gives what it computes before it suspends
// the last line of the coroutine; the code that suspends, which comes next, has the right one.
std::string line_of_await(std::uintptr_t frame, const extent& function)
{
  const own_line at = own_line_at(frame - 1);
  if (at.releases || at.line == 0)
    return {};
  const line_map& map = lines_of(function);
  int line = at.line;
  const auto lies_inside = [&](int l) { return l > map.first && l < map.last; };
  const auto begin =
      map.lines.begin() + static_cast<std::ptrdiff_t>(std::min(frame - function.begin, map.lines.size()));
  if (line != map.last)
    ;
  else if (const auto next = std::find_if(begin, map.lines.end(), lies_inside); next != map.lines.end())
    line = *next;
  else if (const auto before = std::find_if(std::make_reverse_iterator(begin), map.lines.rend(), lies_inside);
           before != map.lines.rend())
    line = *before;
  return place_in(at.file, line);
}

#endif

// A number of a mark; numbers_of() is the inverse.
void append_number(std::string& text, const void* address)
{
  char digits[2 * sizeof(std::uintptr_t)];
  const auto end = std::to_chars(digits, digits + sizeof digits, reinterpret_cast<std::uintptr_t>(address), 16).ptr;
  text.append(digits, end).append(1, ',');
}

// The numbers of a mark, which are separated by commas.
std::vector<std::uintptr_t> numbers_of(std::string_view text)
{
  std::vector<std::uintptr_t> numbers;
  while (!text.empty())
  {
    std::uintptr_t number = 0;
    const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc())
      break;
    numbers.push_back(number);
    text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(next - text.data()) + 1));
  }
  return numbers;
}

// "queue.cpp:27 in queue::pop"; empty for a coroutine that is not the program's.
std::string line_of_link(std::string_view link)
{
  const std::vector<std::uintptr_t> numbers = numbers_of(link);
#if defined(DETENT_HAS_LIBBACKTRACE)
  const coroutine_function function = numbers.empty() ? coroutine_function() : look_up_coroutine(numbers.front());
  if (!function.is_of_the_program)
    return {};
  std::string where;
  for (std::size_t i = 1; i < numbers.size() && where.empty(); ++i)
    if (const extent in = function_at(numbers[i] - 1); in.begin == numbers.front())
      where = line_of_await(numbers[i], in);
  return (where.empty() ? function.place : where) + " in " + function.name;
#else
  return {};
#endif
}

std::string place_of(std::string_view frames)
{
#if defined(DETENT_HAS_LIBBACKTRACE)
  for (const std::uintptr_t frame : numbers_of(frames))
  {
    const lookup at = look_up(frame);
    if (at.ended)
      return {};
    if (at.found.empty())
      continue;
    const std::string corrected = line_of_await(frame, function_at(frame - 1));
    return corrected.starts_with(at.found.substr(4, at.found.rfind(':') - 4)) ? " at " + corrected : at.found;
  }
#endif
  static_cast<void>(frames);
  return {};
}

} // namespace

call_site call_site::here() noexcept
{
  call_site made;
  const int count = ::backtrace(made.frames_.data(), static_cast<int>(made.frames_.size()));
  std::copy(made.frames_.begin() + 1, made.frames_.begin() + std::max(count, 1), made.frames_.begin()); // not this one
  made.count_ = static_cast<std::size_t>(std::max(count, 1) - 1);
  return made;
}

std::string call_site::mark() const
{
  if (empty())
    return {};
  std::string text(1, begin_mark);
  for (std::size_t i = 0; i < count_; ++i)
    append_number(text, frames_[i]);
  return text + end_mark;
}

void* call_site::frame_in(const void* entry) const noexcept
{
  constexpr std::uintptr_t longest_function = 1 << 16;
  const auto begin = reinterpret_cast<std::uintptr_t>(entry);
  void* nearest = nullptr;
  for (std::size_t i = 0; i < count_; ++i)
  {
    const auto frame = reinterpret_cast<std::uintptr_t>(frames_[i]);
    const auto so_far = nearest ? reinterpret_cast<std::uintptr_t>(nearest) : begin + longest_function;
    if (frame > begin && frame < so_far)
      nearest = frames_[i];
  }
  return nearest;
}

std::string call_chain_link(
    const void* resume, const std::deque<call_site>& of_task, const std::deque<call_site>& of_all)
{
  constexpr std::size_t enough = 16; // most of them lie in other functions, which only the debug information can tell
  std::string text(1, chain_mark);
  append_number(text, resume);
  std::vector<const void*> added;
  for (const std::deque<call_site>* latest : {&of_task, &of_all})
    for (const call_site& site : *latest)
    {
      const void* const frame = site.frame_in(resume);
      if (!frame || added.size() == enough || std::ranges::find(added, frame) != added.end())
        continue;
      added.push_back(frame);
      append_number(text, frame);
    }
  return text + end_mark;
}

std::vector<std::string> resolve_call_chain(std::string_view text)
{
  std::vector<std::string> lines;
  for (std::size_t begin = text.find(chain_mark); begin != std::string_view::npos;
       begin = text.find(chain_mark, begin + 1))
  {
    const std::size_t end = text.find(end_mark, begin);
    if (end == std::string_view::npos)
      break;
    if (std::string line = line_of_link(text.substr(begin + 1, end - begin - 1)); !line.empty())
      lines.push_back(std::move(line));
  }
  return lines;
}

std::string resolve_call_sites(std::string_view text)
{
  std::string out;
  bool in_chain = false; // whose innermost line is known
  bool in_marks = false; // of one place, which is known
  for (std::size_t at = 0; at < text.size();)
  {
    const std::size_t begin = text.find_first_of("\x02\x04", at);
    out += text.substr(at, begin - at);
    if (begin == std::string_view::npos)
      break;
    const std::size_t end = text.find(end_mark, begin);
    if (end == std::string_view::npos)
      break;
    if (text[begin] == begin_mark && !in_marks)
    {
      const std::string place = place_of(text.substr(begin + 1, end - begin - 1));
      in_marks = !place.empty();
      out += place;
    }
    else if (text[begin] == chain_mark && !in_chain)
      if (const std::string line = line_of_link(text.substr(begin + 1, end - begin - 1)); !line.empty())
      {
        out += " at " + line.substr(0, line.find(' '));
        in_chain = true;
      }
    at = end + 1;
    in_chain = in_chain && at < text.size() && text[at] == chain_mark;
    in_marks = in_marks && at < text.size() && text[at] == begin_mark;
  }
  return out;
}

} // namespace detent
