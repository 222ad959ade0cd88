import { type Example, exampleFiles, groupFindings } from '../../machine/index.ts';
import type { Linted } from '../../report/index.ts';
import { InternalError } from '../../util/index.ts';
import { readOptions } from '../arguments/checked.ts';
import { lintInput } from './lint-input.ts';

/** What is said of a rule's example, as of a file or folder of that name. */
export async function lintExample(
  example: Example,
  which: 'bad' | 'good',
  kernel: string | null = null,
): Promise<Linted> {
  const files = exampleFiles(example, which);
  const name = files.has('example.dts') ? 'example.dts' : 'example';
  const [sole = ''] = files.keys();
  const named =
    files.size === 1
      ? ({ by: 'file', path: name, own: sole } as const)
      : ({ by: 'directory', path: name } as const);
  const given = { named, tree: null, isOpened: true, brought: null, files };
  const without = 'edits' in example && which === 'bad' ? example.kconfig : undefined;
  const options = readOptions([
    'lint',
    name,
    ...(kernel === null ? [] : ['--kernel', kernel]),
    ...(without === undefined ? [] : ['--kconfig', `${without}=n`]),
  ]);
  const linted = await lintInput({ given, isWalked: false }, options, { note: () => {} });
  // That a file is cut off is a finding as well.
  if (linted === null || (linted.error !== null && linted.findings.length === 0))
    throw new InternalError(linted?.error ?? `${name} is no machine`);
  return { ...linted, findings: groupFindings(linted.findings) };
}
