import type { OptionEntry } from '../entries.ts';

/** What a compiler of C is told, and which it is. */
export const compilerOptions: readonly OptionEntry[] = [
  {
    name: 'define',
    short: 'D',
    value: 'NAME[=VALUE]',
    about: 'a macro that the compiler is to define',
    words: 'any',
    repeats: true,
    of: ['c'],
  },
  {
    name: 'include',
    short: 'I',
    value: 'FOLDER',
    about: 'where the compiler is to look for headers',
    words: 'file',
    repeats: true,
    of: ['c'],
  },
  {
    name: 'unroll',
    value: 'N',
    about: 'give up executions in which a loop goes round more often: no verdict is clean then',
    words: 'any',
    of: ['c'],
  },
  {
    name: 'faults',
    value: 'N',
    about: 'let up to so many allocations of an execution fail',
    words: 'any',
    otherwise: '0',
    of: ['c'],
  },
  {
    name: 'clang',
    value: 'PROGRAM',
    about: 'the compiler, of version 14 to 19',
    words: 'any',
    otherwise: 'clang, or the newest of clang-19 to clang-14 that is installed',
    of: ['c', 'replay'],
  },
];
