#!/usr/bin/env bash
# Valgrind has nothing to say of virtual threads, and does find what is wrong in one: memcheck.sh PROGRAM
set -uo pipefail
if ! command -v valgrind >/dev/null; then
  echo "skipped: valgrind is not installed (apt-get install valgrind)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

looked_at() { # ARGUMENT: exits with 9 where valgrind has something to say
  valgrind --quiet --error-exitcode=9 --max-stackframe=8388608 "$1" "$2" >"$work/$2" 2>&1
}

status=0
if looked_at "$1" clean; then
  echo "ok: nothing to say of threads that are clean"
else
  echo "FAILED: valgrind's words of threads that are clean:"
  head -60 "$work/clean"
  status=1
fi
if grep -q '^==.*==' "$work/clean"; then
  echo "FAILED: valgrind does not know the stacks:"
  grep '^==.*==' "$work/clean" | head -20
  status=1
fi
looked_at "$1" canary
if [ $? -eq 9 ] && grep -q 'Invalid read' "$work/canary" && grep -q 'read_after_delete' "$work/canary"; then
  echo "ok: a read of memory that was given back, in a virtual thread, is found"
else
  echo "FAILED: the canary is not found:"
  head -60 "$work/canary"
  status=1
fi
exit $status
