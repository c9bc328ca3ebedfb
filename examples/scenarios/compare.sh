#!/usr/bin/env bash
# Whether docs/scenarios.md and its pictures are what the program writes: compare.sh SOURCE-ROOT PROGRAM
set -euo pipefail
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$2" --docs "$made"
diff -r "$made/scenarios" "$1/docs/scenarios" >/dev/null && diff "$made/scenarios.md" "$1/docs/scenarios.md" || {
  echo "docs/scenarios.md is not what its program writes; to write it anew: $2 --docs docs" >&2
  exit 1
}
