#!/usr/bin/env bash
# Builds and tests the consumer against this checkout, then once more with odd flags: run.sh SOURCE-ROOT WORK-FOLDER
set -euo pipefail
root=$(realpath "$1")
work=$(realpath -m "$2")
rm -rf "$work"
mkdir -p "$work/source"
cp -r "$root"/selftest/consumer/. "$work/source/"
# As a checkout of Detent among the subprojects, without its build folders.
mkdir "$work/source/subprojects/detent"
(cd "$root" && git ls-files -z 2>/dev/null | xargs -0 cp --parents -t "$work/source/subprojects/detent")

build_and_test() {
  ninja -C "$work/build" --quiet >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
  if grep -q 'warning:' "$work/build.log"; then
    echo "the consumer's build prints warnings:"
    cat "$work/build.log"
    exit 1
  fi
  meson test -C "$work/build" --no-rebuild --print-errorlogs
}

meson setup "$work/build" "$work/source" >"$work/setup.log" 2>&1 || { cat "$work/setup.log"; exit 1; }
build_and_test
# The setup of the subproject, and replay by the environment.
meson test -C "$work/build" --no-rebuild --print-errorlogs --setup=detent:explore 'on the simulated machine'
if DETENT_REPLAY=detent1-nonsense "$work/build/ticker-test" 'ticks come when they are due' >"$work/replay.log" 2>&1; then
  echo "a damaged token in the environment was ignored"
  exit 1
fi
grep -q 'damaged or cut short' "$work/replay.log"

# The flags are the consumer's own: Detent's engine is not built again.
meson configure "$work/build" -Dodd_flags=true
build_and_test
