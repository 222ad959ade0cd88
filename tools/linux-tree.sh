#!/usr/bin/env bash
# A tree of Linux for the tests that compile its files: tools/linux-tree.sh [VERSION], into
# .cache/linux-tree/VERSION. It is Debian's package linux-source-VERSION as it is; nothing of it comes into
# the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-6.1}
tarball=/usr/src/linux-source-$version.tar.xz
tree=.cache/linux-tree/$version

[ -f "$tree/Makefile" ] && exit 0
[ -f "$tarball" ] || { echo "no $tarball: install linux-source-$version" >&2; exit 1; }
rm -rf "$tree.part"
mkdir -p "$tree.part"
tar -xf "$tarball" -C "$tree.part" --strip-components=1
mv "$tree.part" "$tree"
