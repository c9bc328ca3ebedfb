#!/usr/bin/env bash
# Fuzzes the parser of tokens and pins: run.sh SOURCE-ROOT [SECONDS]. Needs clang 16 or newer (older ones cannot read
# libstdc++'s ranges) with libFuzzer; exit code 77 without.
set -euo pipefail
root=$1
seconds=${2:-600}
clang=
for candidate in clang++-{20,19,18,17,16}; do
  if command -v "$candidate" >/dev/null && echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    "$candidate" -fsanitize=fuzzer -x c++ - -o /dev/null 2>/dev/null; then
    clang=$candidate
    break
  fi
done
[ -n "$clang" ] || { echo "no clang 16 with libFuzzer: skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$clang" -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I"$root/harness/include" \
  "$root"/selftest/fuzz/token.cpp "$root"/harness/src/{token,constraint,task}.cpp -o "$work/token"
mkdir "$work/seeds"
printf 'detent1-gU7S9YFrvQABAQACAAUABQIFUds' >"$work/seeds/token"
printf 'any,lag=10ms,seed=0x2a:main.2#4<main.1#2,clock#3<main#2,main=1' >"$work/seeds/pin"
cd "$work"
./token -max_total_time="$seconds" -print_final_stats=1 -max_len=512 seeds 2>&1 | tail -12
