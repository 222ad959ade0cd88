import type { OptionEntry } from '../entries.ts';

/** How the page is served. */
export const pageOptions: readonly OptionEntry[] = [
  {
    name: 'port',
    value: 'N',
    about: 'the port of the page on this machine',
    words: 'any',
    otherwise: 'any that is free',
    of: ['page'],
  },
];
