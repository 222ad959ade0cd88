import type { OptionEntry } from '../entries.ts';

/** How long things may take: what it is that has to be done in time differs. */
export const timeOptions: readonly OptionEntry[] = [
  {
    name: 'max-seconds',
    value: 'N',
    about: 'stop a search after so many seconds: the verdict is incomplete',
    words: 'any',
    of: ['explore', 'c', 'judge', 'compare'],
  },
  {
    name: 'max-seconds',
    value: 'N',
    about: 'be done after so many seconds, all searches together: the verdict is incomplete',
    words: 'any',
    of: ['check'],
  },
  {
    name: 'max-seconds',
    value: 'N',
    about: 'the most seconds that a request may ask for; without asking it has 60',
    words: 'any',
    otherwise: '300',
    of: ['mcp'],
  },
];
