#include <detent/token.hpp>

#include <detent/error.hpp>
#include <detent/random.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <span>

namespace detent {
namespace {

constexpr std::string_view prefix = "detent1-";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t flag_any = 1;
constexpr std::uint8_t flag_lag = 2;
constexpr std::uint8_t flag_seed = 4;

// What follows a run of zeros.
constexpr std::uint64_t code_clock = 0;
constexpr std::uint64_t code_tie = 1;
constexpr std::uint64_t code_value = 2;
constexpr std::uint64_t code_task = 3; // + 2 * number in the dictionary + 1 if an occurrence follows

constexpr const char* paste = "copy the whole token, from \"detent1-\" to its end, out of the report that printed it";

std::uint16_t checksum(std::span<const std::uint8_t> bytes) noexcept
{
  std::uint64_t sum = bytes.size();
  for (const std::uint8_t byte : bytes)
    sum = mix(sum, byte);
  return static_cast<std::uint16_t>(sum);
}

class writer
{
public:
  void byte(std::uint8_t value) { bytes_.push_back(value); }

  void fixed(std::uint64_t value, int size)
  {
    for (int i = 0; i < size; ++i)
      byte(static_cast<std::uint8_t>(value >> (8 * i)));
  }

  void number(std::uint64_t value)
  {
    for (; value >= 0x80; value >>= 7)
      byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }

  std::string text() const
  {
    std::vector<std::uint8_t> all = bytes_;
    const std::uint16_t sum = checksum(all);
    all.push_back(static_cast<std::uint8_t>(sum));
    all.push_back(static_cast<std::uint8_t>(sum >> 8));
    std::string out(prefix);
    std::uint32_t bits = 0;
    int count = 0;
    for (const std::uint8_t b : all)
    {
      bits = (bits << 8) | b;
      for (count += 8; count >= 6; count -= 6)
        out += alphabet[(bits >> (count - 6)) & 63];
    }
    if (count > 0)
      out += alphabet[(bits << (6 - count)) & 63];
    return out;
  }

private:
  std::vector<std::uint8_t> bytes_;
};

class reader
{
public:
  explicit reader(std::string_view base64)
  {
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : base64)
    {
      const std::size_t digit = alphabet.find(c);
      if (digit == std::string_view::npos)
        throw usage_error(std::string("a replay token holds the character '") + c + "', which none does", paste);
      bits = (bits << 6) | static_cast<std::uint32_t>(digit);
      if ((count += 6) >= 8)
      {
        count -= 8;
        bytes_.push_back(static_cast<std::uint8_t>(bits >> count));
      }
    }
    if (bytes_.size() < 3)
      damaged();
    const std::size_t size = bytes_.size() - 2;
    if (checksum(std::span(bytes_).first(size)) != (bytes_[size] | (bytes_[size + 1] << 8)))
      damaged();
    bytes_.resize(size);
  }

  [[noreturn]] static void damaged() { throw usage_error("the replay token is damaged or cut short", paste); }

  bool at_end() const noexcept { return at_ == bytes_.size(); }

  std::uint8_t byte()
  {
    if (at_end())
      damaged();
    return bytes_[at_++];
  }

  std::uint64_t fixed(int size)
  {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i)
      value |= static_cast<std::uint64_t>(byte()) << (8 * i);
    return value;
  }

  std::uint64_t number()
  {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7)
    {
      const std::uint8_t b = byte();
      value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if (!(b & 0x80))
        return value;
    }
    damaged();
  }

  std::uint32_t small()
  {
    const std::uint64_t value = number();
    if (value > 0xffffffff)
      damaged();
    return static_cast<std::uint32_t>(value);
  }

private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

// The tasks that a token names, each after its parent; 0 is main.
std::vector<task_id> dictionary_of(const recording& run)
{
  std::vector<task_id> tasks;
  for (const choice& c : run.choices())
    if (c.index != 0 && c.kind == choice_kind::step && c.task != clock_task)
      for (task_id t = c.task; t != main_task; t = run.tasks()[t].parent)
        tasks.push_back(t);
  std::ranges::sort(tasks); // a task's id is higher than its parent's
  const auto repeated = std::ranges::unique(tasks);
  tasks.erase(repeated.begin(), repeated.end());
  tasks.insert(tasks.begin(), main_task);
  return tasks;
}

} // namespace

std::uint32_t fingerprint_of(std::string_view test_name) noexcept
{
  std::uint64_t hash = test_name.size();
  for (const char c : test_name)
    hash = mix(hash, static_cast<unsigned char>(c));
  return static_cast<std::uint32_t>(hash);
}

