import { UsageError } from '../../../util/index.ts';
import type { OptionEntry } from '../entries.ts';
import { oneOf } from '../one-of.ts';

const arches = ['arm64', 'x86'] as const;
const levels = ['source', 'merged', 'o2'] as const;

/** Scenarios that a tree's own C takes part in; here, as the help has no need of the rest. */
export const linuxScenarioNames: readonly string[] = [
  'cover-letter',
  'bind-iort',
  'bind-viot',
  'partial-fwspec',
  'two-iommus',
  'two-clients',
  'two-registrations',
  'hotplug',
  'rebind',
  'remove-device',
  'failed-registration',
  'no-memory',
];

/** What is asked of a tree of Linux. */
export const linuxOptions: readonly OptionEntry[] = [
  {
    name: 'linux',
    value: 'TREE',
    about:
      'a folder with the sources of Linux, whose own C is explored instead of the model. Its makefiles run with your rights: use no tree that you do not trust. Nothing is written to it',
    words: 'file',
    of: ['explore', 'judge', 'replay', 'mcp'],
  },
  {
    name: 'arch',
    value: 'ARCH',
    about: 'the architecture it is compiled for; x86_64 is x86',
    words: [...arches, 'x86_64'],
    otherwise: 'what the configuration of the tree is for, arm64 where it has none',
    of: ['explore', 'judge'],
  },
  {
    name: 'llvm',
    value: 'VERSION',
    about: 'the version of clang, 14 to 19',
    words: ['14', '15', '16', '17', '18', '19'],
    otherwise: 'the newest that is installed and that the kernel takes; of a token its own',
    of: ['explore', 'judge'],
  },
  {
    name: 'level',
    value: 'LEVEL',
    about:
      'what the compiler may take away. source: nothing; merged: accesses that say the same twice; o2: what it does when it builds the kernel',
    words: levels,
    otherwise: 'source',
    of: ['explore', 'judge'],
  },
  {
    name: 'files',
    value: 'A,B',
    about:
      'with --linux: further files of the tree that take part as C, where else a function by hand stands for each of theirs; driver-core is drivers/base with what it needs',
    words: ['driver-core'],
    list: true,
    of: ['explore'],
  },
];

/** What they say. */
export interface AskedLinux {
  /** The folder; null for the model. */
  readonly linux: string | null;
  /** Null for what the tree is configured for. */
  readonly arch: (typeof arches)[number] | null;
  readonly llvm: number | null;
  readonly level: (typeof levels)[number];
  /** Further files of it that take part as C. */
  readonly files: readonly string[];
}

/**
 * Read them.
 *
 * @param text the value of an option, when it is given
 * @throws UsageError for a value that is none
 */
export function askedLinux(text: (name: string) => string | undefined): AskedLinux {
  const [llvm, arch] = [text('llvm'), text('arch')];
  if (llvm !== undefined && !/^1[4-9]$/.test(llvm))
    throw new UsageError('cli/bad-option', `--llvm takes a number from 14 to 19, not "${llvm}"`);
  return {
    linux: text('linux') ?? null,
    arch: arch === undefined ? null : oneOf('arch', arch.replace(/^x86_64$/, 'x86'), arches),
    llvm: llvm === undefined ? null : Number(llvm),
    level: oneOf('level', text('level') ?? 'source', levels),
    files: (text('files') ?? '').split(',').filter((file) => file !== ''),
  };
}
