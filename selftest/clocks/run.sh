#!/usr/bin/env bash
# The clocks under every runtime that could come before them: run.sh COMPILER SOURCE-ROOT
set -uo pipefail
cxx=$1
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=("$root"/selftest/clocks/clocks.cpp "$root"/adapters/asio/src/port.cpp)
mapfile -t engine < <(find "$root/harness/src" -name '*.cpp')
flags=(-std=c++20 -O1 -g -w "-I$root/harness/include" "-I$root/adapters/asio/include" "-I$root/adapters/clocks/include" "-I$root/adapters/threads/include"
  -DBOOST_ASIO_SEPARATE_COMPILATION -include detent/asio/prelude.hpp)

try() { # NAME FLAGS...
  local name=$1
  shift
  if "$cxx" "${flags[@]}" "$@" "${sources[@]}" "${engine[@]}" -o "$work/$name" -pthread -lboost_context && timeout 120 "$work/$name"; then
    echo "ok: $name"
  else
    echo "FAILED: $name"
    return 1
  fi
}

# Two at a time.
try dynamic &
first=$!
try static -static-libstdc++ -static-libgcc &
second=$!
wait $first; status=$?
wait $second || status=1
try asan -fsanitize=address,undefined &
first=$!
try tsan -fsanitize=thread &
second=$!
wait $first || status=1
wait $second || status=1
exit $status
