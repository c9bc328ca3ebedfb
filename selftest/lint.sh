#!/usr/bin/env bash
# What the compiler does not say: lint.sh SOURCE-ROOT
#
#   - no co_await inside a Catch2 assertion: g++ 12 evaluates it three times (GCC PR 101027)
#   - the engine includes no Asio and no Catch2 header
#   - no source file of more than 450 lines
set -uo pipefail
root=$1
failures=0

awaits_in_macros() { # prints FILE:LINE of each; an assertion may go over several lines
  awk '
    FNR == 1 { open = 0 }
    {
      line = $0
      sub(/\/\/.*/, "", line)
      if (!open && match(line, /(REQUIRE|CHECK)[A-Z_]*\(/)) { open = 1; depth = 0; line = substr(line, RSTART); first = FNR }
      if (open) {
        if (line ~ /co_await/) print FILENAME ":" first
        for (i = 1; i <= length(line); ++i) {
          c = substr(line, i, 1)
          if (c == "(") ++depth
          if (c == ")" && --depth == 0) { open = 0; break }
        }
      }
    }' "$@"
}

# The lint itself must be able to fail.
canary=$(mktemp --suffix=.cpp)
trap 'rm -f "$canary"' EXIT
printf 'int x;\nREQUIRE(f(1) ==\n  co_await g());\n' >"$canary"
if [ "$(awaits_in_macros "$canary")" != "$canary:2" ]; then
  echo "lint: the check for co_await in assertions does not see its own canary"
  failures=1
fi

mapfile -t sources < <(find "$root"/{harness,adapters,selftest,examples} -name '*.cpp' -o -name '*.hpp')
found=$(awaits_in_macros "${sources[@]}")
if [ -n "$found" ]; then
  printf 'lint: co_await inside an assertion macro is evaluated three times by g++ 12:\n%s\n' "$found"
  echo "  Next: auto result = co_await ...; REQUIRE(result == ...);"
  failures=1
fi

found=$(grep -rnE '#include <(boost/asio|catch2)' "$root/harness")
if [ -n "$found" ]; then
  printf 'lint: the engine knows neither Asio nor Catch2:\n%s\n' "$found"
  failures=1
fi

found=$(wc -l "${sources[@]}" | awk '$2 != "total" && $1 > 450 { print $2 ": " $1 " lines" }')
if [ -n "$found" ]; then
  printf 'lint: a file has grown past one idea:\n%s\n' "$found"
  failures=1
fi
exit $failures
