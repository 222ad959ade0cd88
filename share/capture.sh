#!/bin/sh
# Collects what decides which devices of this Linux machine are behind which IOMMU, and what its
# kernel made of it, in a new directory. As an ordinary user it collects what that user may read,
# and says what root would add. It needs nothing but a POSIX shell and the usual small tools.
#
#   sh capture.sh DIRECTORY
#
# FWSPEC_SYSROOT names a folder that has the machine's sys, proc, boot and var in it, instead of /.
# This script is part of fwspec (Apache-2.0). It changes nothing on the machine.

set -u
LC_ALL=C
export LC_ALL
umask 022

fail() {
  printf 'capture: %s\n' "$1" >&2
  exit 2
}

# A directory as a path that leads there from everywhere, and without links on its way.
absolute() {
  cd -P "$1" 2>/dev/null && pwd -P
}

[ $# -eq 1 ] || fail 'usage: sh capture.sh DIRECTORY'
directory=$1
case $directory in
  -*) directory=./$directory ;;
esac
root=${FWSPEC_SYSROOT:-}
[ -z "$root" ] || root=$(absolute "$root") || fail "$FWSPEC_SYSROOT is no directory"
sys=$(absolute "$root/sys") || sys=
[ -d "$sys/bus" ] || fail "there is nothing to read: $root/sys is no sysfs"
[ -z "$(ls -A "$directory" 2>/dev/null)" ] || fail "$directory is not empty"
mkdir -p "$directory" 2>/dev/null || fail "cannot make $directory"
target=$(absolute "$directory") || fail "cannot go to $directory"
true 2>/dev/null >"$target/expected.json" || fail "cannot write to $directory"

newline='
'
tab=$(printf '\t')
missing=

# Something of a capture is not in this one.
lacks() {
  missing=$missing$1$newline
}

# The first line of a file as $line. False when there is none.
first_line() {
  line=
  [ -r "$1" ] || return 1
  { IFS= read -r line <"$1" || [ -n "$line" ]; } 2>/dev/null
}

# Where a link leads, as $place. A directory of that name is something else.
follow() {
  [ -L "$1" ] && cd -P "$1" 2>/dev/null || return 1
  place=$PWD
}

# Copy a file that may be unreadable, or empty.
copy() {
  cat "$1" >"$2" 2>/dev/null
  [ -s "$2" ] || ! rm -f "$2"
}

# --- JSON ---------------------------------------------------------------------------------------

comma=

begin() {
  printf '%s\n%s' "$comma" "$1"
  comma=
}

end() {
  printf '%s' "$1"
  comma=,
}

# A text as it stands between quotes, in $escaped.
escape() {
  escaped=
  rest=$1
  case $rest in
    *[[:cntrl:]]*) rest=$(printf '%s' "$rest" | sed 's/[[:cntrl:]]/ /g' | tr '\n' ' ') ;;
  esac
  while :; do
    head=${rest%%[\\\"]*}
    [ "$head" = "$rest" ] && break
    rest=${rest#"$head"}
    case $rest in
      \"*) escaped="$escaped$head\\\"" ;;
      *) escaped="$escaped$head\\\\" ;;
    esac
    rest=${rest#?}
  done
  escaped=$escaped$rest
}

item() {
  escape "$1"
  printf '%s"%s"' "$comma" "$escaped"
  comma=,
}

key() {
  escape "$1"
  printf '%s"%s":' "$comma" "$escaped"
  comma=
}

field() {
  key "$1"
  item "$2"
}

# A field with the first line of a file, if there is one.
file_field() {
  if first_line "$2"; then field "$1" "$line"; fi
}

# A list with the lines of a text.
list() {
  key "$1"
  begin '['
  while IFS= read -r line; do
    [ -z "$line" ] || item "$line"
  done <<END_OF_LIST
$2
END_OF_LIST
  end ']'
}

# The names in a directory, one per line.
names_in() {
  for name in "$1"/*; do
    if [ -e "$name" ] || [ -L "$name" ]; then printf '%s\n' "${name##*/}"; fi
  done
}

# --- Firmware -----------------------------------------------------------------------------------

firmware=none

collect_acpi() {
  [ -d "$sys/firmware/acpi/tables" ] || return
  mkdir -p "$target/acpi"
  for table in "$sys"/firmware/acpi/tables/* "$sys"/firmware/acpi/tables/dynamic/*; do
    if [ -f "$table" ]; then copy "$table" "$target/acpi/${table##*/}.bin"; fi
  done
  if rmdir "$target/acpi" 2>/dev/null; then
    lacks "$root/sys/firmware/acpi/tables: the ACPI tables"
  else
    firmware=acpi
  fi
}

