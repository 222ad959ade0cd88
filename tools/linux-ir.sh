#!/usr/bin/env bash
# LLVM IR of a kernel's own files, for the tests that hold its C against the model: tools/linux-ir.sh [VERSION [ARCH]],
# into .cache/linux-VERSION/ir for arm64, .cache/linux-VERSION-x86/ir for x86. Its sources are those of Debian's
# package linux-source-VERSION, looked for in $SOURCES; nothing of them comes into the repository. clang-14, or another $CLANG: from 6.13 on 19, with its lld
# and llvm.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-6.1}
arch=${2:-arm64}
clang=${CLANG:-14}
tarball=${SOURCES:-/usr/src}/linux-source-$version.tar.xz
cache=$PWD/.cache/linux-$version
[ "$arch" = arm64 ] || cache+=-$arch
files=(
  drivers/iommu/iommu drivers/iommu/of_iommu
  drivers/base/bus drivers/base/dd drivers/base/driver drivers/base/platform drivers/of/device lib/klist
  lib/rbtree lib/sort drivers/iommu/virtio-iommu drivers/acpi/scan drivers/acpi/viot
)
[ "$arch" = arm64 ] && files+=(
  drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3 drivers/iommu/arm/arm-smmu/arm-smmu drivers/iommu/apple-dart
  drivers/acpi/arm64/iort
)

[ "$(cat "$cache/ir/done" 2>/dev/null)" = "${files[*]}" ] && exit 0
[ -f "$tarball" ] || { echo "no $tarball: install linux-source-$version" >&2; exit 1; }
command -v "clang-$clang" >/dev/null || { echo "no clang-$clang" >&2; exit 1; }

rm -rf "$cache"
mkdir -p "$cache/source" "$cache/build" "$cache/ir"
tar -xf "$tarball" -C "$cache/source" --strip-components=1
build=(make -s -C "$cache/source" "O=$cache/build" "LLVM=-$clang" ARCH=$arch KCFLAGS=-g "-j$(nproc)")
"${build[@]}" defconfig
# VIOT is looked for where there is a driver for what it describes; x86 has devicetrees where somebody asks for them.
"$cache/source/scripts/config" --file "$cache/build/.config" -e VIRTIO_IOMMU -e OF
"${build[@]}" olddefconfig
"${build[@]}" prepare
"${build[@]}" "${files[@]/%/.ll}"

# The compiler is called again as kbuild has called it, without a pass that changes what was written.
compile() { # compile FILE SOURCE OUTPUT
  local name command
  name=$(basename "$1")
  command=$(sed -n 's/^\(saved\)\?cmd_[^ ]* := //p' "$cache/build/$(dirname "$1")/.$name.ll.cmd" | head -1)
  command=${command%% -o *}
  (cd "$cache/build" && eval "$command -Xclang -disable-llvm-passes -I '$cache/source/$(dirname "$1")' -o '$3' '$2'")
}
for file in "${files[@]}"; do
  compile "$file" "$cache/source/$file.c" "$cache/ir/$(basename "$file").ll"
done

# The same without the lock that Linux got in v6.7: what the patch series was written against.
for file in drivers/iommu/of_iommu drivers/acpi/scan; do
  unlocked=$cache/ir/$(basename "$file")-unlocked
  sed '/mutex_\(un\)\?lock(&iommu_probe_device_lock);/d' "$cache/source/$file.c" > "$unlocked.c"
  compile "$file" "$unlocked.c" "$unlocked.ll"
  rm "$unlocked.c"
done
rm -rf "$cache/source" "$cache/build"
echo "${files[*]}" > "$cache/ir/done"
