#!/usr/bin/env bash
# The whole report of each verdict against what is committed: run.sh PROGRAM EXPECTED-FOLDER [--update]
set -uo pipefail
program=$1
expected=$2
status=0
for name in $("$program"); do
  # Addresses and process numbers differ from run to run.
  "$program" "$name" 2>/dev/null | sed -E 's/0x[0-9a-f]{9,}/ADDRESS/g; s/process [0-9]+/process N/g' >"/tmp/$$.$name"
  if ! grep -q '^detent: ".*" failed: ' "/tmp/$$.$name"; then
    echo "$name did not fail:"
    cat "/tmp/$$.$name"
    status=1
  fi
  if [ "${3:-}" = --update ]; then
    cp "/tmp/$$.$name" "$expected/$name.txt"
  elif ! diff -u "$expected/$name.txt" "/tmp/$$.$name"; then
    status=1
  fi
  rm -f "/tmp/$$.$name"
done
# What it leaves in a folder can be read by others.
out=$(mktemp -d)
DETENT_OUT=$out "$program" deadlock >/dev/null 2>&1
python3 - "$out"/deadlock-*.json <<'PY' || status=1
import json, sys
events = json.load(open(sys.argv[1]))['traceEvents']
rows = {e['args']['name'] for e in events if e['ph'] == 'M'}
steps = [e for e in events if e['ph'] == 'X']
starts = {e['id'] for e in events if e['ph'] == 's'}
ends = {e['id'] for e in events if e['ph'] == 'f'}
assert {'main', 'main.1', 'main.2', 'clock'} <= rows, rows
assert len(steps) == 5 and starts == ends and len(starts) == 4, (len(steps), starts, ends)
assert any('receives from channel 2 at code.cpp:' in e['name'] for e in steps), steps
PY
rm -rf "$out"
[ $status -eq 0 ] || echo "Reports differ. If they are better: $0 $program $expected --update, and read the difference."
exit $status
