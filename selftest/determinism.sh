#!/usr/bin/env bash
# Each seed in two fresh processes, with shifted heap and another address layout, and in two builds:
# determinism.sh SEEDS PROGRAM-O0 PROGRAM-O2
set -uo pipefail
seeds=$1
plain=$2
optimised=$3
different=0
distinct=$(mktemp)
trap 'rm -f "$distinct"' EXIT
for seed in $(seq 1 "$seeds"); do
  first=$("$optimised" "$seed") || exit 1
  shifted=$("$optimised" "$seed" $((seed * 1237 + 40000))) || exit 1
  other_build=$("$plain" "$seed" $((seed * 77))) || exit 1
  if [ "$first" != "$shifted" ] || [ "$first" != "$other_build" ]; then
    different=$((different + 1))
    [ $different -gt 3 ] || { echo "seed $seed:"; diff <(echo "$first") <(echo "$shifted"); diff <(echo "$first") <(echo "$other_build"); }
  fi
  echo "$first" | head -2 | tail -1 >>"$distinct"
done
echo "$seeds seeds, $different with different hashes; the first example ran $(sort -u "$distinct" | wc -l) different traces"
# A hash that never changes would also be equal everywhere.
[ "$(sort -u "$distinct" | wc -l)" -gt 1 ] && [ $different -eq 0 ]
