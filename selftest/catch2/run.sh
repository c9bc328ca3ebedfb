#!/usr/bin/env bash
# What Catch2 shows of an explored test: run.sh EXAMPLE-PROGRAM (lost_update)
set -uo pipefail
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset DETENT_SEED DETENT_REPLAY DETENT_SCHEDULES DETENT_TIME DETENT_STRATEGY DETENT_JOBS DETENT_CORPUS
failures=0

check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then echo "ok: $what"; else echo "FAILED: $what"; failures=$((failures + 1)); fi
}
equal() { [ "$1" = "$2" ]; }
differ() { [ "$1" != "$2" ]; }
token_of() { grep -o 'DETENT_REPLAY=[^ ]*' "$1" | head -1; }

"$program" '[broken]' >out 2>err
check "the assertion is reported once, by Catch2, with its expression" equal "$(grep -c '^  REQUIRE( balance == 70 )$' out)" 1
check "... and its line" grep -qE 'test.cpp:[0-9]+: FAILED:' out
check "the report goes to stderr" grep -q 'failed: assertion' err
token=$(token_of err)
check "the token is in it" test -n "$token"

env "$token" "$program" '[broken]' >replayed 2>&1
check "the token replays the assertion" grep -q '  90 == 70' replayed
check "a replay searches nothing" equal "$(grep -c 'found   by schedule' replayed)" 0

for seed in 1 2 3; do
  "$program" '[broken]' --rng-seed "$seed" >/dev/null 2>"err.$seed"
  check "--rng-seed $seed does not change schedules" equal "$(token_of "err.$seed")" "$token"
done
DETENT_SEED=5 "$program" '[broken]' >/dev/null 2>err.detent
check "DETENT_SEED does" differ "$(grep 'found   by' err.detent)" "$(grep 'found   by' err)"

"$program" '[broken]' -r junit -o junit.xml >/dev/null 2>err.junit
check "JUnit output carries the token" grep -q "$(token_of err.junit)" junit.xml
check "... and one failure" equal "$(grep -c '<failure' junit.xml)" 1
check "... and is whole: workers wrote nothing into it" grep -q '</testsuites>' junit.xml
"$program" '[broken]' -r xml -o out.xml >/dev/null 2>err.xml
check "XML output carries the token" grep -q "$(token_of err.xml)" out.xml
check "... and one failed expression" equal "$(grep -c '<Expression success="false"' out.xml)" 1

check "the fixed twin passes" "$program" '[fixed]'
DETENT_REPLAY=${token#*=} "$program" '[fixed]' >foreign 2>&1
check "a token of another test is refused" grep -q 'belongs to another test' foreign
DETENT_SEED=soon "$program" '[fixed]' >seed 2>&1
check "a seed that is no number is refused" grep -q 'a seed is a whole number' seed
check "... with what to type" grep -q 'set DETENT_SEED=42' seed
script -qec "env DETENT_TIME=1s '$program' '[fixed]'" terminal >/dev/null 2>&1
check "on a terminal there is progress" grep -q 'distinct, .*/s' terminal
DETENT_TIME=1s "$program" '[fixed]' >quiet 2>&1
check "elsewhere there is none" equal "$(grep -c 'distinct, .*/s' quiet)" 0
exit $failures
