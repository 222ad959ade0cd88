import type { Rule } from './rule.ts';

/** Rules about booting, with any kind of firmware. */
export const bootRules: readonly Rule[] = [
  {
    name: 'kernel-crash',
    severity: 'error',
    about: 'booting with this description does not crash the kernel',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'kernel-hang',
    severity: 'error',
    about: 'kernels come to the end of every table',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'kernel-warning',
    severity: 'warning',
    about: 'booting with this description gives no kernel warning',
    linux: '',
    fix: '',
    example: null,
  },
];
