// A string of JSON.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace detent {

// Also where it stands inside a page's <script>: no '<' is left in it.
inline std::string quoted(std::string_view text)
{
  std::string out = "\"";
  for (const char c : text)
  {
    if (c == '"' || c == '\\')
      out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == '<')
    {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    }
    else
      out += c;
  }
  return out + '"';
}

} // namespace detent
