#!/usr/bin/env bash
# Programs that are put together wrongly each get one clear error: run.sh COMPILER SOURCE-ROOT ENGINE-LIBRARY
set -uo pipefail
cxx=$1
root=$2
engine=($(realpath "$3") -lboost_context)
nm -u "${engine[0]}" 2>/dev/null | grep backtrace_create_state >/dev/null && engine+=(-lbacktrace)
here=$root/selftest/misuse
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

base=(-std=c++20 -g "-I$root/harness/include" "-I$root/adapters/asio/include" "-I$root/adapters/clocks/include" "-I$root/adapters/threads/include" "-I$root/adapters/sockets/include")
separate=(-DBOOST_ASIO_SEPARATE_COMPILATION -include detent/asio/prelude.hpp)
tracked=("${separate[@]}" '-DBOOST_ASIO_CUSTOM_HANDLER_TRACKING=<detent/asio/tracking.hpp>')
port=$root/adapters/asio/src/port.cpp
failures=0

compile() { # NAME SOURCE FLAGS...
  local name=$1 source=$2
  shift 2
  "$cxx" "${base[@]}" "$@" -c "$source" -o "$name" || exit 1
}

expect() { # WHAT PATTERN OUTPUT-FILE
  if grep -q -- "$2" "$3"; then
    echo "ok: $1"
  else
    echo "FAILED: $1: expected \"$2\" in:"
    head -20 "$3"
    failures=$((failures + 1))
  fi
}

compile port-tracked.o "$port" "${tracked[@]}" &
compile port.o "$port" "${separate[@]}" &
compile user-tracked.o "$here/uses_asio.cpp" "${tracked[@]}" &
compile user.o "$here/uses_asio.cpp" -DBOOST_ASIO_SEPARATE_COMPILATION &
compile header-only-O0.o "$here/uses_asio.cpp" -O0 &
compile header-only-O3.o "$here/uses_asio.cpp" -O3 &
wait

# Put together rightly, it runs: an hour takes no time.
for flavour in '' -tracked; do
  "$cxx" "user$flavour.o" "port$flavour.o" "${engine[@]}" -o "right$flavour" && "./right$flavour" >out 2>&1
  expect "right${flavour:- untracked}" '^ran$' out
done

for level in O0 O3; do
  "$cxx" "header-only-$level.o" port.o "${engine[@]}" -o header-only >out 2>&1 && timeout 20 ./header-only >out 2>&1
  expect "an object compiled header-only at -$level" 'was compiled with header-only Asio' out
  expect "... says what to do" 'Next: compile every source file with -DBOOST_ASIO_SEPARATE_COMPILATION' out
done

"$cxx" user-tracked.o port.o "${engine[@]}" -o mixed >out 2>&1 && ./mixed >out 2>&1
expect "a tracked object with the untracked port" 'an object file here is tracked, the port is untracked. Next:' out
"$cxx" user.o port-tracked.o "${engine[@]}" -o mixed >out 2>&1 && ./mixed >out 2>&1
expect "an untracked object with the tracked port" 'an object file here is untracked, the port is tracked. Next:' out

cp port.o second-port.o
"$cxx" user.o port.o second-port.o "${engine[@]}" -o twice >out 2>&1
expect "two ports in one executable" 'multiple definition of .*scheduler' out

"$cxx" "${base[@]}" "${separate[@]}" -DBOOST_ASIO_DISABLE_VISIBILITY -DIN_LIBRARY -fPIC -fvisibility=hidden -shared \
  "$here/uses_asio.cpp" "$port" "${engine[@]}" -o libhidden.so -Wl,-Bsymbolic || exit 1
"$cxx" "${base[@]}" "$here/main_of_library.cpp" port.o "${engine[@]}" -o hidden ./libhidden.so && ./hidden >out 2>&1
expect "a second port behind hidden visibility" "two of Detent's ports in this program" out

"$cxx" "${base[@]}" -c "$port" -o nothing.o >out 2>&1
expect "the port without separate compilation" 'Detent needs BOOST_ASIO_SEPARATE_COMPILATION' out

exit $failures
