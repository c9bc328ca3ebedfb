#!/usr/bin/env bash
# Boost.Asio's own example programs, unmodified, on the simulated machine.
#
#   run.sh COMPILER SOURCE-ROOT ENGINE-LIBRARY [TABLE]
#
# Each program that uses nothing but timers, executors, handlers and threads is compiled, and run twice with one seed: it
# must end, and print the same both times. With TABLE, the outcome of every example is written there as
# Markdown. Exits with 77 (skipped) where the examples are not installed.
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

# What of a program is not simulated, from its source without comments; nothing if all is.
not_simulated() {
  local source
  source=$(sed 's://.*$::' "$1")
  local -A uses=(
    [sockets]='ip::|asio/ip/|local::|asio/local/|ssl|unix_stream|connect\.hpp'
    [signals]='signal_set|[^_]fork\(\)'
    ['stackful coroutines of Boost.Coroutine']='boost/coroutine|coroutines::'
    [files]='stream_file|random_access_file|serial_port|(able|connect)_pipe'
    [descriptors]='stream_descriptor|posix::|STDIN_FILENO'
    [Windows]='windows'
  )
  local use
  for use in sockets 'stackful coroutines of Boost.Coroutine' signals files descriptors Windows; do
    grep -qE "${uses[$use]}" <<<"$source" && echo "$use"
  done
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
  if [ -z "$missing" ] && grep -qE '#include "' "$examples/$file"; then
    missing=$(cat "$(dirname "$examples/$file")"/*.[ch]pp >"$work/all.cpp"; not_simulated "$work/all.cpp" | paste -sd, | sed 's/,/, /g')
    missing=${missing:-several files}
  fi
  case $file in
  */executors/actor.cpp | */parallel_sort.cpp)
    echo "| $file | runs; 50 million messages, 100 million numbers, are too many for a test |" >>"$table"
    continue
    ;;
  esac
  if [ -n "$missing" ]; then
    echo "| $file | not simulated yet: $missing |" >>"$table"
    continue
  fi
  result=$(one "$examples/$file" "$file")
  ran=$((ran + 1))
  echo "| $file | $result |" >>"$table"
  echo "$file: $result"
  case $result in FAILED*) failures=$((failures + 1)); cat "$work/${file//\//_}".{errors,1} 2>/dev/null | head -20 ;; esac
done
echo "$ran programs, $failures failures"
[ "$ran" -ge 30 ] || { echo "fewer programs than Boost 1.81 has: the selection is broken"; exit 1; }
exit $failures
