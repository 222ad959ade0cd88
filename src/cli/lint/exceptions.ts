import picomatch from 'picomatch';
import type { Linted, LintFinding } from '../../report/index.ts';
import type { Exception, LintConfig } from './config.ts';
import { pathFrom } from './paths.ts';

/** What exceptions leave of findings. */
export interface Excepted {
  readonly linted: readonly Linted[];
  /** How many findings they leave out. */
  readonly count: number;
  /** Those that leave nothing out, of files that were looked at. */
  readonly unused: readonly Exception[];
}

/**
 * Leave out what a project lives with.
 *
 * @param isAll whether everything was looked at that the configuration knows: then an exception for
 *   a file that is not there is unused, too
 */
export function withExceptions(
  linted: readonly Linted[],
  { folder, ignore }: Pick<LintConfig, 'folder' | 'ignore'>,
  isAll: boolean,
): Excepted {
  const exceptions = ignore.map((exception) => ({
    exception,
    isFile: matcher(exception.path),
    isNode: exception.node === null ? () => true : matcher(exception.node),
    seen: isAll,
    used: false,
  }));
  let count = 0;
  const left = linted.map((of) => {
    const names = new Set([of.file, ...of.findings.map(({ file }) => file)]);
    const paths = new Map([...names].map((file) => [file, pathFrom(folder, file)]));
    const isOf = ({ isFile }: (typeof exceptions)[number], file: string): boolean =>
      isFile(paths.get(of.file) ?? '') || isFile(paths.get(file) ?? '');
    for (const entry of exceptions) entry.seen ||= isOf(entry, of.file);
    const isLeft = ({ rule, node, file }: LintFinding): boolean => {
      const entry = exceptions.find(
        (one) => one.exception.rule === rule && isOf(one, file) && one.isNode(node),
      );
      if (entry !== undefined) entry.used = true;
      return entry === undefined;
    };
    const findings = of.findings.filter(isLeft);
    count += of.findings.length - findings.length;
    return { ...of, findings };
  });
  const unused = exceptions.filter(({ seen, used }) => seen && !used);
  return { linted: left, count, unused: unused.map(({ exception }) => exception) };
}

function matcher(glob: string): (text: string) => boolean {
  return picomatch(glob, { dot: true });
}
