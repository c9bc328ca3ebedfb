// libFuzzer's target for what a user pastes: tokens and pins. Whatever the bytes, the parser makes a schedule of them
// or throws usage_error; a token that it accepts is checked against a test's name.
#include <detent/constraint.hpp>
#include <detent/error.hpp>
#include <detent/random.hpp>
#include <detent/token.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

// Most random texts fail at the checksum, so the rest of the decoder is reached by a text that ends in the right one.
std::string with_checksum(const std::uint8_t* data, std::size_t size)
{
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::uint64_t sum = size;
  for (std::size_t i = 0; i < size; ++i)
    sum = detent::mix(sum, data[i]);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes += static_cast<char>(sum);
  bytes += static_cast<char>(sum >> 8);
  std::string text = "detent1-";
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes)
  {
    bits = (bits << 8) | static_cast<std::uint8_t>(c);
    for (count += 8; count >= 6; count -= 6)
      text += alphabet[(bits >> (count - 6)) & 63];
  }
  if (count > 0)
    text += alphabet[(bits << (6 - count)) & 63];
  return text;
}

template <class Parse> void parses_or_refuses(Parse parse)
{
  try
  {
    parse();
  }
  catch (const detent::usage_error&)
  {
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
  const std::string text(reinterpret_cast<const char*>(data), size);
  parses_or_refuses([&] { detent::check_token(detent::decode_token(text), "a test"); });
  parses_or_refuses([&] { detent::check_token(detent::decode_token("detent1-" + text), "a test"); });
  parses_or_refuses([&] { detent::check_token(detent::decode_token(with_checksum(data, size)), "a test"); });
  parses_or_refuses([&] {
    const std::string pin = detent::render_pin(detent::parse_pin("pin1:" + text));
    if (detent::render_pin(detent::parse_pin(pin)) != pin)
      std::abort();
  });
  return 0;
}