# The blob that the kernel was given is exact. What was made of it has no order, but all may read it.
# Where the firmware is ACPI, all there is to it is what a boot loader left.
collect_devicetree() {
  tree=$sys/firmware/devicetree/base
  if copy "$sys/firmware/fdt" "$target/machine.dtb"; then
    [ "$firmware" = acpi ] || firmware=dt
  elif [ -d "$tree" ] && [ ! -d "$sys/firmware/acpi/tables" ]; then
    lacks "$root/sys/firmware/fdt: the devicetree blob (its nodes are in devicetree/, in no order)"
    firmware=dt
    # Not all of it may be readable.
    (cd "$tree" && find . -type d 2>/dev/null) | while IFS= read -r node; do
      mkdir -p "$target/devicetree/$node"
      for property in "$tree/$node"/*; do
        if [ -f "$property" ]; then copy_property "$property" "$target/devicetree/$node"; fi
      done
    done
  fi
}

# Properties may be empty.
copy_property() {
  cat "$1" >"$2/${1##*/}" 2>/dev/null || rm -f "$2/${1##*/}"
}

# Without the right to see more, a function shows 64 bytes (a CardBus bridge 128).
collect_pci() {
  [ -d "$sys/bus/pci/devices" ] || return
  mkdir -p "$target/pci"
  headers=0
  for function in "$sys"/bus/pci/devices/*; do
    name=${function##*/}
    copy "$function/config" "$target/pci/$name.bin" || continue
    if [ "$(wc -c <"$target/pci/$name.bin")" -lt 256 ]; then headers=$((headers + 1)); fi
  done
  [ "$headers" -eq 0 ] ||
    lacks "$root/sys/bus/pci/devices/*/config: more than the header of $headers PCI functions"
  rmdir "$target/pci" 2>/dev/null
}

# --- The kernel ---------------------------------------------------------------------------------

collect_kconfig() {
  if copy "$root/proc/config.gz" "$target/kconfig.gz"; then
    gzip -d "$target/kconfig.gz" 2>/dev/null && return
    rm -f "$target/kconfig.gz"
  fi
  for file in "$root/boot/config-$release" "$root/lib/modules/$release/config"; do
    if copy "$file" "$target/kconfig"; then return; fi
  done
  lacks "$root/proc/config.gz, $root/boot/config-$release: the kernel's configuration"
}

# Where another root is given, this machine's log is another's.
kernel_log() {
  if [ -n "$root" ]; then cat "$root/var/log/dmesg"; else dmesg; fi
}

collect_log() {
  if log=$(kernel_log 2>/dev/null) && [ -n "$log" ]; then
    case $log in
      *'[    0.0'*) ;;
      *) lacks 'dmesg: the beginning of the kernel log, which has been overwritten' ;;
    esac
    words='iommu|smmu|dart|dmar|amd-vi|ivrs|iort|viot|stream ?id|deferred probe|reserved mem'
    log=$(printf '%s\n' "$log" | grep -E -i "$words" | sed 's/^\[ */[/')
  else
    log=
    lacks 'dmesg: the kernel log'
  fi
}

print_kernel() {
  field kernel "$release"
  if first_line "$root/proc/sys/kernel/arch"; then arch=$line; else arch=$(uname -m); fi
  [ "$arch" != aarch64 ] || arch=arm64
  field arch "$arch"
  first_line "$root/proc/cmdline"
  field cmdline "$line"
  field firmware "$firmware"
  first_line "$root/proc/uptime"
  field guest_uptime_at_final "${line%% *}"
  list modules_loaded "$(awk '{ m[NR] = $1 } END { for (i = NR; i > 0; i--) print m[i] }' \
    "$root/proc/modules" 2>/dev/null)"
}

# --- What it decided ----------------------------------------------------------------------------

print_groups() {
  key groups
  begin '{'
  for group in "$sys"/kernel/iommu_groups/*; do
    [ -d "$group" ] || continue
    key "${group##*/}"
    begin '{'
    file_field type "$group/type"
    list devices "$(names_in "$group/devices")"
    list reserved_regions "$(cat "$group/reserved_regions" 2>/dev/null)"
    end '}'
  done
  end '}'
}

print_iommus() {
  key iommus
  begin '{'
  for iommu in "$sys"/class/iommu/*; do
    follow "$iommu" || continue
    key "${iommu##*/}"
    begin '{'
    field path "${place#"$sys"/}"
    list devices "$(names_in "$place/devices")"
    key attrs
    begin '{'
    for attribute in "$place"/*-iommu/*; do
      if [ -f "$attribute" ]; then file_field "${attribute#"$place"/}" "$attribute"; fi
    done
    end '}'
    end '}'
  done
  end '}'
}

# Those on the buses whose DMA goes by firmware, and any other that is in a group or waits.
list_devices() {
  for bus in amba cdx fsl-mc host1x pci platform; do
    for device in "$sys/bus/$bus/devices"/*; do
      if [ -d "$device" ]; then printf '%s\t%s\n' "$bus" "$device"; fi
    done
  done
  for device in "$sys"/kernel/iommu_groups/*/devices/*; do
    follow "$device/subsystem" || continue
    case ${place##*/} in
      amba | cdx | fsl-mc | host1x | pci | platform) ;;
      *) printf '%s\t%s\n' "${place##*/}" "$device" ;;
    esac
  done
}

