#!/usr/bin/env bash
# Boost.Asio's own example programs, unmodified, on the simulated machine.
#
#   run.sh COMPILER SOURCE-ROOT ENGINE-LIBRARY [TABLE]
#
# Each program that uses nothing but timers, executors, handlers and threads is compiled, and run twice with one seed: it
# must end, and print the same both times. The echo servers, and HTTP server 3, are explored with two clients. With TABLE,
# the outcome of every example is written there as Markdown. Exits with 77 (skipped) where the examples are not installed.
set -uo pipefail
cxx=$1
root=$2
engine=($(realpath "$3") -lboost_context)
[ -e /usr/lib/x86_64-linux-gnu/libboost_thread.so ] && engine+=(-lboost_thread)
nm -u "${engine[0]}" 2>/dev/null | grep backtrace_create_state >/dev/null && engine+=(-lbacktrace)
table=${4:-/dev/null}
examples=/usr/share/doc/libboost1.81-doc/examples/libs/asio/example
if [ ! -d "$examples" ]; then
  echo "skipped: Boost.Asio's examples are not installed (apt-get install libboost1.81-doc)"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c++20 -O0 -w "-I$root/harness/include" "-I$root/adapters/asio/include" "-I$root/adapters/clocks/include" "-I$root/adapters/threads/include" "-I$root/adapters/sockets/include"
  -DBOOST_ASIO_SEPARATE_COMPILATION -include detent/asio/prelude.hpp)
"$cxx" "${flags[@]}" -c "$root/adapters/asio/src/port.cpp" -o "$work/port.o" || exit 1
here=$root/selftest/asio_examples
"$cxx" "${flags[@]}" -c "$here/echo.cpp" -o "$work/echo.o" || exit 1

# What of a program is not simulated, from its source without comments; nothing if all is.
not_simulated() {
  local source
  source=$(sed 's://.*$::' "$1")
  local -A uses=(
    ['datagram sockets']='udp|icmp|multicast'
    ['sockets of files']='local::|asio/local/|unix_stream'
    [TLS]='ssl'
    [processes]='[^_]fork\(\)'
    ['stackful coroutines of Boost.Coroutine']='boost/coroutine|coroutines::'
    [files]='stream_file|random_access_file|serial_port|(able|connect)_pipe'
    [descriptors]='stream_descriptor|posix::|STDIN_FILENO'
    [Windows]='windows'
  )
  local use
  for use in 'datagram sockets' 'sockets of files' TLS 'stackful coroutines of Boost.Coroutine' processes files descriptors Windows; do
    grep -qE "${uses[$use]}" <<<"$source" && echo "$use"
  done
}

# Whether a program wants a peer: it connects, or listens.
wants_peer() {
  local source
  source=$(sed 's://.*$::' "$1")
  grep -qE 'ip::|asio/ip/|connect\.hpp|tcp::' <<<"$source"
}

