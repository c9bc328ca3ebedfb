#!/usr/bin/env bash
# Hunts the race of an example and replays it: demo.sh PROGRAM
set -uo pipefail
program=$1
here=$(dirname "$0")
here=${here#"$PWD"/}

echo "The code under test ($here/lost_update/lost_update.cpp) knows nothing of Detent:"
echo
sed -n '/asio::awaitable<void> withdraw(int/,/^  }/p' "$here/lost_update/lost_update.cpp"
echo
echo "Its test explores two withdrawals at a time:"
echo
sed -n '/: broken"/,/^}/p' "$here/lost_update/test.cpp" | sed 's/^/  /'
echo
echo "\$ $program '[broken]'"
report=$("$program" '[broken]' 2>&1 >/dev/null)
echo "$report"
token=$(grep -o 'DETENT_REPLAY=[^ ]*' <<<"$report" | head -1)
if [ -z "$token" ]; then
  echo "demo: no race was found, which is a defect of Detent: please report it" >&2
  exit 1
fi
echo
echo "The same schedule again, from its token, in a new process. Catch2 reports the assertion:"
echo
echo "\$ $token $program '[broken]'"
env "$token" "$program" '[broken]' 2>/dev/null | sed -n '/FAILED:/,$p'
echo
echo "The fixed twin survives:"
echo
echo "\$ $program '[fixed]'"
"$program" '[fixed]' | tail -2
