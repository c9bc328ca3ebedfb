#!/usr/bin/env bash
# The whole report of each verdict against what is committed: run.sh PROGRAM EXPECTED-FOLDER [--update]
set -uo pipefail
program=$1
expected=$2
status=0
for name in $("$program"); do
  # Addresses and process numbers differ from run to run.
  "$program" "$name" 2>/dev/null | sed -E 's/0x[0-9a-f]{9,}/ADDRESS/g; s/process [0-9]+/process N/g' >"/tmp/$$.$name"
  if [ "${3:-}" = --update ]; then
    cp "/tmp/$$.$name" "$expected/$name.txt"
  elif ! diff -u "$expected/$name.txt" "/tmp/$$.$name"; then
    status=1
  fi
  rm -f "/tmp/$$.$name"
done
[ $status -eq 0 ] || echo "Reports differ. If they are better: $0 $program $expected --update, and read the difference."
exit $status
