#!/usr/bin/env bash
# The report in the README is what its program prints, word for word but for the command, which depends on where the program
# lies: readme.sh SOURCE-ROOT EXAMPLE-PROGRAM
set -uo pipefail
root=$1
program=$2
unset DETENT_SEED DETENT_REPLAY DETENT_SCHEDULES DETENT_TIME DETENT_STRATEGY DETENT_JOBS DETENT_CORPUS
report() { sed -n '/^detent: "two withdrawals/,/^  passes /p' | grep -v "example-lost_update 'two"; }
diff <(report <"$root/README.md") <("$program" '[broken]' 2>&1 >/dev/null | report) && echo "the README tells the truth"
