import type { Rule } from '../rule.ts';

/** Rules about any ACPI table. */
export const tablesRules: readonly Rule[] = [
  {
    name: 'acpi-checksum',
    severity: 'warning',
    about: 'the bytes of a table sum to 0',
    linux: 'ACPICA prints a warning, and Linux uses the table as it is; IVRS alone is refused.',
    fix: 'Compute the checksum after the last change to the table.',
    example: {
      base: 'intel',
      edits: [{ in: 'DMAR', at: 0x9, size: 1, field: 'checksum', bad: 0x12, good: 0x6e }],
    },
  },
  {
    name: 'acpi-length',
    severity: 'error',
    about: 'a table is as long as it says',
    linux:
      'ACPICA maps as many bytes as the header says, and sums them up: of a table that is longer the rest is not there, behind one that is shorter something else is read. A table that replaces another at boot is refused: "File length does not match table length".',
    fix: 'Write how many bytes the table has, and the checksum anew.',
    example: {
      base: 'arm',
      edits: [{ in: 'IORT', at: 0x4, size: 4, field: 'length', bad: 0x2a9, good: 0x2bd }],
    },
  },
  {
    name: 'mcfg-length',
    severity: 'warning',
    about: 'MCFG is a whole number of ranges of buses',
    linux:
      'Linux reads as many whole ranges as there are and leaves the rest out: where it is part of a range, its buses have no extended configuration space, and so no ACS.',
    fix: 'Let the table end behind its last range of 16 bytes.',
    example: {
      base: 'intel',
      edits: [{ in: 'MCFG', at: 0x4, size: 4, field: 'length', bad: 0x34, good: 0x3c }],
    },
  },
];
