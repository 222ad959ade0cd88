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
    linux: '',
    fix: '',
    example: null,
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
