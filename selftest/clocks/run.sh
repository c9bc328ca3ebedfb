#!/usr/bin/env bash
# The clocks under every runtime that could come before them: run.sh COMPILER SOURCE-ROOT ENGINE-LIBRARY
set -uo pipefail
cxx=$1
root=$2
engine=("$(realpath "$3")" -lboost_context)
nm -u "${engine[0]}" 2>/dev/null | grep backtrace_create_state >/dev/null && engine+=(-lbacktrace)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c++20 -O0 -g1 -w "-I$root/harness/include" "-I$root/adapters/asio/include" "-I$root/adapters/clocks/include"
  "-I$root/adapters/threads/include" "-I$root/adapters/sockets/include" -DBOOST_ASIO_SEPARATE_COMPILATION -include detent/asio/prelude.hpp)

build() { # RUNTIME FLAGS...
  local runtime=$1
  shift
  "$cxx" "${flags[@]}" "$@" -c "$root/selftest/clocks/clocks.cpp" -o "$work/$runtime-clocks.o" || exit 1
  "$cxx" "${flags[@]}" "$@" -c "$root/adapters/asio/src/port.cpp" -o "$work/$runtime-port.o" || exit 1
}

try() { # NAME RUNTIME FLAGS...
  local name=$1 runtime=$2
  shift 2
  if "$cxx" "$@" "$work/$runtime-clocks.o" "$work/$runtime-port.o" "${engine[@]}" -o "$work/$name" -pthread &&
    timeout 120 "$work/$name"; then
    echo "ok: $name"
  else
    echo "FAILED: $name"
    return 1
  fi
}

# Two at a time.
build plain &
first=$!
build asan -fsanitize=address,undefined &
second=$!
wait $first && build tsan -fsanitize=thread || exit 1
wait $second || exit 1

status=0
try dynamic plain || status=1
try static plain -static-libstdc++ -static-libgcc || status=1
try asan asan -fsanitize=address,undefined || status=1
try tsan tsan -fsanitize=thread || status=1
exit $status
