#!/usr/bin/env bash
# The README's commands do what it says: the main job finds nothing wrong with the firmware, and the race,
# the kernel that was merged has no such crash, a replayed token prints the same bytes twice.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# What is looked for is text.
unset FORCE_COLOR
export NO_COLOR=1

expect() { # expect CODE COMMAND...
  local want=$1 got=0
  shift
  "$@" >"$out/stdout" 2>"$out/stderr" || got=$?
  if [ "$got" != "$want" ]; then
    echo "exit code $got instead of $want: $*" >&2
    tail -n 20 "$out/stderr" >&2
    exit 1
  fi
  echo "ok (exit code $got): $*"
}

COLUMNS=80 expect 0 npm start --silent
grep -q '^firmware   ok: ' "$out/stdout"
grep -q 'null-deref in iommu_fwspec_init(): dev->iommu is NULL' "$out/stdout"
if [ "$(wc -l <"$out/stdout")" -ge 60 ] || grep -qE '^.{81}' "$out/stdout"; then
  echo 'npm start prints more than a screen or two of 80 columns' >&2
  exit 1
fi
expect 1 npx fwspec check examples/arm64-virt-smmuv3 --fail-on kernel
expect 1 npx fwspec explore cover-letter
token=$(sed -n 's/^replay: fwspec replay //p' "$out/stdout" | head -n 1)
expect 1 npx fwspec replay "$token"
cp "$out/stdout" "$out/first"
expect 1 npx fwspec replay "$token"
cmp "$out/first" "$out/stdout"
expect 1 npx fwspec explore cover-letter --kernel v6.7
if grep -q 'null-deref' "$out/stdout"; then
  echo 'v6.7 still has the crash' >&2
  exit 1
fi
grep -q ' complete ' "$out/stdout"
expect 0 npx fwspec inspect examples/arm64-virt-smmuv3
expect 0 npx fwspec list kernels
expect 2 npx fwspec explore no-such-scenario
