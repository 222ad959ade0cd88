import type { Rule } from '../rule.ts';

/** Rules about DMAR. */
export const dmarRules: readonly Rule[] = [
  {
    name: 'dmar-andd-number',
    severity: 'warning',
    about: 'scopes in the namespace and ANDD structures name each other',
    linux:
      'For each ANDD structure Linux looks for the scope of its number: without one it says "No IOMMU scope found for ANDD enumeration ID 1", and the device is behind no unit. Two structures of one number can take more room than the unit has, and the boot ends at a BUG.',
    fix: 'Let each device of the namespace have one ANDD structure and one scope of its number.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x64, size: 1, field: 'enumeration_id', bad: 2, good: 1 }],
    },
  },
  {
    name: 'dmar-drhd-base',
    severity: 'error',
    about: 'a DMAR unit has registers of its own, aligned to a page',
    linux:
      'At address 0, or where registers read all ones, Linux says "Your BIOS is broken; DMAR reported at address 0!" and uses no unit of the table. Of two units with one address it sees the first only; where registers overlap otherwise, the second cannot be mapped and all units are given up.',
    fix: 'Give each unit the page-aligned address of its registers, and leave out units that are switched off.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x50, size: 8, field: 'base_address', bad: 0, good: 0xfed91000 }],
    },
  },
  {
    name: 'dmar-haw',
    severity: 'error',
    about: 'the address width of DMAR is that of a page or more',
    linux:
      'For less than 12 bits Linux says "Invalid DMAR haw" and uses no unit; it does not look whether the width fits the machine otherwise.',
    fix: 'Write the number of address bits of the machine minus one.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x24, size: 1, field: 'width', bad: 0xa, good: 0x26 }],
    },
  },
  {
    name: 'dmar-include-all-order',
    severity: 'warning',
    about: 'each segment ends with a unit for all other devices',
    linux:
      "Linux asks units that have all other devices last, wherever they are in the table; other systems take the table's order. A device that no scope names is untranslated where no unit of its segment has all others.",
    fix: 'End each segment with a unit that has bit 0 of its flags set.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x6c, size: 1, field: 'flags', bad: 0, good: 1 }],
    },
  },
  {
    name: 'dmar-ioapic',
    severity: 'warning',
    about: 'every I/O APIC is in the scope of a unit',
    linux:
      'Linux says "ioapic 2 has no mapping iommu, interrupt remapping will be disabled", and x2APIC may go with it; DMA is translated all the same.',
    fix: 'Name each I/O APIC of MADT, by its ID there, in the scope of the unit that it is behind.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x7c, size: 1, field: 'enumeration_id', bad: 3, good: 2 }],
    },
  },
  {
    name: 'dmar-opt-out',
    severity: 'note',
    about: 'firmware leaves the defaults alone',
    linux:
      'With the opt-out of x2APIC Linux leaves x2APIC off unless somebody says intremap=no_x2apic_optout; where firmware asks for DMA protection, Linux turns its IOMMUs on although the defaults of the kernel may be otherwise.',
    fix: 'Set the flags only where the platform needs them.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x25, size: 1, field: 'flags', bad: 3, good: 1 }],
    },
  },
  {
    name: 'dmar-rhsa-base',
    severity: 'warning',
    about: 'an RHSA structure has the base address of a unit',
    linux:
      'Linux says "Your BIOS is broken; RHSA refers to non-existent DMAR unit" with a stack trace and marks the kernel as tainted; the unit stays without a NUMA node.',
    fix: 'Give the base address of a DRHD structure.',
    example: {
      base: 'intel',
      edits: [
        { in: 'DMAR', at: 0xd8, size: 8, field: 'base_address', bad: 0xfed93000, good: 0xfed92000 },
      ],
    },
  },
  {
    name: 'dmar-rmrr-lock',
    severity: 'warning',
    about: 'only USB controllers and displays have reserved memory',
    linux:
      'Linux maps the memory for the device for ever. Unless it is a USB controller or a display, it cannot be given to a guest: "Device is ineligible for IOMMU domain attach due to platform RMRR requirement".',
    fix: 'Reserve memory for devices that use it after the operating system has started, and no others.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0xa6, size: 1, field: 'device', bad: 0x16, good: 0x14 }],
    },
  },
  {
    name: 'dmar-rmrr-range',
    severity: 'error',
    about: 'reserved memory of DMAR is a number of pages',
    linux:
      'Linux says "Your BIOS is broken; bad RMRR" with a stack trace, marks the kernel as tainted, and maps what the numbers give.',
    fix: 'Give the first byte of the first page and the last byte of the last one.',
    example: {
      base: 'intel',
      edits: [
        { in: 'DMAR', at: 0x98, size: 8, field: 'end_address', bad: 0x7b81f000, good: 0x7b81ffff },
      ],
    },
  },
  {
    name: 'dmar-scope-length',
    severity: 'error',
    about: 'a device scope is as long as its path',
    linux:
      'Linux goes from scope to scope by their lengths: one that is wrong makes it read something else as a device, and a length of 0 makes it read for ever. A scope without a path never fits a device.',
    fix: 'Write 6 and 2 for each step of the path.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0xb1, size: 1, field: 'length', bad: 9, good: 8 }],
    },
  },
  {
    name: 'dmar-scope-missing',
    severity: 'warning',
    about: 'the path of a device scope leads to a function',
    linux:
      'Where no function is along the path, or no unit is in the segment, the structure is about nobody: a device that it was meant for is behind the unit that has all others, and its reserved memory is not mapped. A unit whose devices are all missing is left alone.',
    fix: 'Give the segment, the bus number of the host bridge, and each step through the bridges.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x46, size: 1, field: 'device', bad: 3, good: 2 }],
    },
  },
  {
    name: 'dmar-scope-twice',
    severity: 'error',
    about: 'a device is in the scope of one unit',
    linux:
      'Linux asks the units one after the other, the last of the table that names devices first, and the device is behind the one that it finds; an I/O APIC is behind the first that names it.',
    fix: 'Name each device in the scope of the unit that it is behind, and of no other.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x5e, size: 1, field: 'device', bad: 2, good: 0x16 }],
    },
  },
  {
    name: 'dmar-scope-type',
    severity: 'error',
    about: 'the type of a device scope is that of the function',
    linux:
      'Where an endpoint\'s scope names a bridge or the other way round, Linux says "Device scope type does not match for 0000:00:02.0" and uses no unit of the table. It skips types that it does not know: "Unsupported device scope".',
    fix: 'Write 1 for an endpoint and 2 for a bridge.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x40, size: 1, field: 'scope_type', bad: 2, good: 1 }],
    },
  },
  {
    name: 'dmar-struct-length',
    severity: 'error',
    about: 'a DMAR structure lies in the table and has a length',
    linux:
      'A structure that passes the end of the table makes Linux say "Record passes table end" and use no unit; one of length 0 quietly ends the table.',
    fix: 'Write the length of the structure with all its scopes, and that of the table.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0xd2, size: 2, field: 'length', bad: 0x18, good: 0x14 }],
    },
  },
  {
    name: 'dmar-struct-type',
    severity: 'note',
    about: 'the type of a DMAR structure is known',
    linux:
      'Linux skips structures of types that it does not know, without a word unless it is told to debug.',
    fix: 'Use the types 0 to 6, or a kernel that knows the newer one.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0xd0, size: 2, field: 'type', bad: 9, good: 3 }],
    },
  },
  {
    name: 'dmar-units',
    severity: 'error',
    about: 'DMAR has units, no more than Linux has numbers for',
    linux:
      'Linux has numbers for 1024 units: where there is one more, it sets up none. Without any it says "No DMAR devices found".',
    fix: 'Describe the units that the machine has.',
    example: {
      base: 'many-units',
      edits: [{ in: 'DMAR', at: 0x6030, size: 2, field: 'type', bad: 0, good: 7 }],
    },
  },
];
