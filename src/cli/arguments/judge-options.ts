import { UsageError } from '../../util/index.ts';
import type { OptionEntry } from './entries.ts';

const arches = ['arm64'] as const;
const levels = ['source', 'merged', 'o2'] as const;

/** The options of `judge`: which kernel's own C is explored, how it is compiled, and what is judged. */
export const judgeOptions: readonly OptionEntry[] = [
  {
    name: 'linux',
    value: 'TREE',
    about: "a folder with Linux's sources; nothing is written to it",
    words: 'file',
    of: ['judge'],
  },
  {
    name: 'arch',
    value: 'ARCH',
    about: 'what the tree is compiled for: arm64',
    words: arches,
    otherwise: 'arm64',
    of: ['judge'],
  },
  {
    name: 'llvm',
    value: 'VERSION',
    about: 'the version of clang, 14 to 19',
    words: ['14', '15', '16', '17', '18', '19'],
    otherwise: 'the newest that is installed and that the tree takes',
    of: ['judge'],
  },
  {
    name: 'level',
    value: 'LEVEL',
    about:
      'how far C is optimised: source (every access as it is written), merged (what is read twice is read once) or o2 (as the tree is built)',
    words: levels,
    otherwise: 'source',
    of: ['judge'],
  },
  {
    name: 'each',
    about: 'judge each patch on those before it, instead of all together',
    of: ['judge'],
  },
  {
    name: 'scenario',
    value: 'NAME',
    about: 'judge by this scenario; may be given several times',
    words: 'scenario',
    otherwise: 'all that run C of the files that the patches touch',
    repeats: true,
    of: ['judge'],
  },
];

/** What they say. */
export interface AskedLinux {
  /** The folder; null for the model. */
  readonly linux: string | null;
  readonly arch: (typeof arches)[number];
  readonly llvm: number | null;
  readonly level: (typeof levels)[number];
}

/**
 * Read them.
 *
 * @param text the value of an option, when it is given
 * @throws UsageError for a value that is none
 */
export function askedLinux(text: (name: string) => string | undefined): AskedLinux {
  const llvm = text('llvm');
  if (llvm !== undefined && !/^1[4-9]$/.test(llvm))
    throw new UsageError('cli/bad-option', `--llvm takes a number from 14 to 19, not "${llvm}"`);
  return {
    linux: text('linux') ?? null,
    arch: oneOf('arch', text('arch') ?? 'arm64', arches),
    llvm: llvm === undefined ? null : Number(llvm),
    level: oneOf('level', text('level') ?? 'source', levels),
  };
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageError('cli/bad-option', `--${option} takes ${known.join(', ')}, not "${value}"`);
}
