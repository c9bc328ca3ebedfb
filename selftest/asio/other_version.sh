#!/usr/bin/env bash
# The port's tests against other Asio headers than the installed Boost's, by hand:
#
#   other_version.sh INCLUDE-FOLDER BUILD-FOLDER
#
# The include folder (of a checkout of boostorg/asio) goes before the system's; the rest of Boost stays. BUILD-FOLDER
# is a build of Detent with its tests, whose engine and Catch2 parts are used.
set -uo pipefail
include=$(realpath "$1")
build=$(realpath "$2")
root=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c++20 -O0 -w -isystem "$include" "-I$root/harness/include" "-I$root/adapters/asio/include"
  "-I$root/adapters/clocks/include" "-I$root/adapters/threads/include" "-I$root/adapters/sockets/include" "-I$root/adapters/catch2/include" -DBOOST_ASIO_SEPARATE_COMPILATION
  -include detent/asio/prelude.hpp)
sources=("$root"/selftest/asio/*_test.cpp "$root"/adapters/asio/src/port.cpp)
libraries=("$build"/adapters/catch2/libdetent-catch2-main.a "$build"/adapters/catch2/libdetent-catch2.a
  "$build"/harness/libdetent.a -lbacktrace -lboost_context)

try() { # FLAVOUR FLAGS...
  local flavour=$1
  shift
  c++ "${flags[@]}" "-DFLAVOUR=\"$flavour\"" "$@" "${sources[@]}" -Wl,--start-group "${libraries[@]}" -Wl,--end-group \
    -o "$work/$flavour" && timeout 120 "$work/$flavour" >"$work/$flavour.out" 2>&1
  local status=$?
  echo "$flavour: $(tail -2 "$work/$flavour.out" | head -1)"
  [ $status -eq 0 ] || { tail -60 "$work/$flavour.out"; return 1; }
}

try untracked &
first=$!
try tracked '-DBOOST_ASIO_CUSTOM_HANDLER_TRACKING=<detent/asio/tracking.hpp>'
status=$?
wait $first && exit $status
