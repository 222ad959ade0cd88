import type { Rule } from './rule.ts';

/** Rules about any ACPI table. */
export const tablesRules: readonly Rule[] = [
  {
    name: 'acpi-checksum',
    severity: 'warning',
    about: 'the bytes of a table sum to 0',
    linux: '',
    fix: '',
    example: null,
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
    linux: '',
    fix: '',
    example: null,
  },
];