print_devices() {
  key devices
  begin '['
  while IFS="$tab" read -r bus device; do
    follow "$device" || continue
    at=$place
    begin '{'
    field name "${device##*/}"
    field bus "$bus"
    field path "${at#"$sys"/}"
    if follow "$at/driver"; then field driver "${place##*/}"; fi
    if follow "$at/of_node"; then
      node=${place#*/devicetree/base}
      field of_node "${node:-/}"
    fi
    if follow "$at/firmware_node"; then
      field acpi_node "${place##*/}"
      file_field acpi_path "$place/path"
    fi
    if follow "$at/iommu"; then field iommu "${place##*/}"; fi
    if follow "$at/iommu_group"; then field group "${place##*/}"; fi
    if follow "$at/physfn"; then field physfn "${place##*/}"; fi
    file_field modalias "$at/modalias"
    if [ "$bus" = pci ]; then print_pci; fi
    end '}'
  done <<END_OF_DEVICES
$(list_devices)
END_OF_DEVICES
  end ']'
}

# Drivers that are there, with a device or without.
print_drivers() {
  key drivers
  begin '{'
  for bus in amba cdx fsl-mc host1x pci platform; do
    if [ -d "$sys/bus/$bus/drivers" ]; then list "$bus" "$(names_in "$sys/bus/$bus/drivers")"; fi
  done
  end '}'
}

# Of the PCI function at $at.
print_pci() {
  key pci
  begin '{'
  for attribute in class vendor device subsystem_vendor subsystem_device dma_mask_bits \
    consistent_dma_mask_bits ari_enabled sriov_numvfs removable; do
    file_field "$attribute" "$at/$attribute"
  done
  end '}'
  # shellcheck disable=SC2012 # no other tool that is everywhere says how large a file is
  size=$(ls -lnL "$at/config" 2>/dev/null | awk '{ print $5 }')
  case $size in
    '' | *[!0-9]*) ;;
    *) key config_size && printf '%s' "$size" && comma=, ;;
  esac
}

print_acpi_devices() {
  [ -d "$sys/bus/acpi/devices" ] || return
  key acpi_devices
  begin '{'
  for object in "$sys"/bus/acpi/devices/*; do
    [ -e "$object/path" ] || continue
    key "${object##*/}"
    begin '{'
    for attribute in path hid uid adr status; do
      file_field "$attribute" "$object/$attribute"
    done
    end '}'
  done
  end '}'
}

# The devices that wait, each on a line, in whatever order.
waiting() {
  sort "$sys/kernel/debug/devices_deferred" 2>/dev/null
}

print_deferred() {
  file=$sys/kernel/debug/devices_deferred
  if [ ! -r "$file" ]; then
    lacks "$root/sys/kernel/debug/devices_deferred: the devices that wait (debugfs, mounted)"
    return
  fi
  if [ "$(waiting)" != "$waiting" ]; then
    lacks 'the devices that wait: others do by now than at the beginning; collect it again'
    return
  fi
  key deferred
  begin '['
  while IFS="$tab" read -r name reason; do
    [ -n "$name" ] || continue
    begin '{'
    field device "$name"
    field reason "$reason"
    end '}'
  done <"$file"
  end ']'
}

print_waiting() {
  key waiting_for_supplier
  begin '['
  for file in "$sys"/bus/*/devices/*/waiting_for_supplier; do
    if first_line "$file" && [ "$line" = 1 ]; then
      name=${file%/*}
      item "${name##*/}"
    fi
  done
  end ']'
}

print_links() {
  key device_links
  begin '['
  for link in "$sys"/class/devlink/*--*; do
    [ -d "$link" ] || continue
    name=${link##*/}
    begin '{'
    field supplier "${name%%--*}"
    field consumer "${name#*--}"
    file_field status "$link/status"
    end '}'
  done
  end ']'
}

# --- All of it ----------------------------------------------------------------------------------

print_answers() {
  begin '{'
  name=${target##*/}
  field name "${name:-capture}"
  field note "collected by fwspec's capture.sh"
  print_kernel
  print_groups
  print_devices
  print_drivers
  print_iommus
  print_deferred
  print_waiting
  print_links
  print_acpi_devices
  list iommu_dmesg "$log"
  list not_collected "$missing"
  end '}'
  printf '\n'
}

first_line "$root/proc/sys/kernel/osrelease" || line=$(uname -r)
release=$line
waiting=$(waiting)
collect_acpi
collect_devicetree
collect_pci
collect_kconfig
collect_log
print_answers >"$target/expected.json" || fail "cannot write to $directory"

printf 'collected in %s, for kernel %s:\n' "$directory" "$release"
cd -P "$target" && for name in *; do
  count=$(find "$name" -type f | wc -l)
  if [ -d "$name" ]; then printf '  %s/ (%d files)\n' "$name" "$count"; else printf '  %s\n' "$name"; fi
done
if [ -n "$missing" ]; then
  printf 'not collected, because it is not there or takes root:\n'
  printf '%s' "$missing" | sed 's/^/  /'
fi
printf "pack it: tar czf capture.tar.gz '%s'\n" "$directory"
[ "$firmware" != none ] || fail 'the firmware of this machine could not be read; try as root'
