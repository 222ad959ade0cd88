#!/usr/bin/env bash
# The devicetrees in Debian's kernel packages, from the mirror that apt uses: tools/debian-trees.sh
# [FOLDER]. Without a folder they go where a slow test looks for them, .cache/debian-trees.
set -euo pipefail
cd "$(dirname "$0")/.."
into=$(realpath -m "${1:-.cache/debian-trees}")
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,pool} "$into"

# An apt of its own: other architectures and suites than this machine's.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
  grep -v security | sort -u | head -n 1)
[ -n "$mirror" ] || { echo 'apt has no mirror' >&2; exit 1; }
for suite in bookworm trixie; do
  echo "deb [arch=arm64,armhf] $mirror $suite main"
done >"$apt/sources.list"
options=(
  -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o Dir::State="$apt/state" -o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache"
  -o APT::Architecture=arm64 -o APT::Architectures=arm64,armhf -o APT::Sandbox::User=root
  -o Acquire::Languages=none
)
apt-get "${options[@]}" update -qq

# The newest kernel of each suite, by what its meta-package wants.
for image in linux-image-arm64:arm64 linux-image-armmp:armhf; do
  for suite in bookworm trixie; do
    version=$(apt-cache "${options[@]}" madison "$image" | grep " $suite/" | head -n 1 | cut -d '|' -f 2)
    package=$(apt-cache "${options[@]}" show "$image=${version// /}" |
      sed -n 's/^Depends:.*\(linux-image-[^ ,]*\).*/\1/p' | head -n 1)
    [ -d "$into/$package" ] && continue
    (cd "$apt/pool" && apt-get "${options[@]}" download -qq "$package:${image#*:}")
    mkdir -p "$apt/$package"
    dpkg-deb --fsys-tarfile "$apt/pool/$package"_*.deb |
      tar -x -C "$apt/$package" --wildcards '*.dtb'
    mv "$apt/$package" "$into/"
  done
done
find "$into" -name '*.dtb' | wc -l
