import type { Rule } from '../rule.ts';

/** Rules about IVRS. */
export const ivrsRules: readonly Rule[] = [
  {
    name: 'ivrs-base',
    severity: 'error',
    about: 'an IVRS unit has registers of its own, aligned to 16 KiB',
    linux:
      'Linux reserves the registers of each unit; where they are somebody else\'s or at address 0 it says "This is a BIOS bug. Please contact your hardware vendor" and uses no unit. It does not look at the alignment, which the hardware has.',
    fix: 'Give each unit the 16 KiB-aligned address of its registers.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x7c, size: 8, field: 'base_address', bad: 0, good: 0xfd300000 }],
    },
  },
  {
    name: 'ivrs-block-type',
    severity: 'note',
    about: 'the type of an IVRS block is known',
    linux:
      'Linux reads blocks about units of one type, and blocks about memory. A type over 0x40 ends its search for the type to use, which may then be an older one.',
    fix: 'Put blocks of new types behind all others.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0xac, size: 1, field: 'type', bad: 0x51, good: 0x20 }],
    },
  },
  {
    name: 'ivrs-capability',
    severity: 'warning',
    about: 'IVRS says where the capability of a unit is',
    linux:
      "Linux reads at this offset of the unit's configuration space what the unit can do: elsewhere it finds something else, and may take the unit to cache what is not mapped.",
    fix: 'Give the offset of the secure device capability, which lspci shows.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x36, size: 2, field: 'capability_offset', bad: 0x44, good: 0x40 }],
    },
  },
  {
    name: 'ivrs-checksum',
    severity: 'error',
    about: 'the bytes of IVRS sum to 0',
    linux:
      'Linux says "IVRS invalid checksum" and uses no unit; for other tables a wrong checksum is a warning.',
    fix: 'Compute the checksum after the last change to the table.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x9, size: 1, field: 'checksum', bad: 0x12, good: 0x90 }],
    },
  },
  {
    name: 'ivrs-device-twice',
    severity: 'warning',
    about: 'a device is behind one unit of IVRS',
    linux:
      'Linux goes through the blocks in their order, and what the last of them says of an ID counts: the device is behind a unit that may not see its requests.',
    fix: 'End the range of a unit before that of the next begins.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x9d, size: 2, field: 'device_id', bad: 0x1003, good: 0x2003 }],
    },
  },
  {
    name: 'ivrs-entry-length',
    severity: 'error',
    about: 'blocks and device entries of IVRS have the length of their type',
    linux:
      'Linux does not look at the end of a block when it goes from entry to entry: it reads on into what is behind it.',
    fix: 'Give each entry the bytes of its type, and the block the length of all of them.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x76, size: 2, field: 'length', bad: 0x34, good: 0x38 }],
    },
  },
  {
    name: 'ivrs-entry-type',
    severity: 'warning',
    about: 'device entries are of types that their block may have',
    linux:
      'Linux skips entries of types that it does not know, and devices of ACPI in blocks of other types than 0x40 ("Invalid IVHD device type"): what they are about is behind no unit.',
    fix: 'Use the types of the specification, and put devices of ACPI into blocks of type 0x40.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x60, size: 1, field: 'entry_type', bad: 9, good: 0 }],
    },
  },
  {
    name: 'ivrs-ioapic',
    severity: 'warning',
    about: 'IVRS knows every I/O APIC by the ID that it has in MADT',
    linux:
      'Linux looks for each I/O APIC of MADT by its ID: "IOAPIC[33] not in IVRS table", then "Disabling interrupt remapping". DMA is translated all the same.',
    fix: 'Use the IDs of MADT in the special entries.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x68, size: 1, field: 'handle', bad: 0x20, good: 0x21 }],
    },
  },
  {
    name: 'ivrs-ivmd-align',
    severity: 'warning',
    about: 'reserved memory of IVRS is a number of pages',
    linux:
      'Linux rounds start and length up to pages, so that the first bytes are not mapped and requests to them fail; Xen refuses the whole IOMMU.',
    fix: 'Begin and end reserved memory at a page, in memory that the map of memory reserves.',
    example: {
      base: 'amd',
      edits: [
        {
          in: 'IVRS',
          at: 0xbc,
          size: 8,
          field: 'start_address',
          bad: 0x7c000100,
          good: 0x7c000000,
        },
      ],
    },
  },
  {
    name: 'ivrs-ivmd-ignored',
    severity: 'warning',
    about: 'reserved memory of IVRS is for a device, and is mapped',
    linux:
      'Linux maps memory that has the flag of a unity mapping or of an exclusion, for devices that a unit has: anything else it passes over, and requests to the memory fail once the device is translated.',
    fix: 'Set bit 0 of the flags, and name devices that are in a block about a unit.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0xad, size: 1, field: 'flags', bad: 6, good: 7 }],
    },
  },
  {
    name: 'ivrs-last-id',
    severity: 'warning',
    about: 'IVRS names an ID as high as that of any function',
    linux:
      'The tables of the kernel end at the highest ID that counts, rounded up to pages up to v6.15 and hardly at all in v6.16, and it looks for the unit of a function before it looks at the end: a function with a higher ID can end the boot. Later kernels look first; the function is behind no unit there.',
    fix: 'End the last range of each segment at 0xffff.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0xa1, size: 2, field: 'device_id', bad: 0x20ff, good: 0xffff }],
    },
  },
  {
    name: 'ivrs-no-ioapic',
    severity: 'warning',
    about: 'a unit has the IOAPIC of the southbridge',
    linux:
      'Linux wants the I/O APIC of the southbridge at 00:14.0: "No southbridge IOAPIC found", then "Disabling interrupt remapping".',
    fix: 'Add a special entry with source ID 0x00a0, and the ID of MADT as its handle.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x69, size: 2, field: 'source_id', bad: 0xa1, good: 0xa0 }],
    },
  },
  {
    name: 'ivrs-outside',
    severity: 'error',
    about: 'IVRS counts up to the highest of its IDs',
    linux:
      'IDs of special entries, of aliases and of the units themselves do not count where Linux looks how long its tables must be, and it writes into them for these IDs all the same: whatever is behind the tables is lost.',
    fix: 'End the last range of each segment at 0xffff.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0xa1, size: 2, field: 'device_id', bad: 0x20ff, good: 0xffff }],
    },
  },
  {
    name: 'ivrs-range',
    severity: 'error',
    about: 'ranges of device entries begin and end in pairs, in order',
    linux:
      'Linux keeps where a range began until the next begins: an end without a beginning goes from ID 0 on or from where the last range began, and one that ends before it begins is about no device.',
    fix: 'Let an end follow each beginning, with an ID that is not lower.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x5c, size: 1, field: 'entry_type', bad: 2, good: 4 }],
    },
  },
  {
    name: 'ivrs-special',
    severity: 'warning',
    about: 'special entries name each I/O APIC and HPET once',
    linux:
      'A variety other than 1 and 2 makes Linux give up on the whole table. Of two entries for one I/O APIC or HPET it takes the first.',
    fix: 'Name each I/O APIC and each HPET once.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0xab, size: 1, field: 'variety', bad: 3, good: 1 }],
    },
  },
  {
    name: 'ivrs-type-coverage',
    severity: 'error',
    about: 'blocks of the type that Linux uses describe all units',
    linux:
      'Linux reads blocks of one type only: of the last type, up to 0x40, in which the first unit is described. A unit without a block of that type is not there, and the devices behind it are untranslated.',
    fix: 'Describe every unit in blocks of the same types.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x74, size: 1, field: 'block_type', bad: 0x40, good: 0x11 }],
    },
  },
  {
    name: 'ivrs-units',
    severity: 'error',
    about: 'Linux can set up every unit of IVRS',
    linux:
      'One unit that cannot be set up takes all others with it: "Failed to initialize IOMMU Hardware". So it is where no PCI function has a unit\'s ID, where a unit names no device, and where there are more than 32.',
    fix: 'Give each unit the ID of its function and its devices.',
    example: {
      base: 'amd',
      edits: [{ in: 'IVRS', at: 0x78, size: 2, field: 'device_id', bad: 0x2003, good: 0x2002 }],
    },
  },
];
