#!/usr/bin/env bash
# The corpus fails in the same way in every build: builds.sh SOURCE-ROOT ENGINE-LIBRARY [SEEDS]
#
# Builds the hunt with g++ -O0, g++ -O2 and, if there is one, clang 16 or newer (older ones cannot read libstdc++'s
# ranges), compares the verdict, hash and token of each failure, and replays each build's tokens in each other build.
set -euo pipefail
root=$1
engine=($(realpath "$2") -lboost_context)
nm -u "${engine[0]}" 2>/dev/null | grep backtrace_create_state >/dev/null && engine+=(-lbacktrace)
seeds=${3:-100}
unset DETENT_SEED DETENT_REPLAY DETENT_SCHEDULES DETENT_TIME DETENT_STRATEGY DETENT_JOBS DETENT_CORPUS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
flags=(-std=c++20 -DBOOST_ASIO_SEPARATE_COMPILATION '-DBOOST_ASIO_CUSTOM_HANDLER_TRACKING=<detent/asio/tracking.hpp>'
  -include detent/asio/prelude.hpp -I"$root"/harness/include -I"$root"/adapters/asio/include
  -I"$root"/adapters/clocks/include -I"$root"/adapters/threads/include -I"$root"/adapters/sockets/include -I"$root"/selftest/corpus)
build() { # NAME COMPILER FLAGS...
  local name=$1
  shift
  mkdir -p "$name"
  for source in selftest/corpus/corpus.cpp selftest/corpus/hunt.cpp adapters/asio/src/port.cpp; do
    "$@" "${flags[@]}" -c "$root/$source" -o "$name/$(basename "$source").o"
  done
  "$@" "$name"/*.o "${engine[@]}" -o "$name/hunt"
  builds+=("$name")
}
builds=()
build g++-O0 g++ -O0 &
build g++-O2 g++ -O2 &
wait
builds=(g++-O0 g++-O2)
for version in {20,19,18,17,16}; do
  if command -v "clang++-$version" >/dev/null; then
    build "clang-$version" "clang++-$version" -O1 -Wno-everything
    break
  fi
done
for name in "${builds[@]}"; do
  "$name/hunt" failures "$seeds" >"$name/failures"
done
first=${builds[0]}
status=0
for name in "${builds[@]}"; do
  cmp -s "$first/failures" "$name/failures" || { echo "$name fails in other ways than $first:"; diff "$first/failures" "$name/failures" | head -6; status=1; }
  for other in "${builds[@]}"; do
    "$other/hunt" replay-failures <"$name/failures" >replayed
    cmp -s "$name/failures" replayed || { echo "tokens of $name replay otherwise in $other:"; diff "$name/failures" replayed | head -6; status=1; }
  done
done
echo "$(wc -l <"$first/failures") failures in ${#builds[@]} builds: ${builds[*]}"
exit $status