std::string encode_token(const recording& run, std::string_view test_name, order o, std::int64_t max_lag)
{
  const recording_header& header = run.header();
  writer out;
  out.fixed(fingerprint_of(test_name), 4);
  out.fixed(header.hash, 4);
  out.byte(static_cast<std::uint8_t>(
      (o == order::any ? flag_any : 0) | (max_lag ? flag_lag : 0) | (header.rng_used ? flag_seed : 0)));
  if (max_lag)
    out.number(static_cast<std::uint64_t>(max_lag));
  if (header.rng_used)
    out.fixed(header.seed, 8);

  const std::vector<task_id> dictionary = dictionary_of(run);
  const auto number_of = [&](task_id id) {
    return static_cast<std::uint64_t>(std::ranges::lower_bound(dictionary, id) - dictionary.begin());
  };
  out.number(dictionary.size() - 1);
  for (const task_id id : std::span(dictionary).subspan(1))
  {
    out.number(number_of(run.tasks()[id].parent));
    out.number(run.tasks()[id].ordinal);
  }

  std::uint64_t zeros = 0;
  for (const choice& c : run.choices())
  {
    if (c.index == 0)
    {
      ++zeros;
      continue;
    }
    out.number(zeros);
    zeros = 0;
    if (c.kind != choice_kind::step)
    {
      out.number(c.kind == choice_kind::tie ? code_tie : code_value);
      out.number(c.index);
    }
    else if (c.task == clock_task)
      out.number(code_clock);
    else
    {
      out.number(code_task + 2 * number_of(c.task) + (c.occurrence != 0));
      if (c.occurrence != 0)
        out.number(c.occurrence);
    }
  }
  return out.text();
}

token decode_token(std::string_view text)
{
  if (!text.starts_with(prefix))
  {
    const bool newer = text.size() > 7 && text.starts_with("detent") && text[6] >= '0' && text[6] <= '9';
    if (newer)
      throw usage_error("the replay token \"" + std::string(text.substr(0, 12))
              + "...\" is of another format than this version of Detent reads (" + std::string(prefix) + "...)",
          "replay it with the version of Detent that printed it");
    throw usage_error("\"" + std::string(text.substr(0, 24)) + "\" is no replay token: one begins with \""
            + std::string(prefix) + "\"",
        paste);
  }
  reader in(text.substr(prefix.size()));
  token made;
  made.fingerprint = static_cast<std::uint32_t>(in.fixed(4));
  made.hash = static_cast<std::uint32_t>(in.fixed(4));
  const std::uint8_t flags = in.byte();
  made.order = (flags & flag_any) ? order::any : order::fifo;
  if (flags & flag_lag)
    made.max_lag = static_cast<std::int64_t>(in.number() & 0x7fffffffffffffff);
  made.has_seed = (flags & flag_seed) != 0;
  if (made.has_seed)
    made.seed = in.fixed(8);

  struct named
  {
    std::uint64_t label;
    std::string path;
  };
  std::array<task_record, 1> root{};
  std::vector<named> dictionary{{task_table(root).label(main_task), "main"}};
  for (std::uint32_t count = in.small(); count > 0; --count)
  {
    const std::uint32_t parent = in.small();
    const std::uint32_t ordinal = in.small();
    if (parent >= dictionary.size())
      reader::damaged();
    dictionary.push_back(
        {mix(dictionary[parent].label, ordinal), dictionary[parent].path + "." + std::to_string(ordinal)});
  }
  while (!in.at_end())
  {
    token_choice c;
    c.zeros_before = in.small();
    const std::uint32_t code = in.small();
    if (code == code_clock)
    {
      c.label = clock_task;
      c.path = "the clock";
    }
    else if (code < code_task)
    {
      c.kind = code == code_tie ? choice_kind::tie : choice_kind::value;
      c.index = in.small();
    }
    else
    {
      const std::uint64_t number = (code - code_task) / 2;
      if (number >= dictionary.size())
        reader::damaged();
      c.label = dictionary[number].label;
      c.path = dictionary[number].path;
      if ((code - code_task) % 2)
        c.occurrence = in.small();
    }
    made.choices.push_back(std::move(c));
  }
  return made;
}

void check_token(const token& t, std::string_view test_name)
{
  if (t.fingerprint != fingerprint_of(test_name))
    throw usage_error("the replay token belongs to another test than \"" + std::string(test_name) + "\"",
        "run the test that printed it; if it was renamed, explore again for a new token");
}

} // namespace detent