# The port at which an example echoes what it is sent; nothing for any other.
echoes_at() {
  case $1 in
  *echo/*tcp_echo_server.cpp | */allocation/server.cpp | */spawn/echo_server.cpp | */handler_tracking/*_echo_server.cpp) echo 7 ;;
  */coroutines*/*echo_server*.cpp) echo 55555 ;;
  esac
}

explore_echo() { # FILE NAME PORT
  local log=$work/${2//\//_}
  if ! "$cxx" "${flags[@]}" -Dmain=server_main -c "$1" -o "$log.o" >"$log.errors" 2>&1 ||
    ! "$cxx" "$log.o" "$work/echo.o" "$work/port.o" "${engine[@]}" -o "$log.program" >>"$log.errors" 2>&1; then
    echo "FAILED to compile"
    return
  fi
  timeout 60 "$log.program" "$3" 300 >"$log.1" 2>&1 && echo "echoes, in 300 schedules with two clients" || echo "FAILED: exit status $?"
}

# Several files, which are explored together.
explore_http_server3() {
  local log=$work/http_server3 source
  mkdir -p "$log.pages"
  echo "<p>the page</p>" >"$log.pages/index.html"
  for source in "$examples"/cpp03/http/server3/*.cpp; do
    "$cxx" "${flags[@]}" -Dmain=server_main -c "$source" -o "$log.$(basename "$source").o" >>"$log.errors" 2>&1 || { echo "FAILED to compile"; return; }
  done
  "$cxx" "${flags[@]}" "$here/http_server3.cpp" "$log".*.o "$work/port.o" "${engine[@]}" -o "$log.program" >>"$log.errors" 2>&1 ||
    { echo "FAILED to compile"; return; }
  if timeout 60 "$log.program" canary "$log.pages" >"$log.1" 2>&1; then
    echo "FAILED: the canary passes"
  elif timeout 120 "$log.program" 10000 "$log.pages" >"$log.1" 2>&1; then
    echo "serves, in 10,000 schedules with two clients"
  else
    echo "FAILED: exit status $?"
  fi
}

one() {
  local file=$1 name=$2 log=$work/${2//\//_}
  if ! "$cxx" "${flags[@]}" "$file" "$work/port.o" "${engine[@]}" -o "$log.program" >"$log.errors" 2>&1; then
    echo "FAILED to compile"
    return
  fi
  # What some are called with.
  local arguments=()
  case $name in
  */fork_join.cpp) arguments=(1000) ;;
  */parallel_grep.cpp) arguments=(main "$file") ;;
  esac
  local run
  for run in 1 2; do
    DETENT_SEED=1 timeout 60 "$log.program" "${arguments[@]}" </dev/null >"$log.$run" 2>&1 || { echo "FAILED: exit status $?"; return; }
  done
  cmp -s "$log.1" "$log.2" && echo "runs, twice alike" || echo "FAILED: two outputs differ"
}

failures=0
ran=0
{
  echo "| example | result |"
  echo "|---|---|"
} >"$table"
for file in $(cd "$examples" && grep -lE '\bmain\(' -r --include='*.cpp' . | sed 's:^\./::' | sort); do
  missing=$(not_simulated "$examples/$file" | paste -sd, | sed 's/,/, /g')
  # A program of several files uses what its other files use.
  if [ "$file" = cpp03/http/server3/main.cpp ]; then
    result=$(explore_http_server3)
    cp "$work/http_server3.errors" "$work/${file//\//_}.errors"
    cp "$work/http_server3.1" "$work/${file//\//_}.1" 2>/dev/null
  elif [ -z "$missing" ] && grep -qE '#include "' "$examples/$file"; then
    missing=$(cat "$(dirname "$examples/$file")"/*.[ch]pp >"$work/all.cpp"; not_simulated "$work/all.cpp" | paste -sd, | sed 's/,/, /g')
    [ -n "$missing" ] || { echo "| $file | has several files, and is not built here |" >>"$table"; continue; }
  fi
  case $file in
  */executors/actor.cpp | */parallel_sort.cpp)
    echo "| $file | runs; 50 million messages, 100 million numbers, are too many for a test |" >>"$table"
    continue
    ;;
  esac
  port=$(echoes_at "$file")
  if [ "$file" = cpp03/http/server3/main.cpp ]; then
    :
  elif [ -n "$missing" ]; then
    echo "| $file | not simulated yet: $missing |" >>"$table"
    continue
  elif [ -n "$port" ]; then
    result=$(explore_echo "$examples/$file" "$file" "$port")
  elif wants_peer "$examples/$file"; then
    echo "| $file | wants a peer, and is not run here |" >>"$table"
    continue
  else
    result=$(one "$examples/$file" "$file")
  fi
  ran=$((ran + 1))
  echo "| $file | $result |" >>"$table"
  echo "$file: $result"
  case $result in FAILED*) failures=$((failures + 1)); cat "$work/${file//\//_}".{errors,1} 2>/dev/null | head -20 ;; esac
done
echo "$ran programs, $failures failures"
[ "$ran" -ge 50 ] || { echo "fewer programs than Boost 1.81 has: the selection is broken"; exit 1; }
exit $failures
