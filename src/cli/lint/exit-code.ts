import type { Linted } from '../../report/index.ts';

/** A file that cannot be read says more than what is wrong in others. */
export function lintExitCode(linted: readonly Linted[], maxWarnings: number | null): 0 | 1 | 2 {
  if (linted.some(({ error }) => error !== null)) return 2;
  const levels = linted.flatMap(({ findings }) => findings.map(({ severity }) => severity));
  const warnings = levels.filter((level) => level === 'warning').length;
  const isOver = maxWarnings !== null && warnings > maxWarnings;
  return levels.includes('error') || isOver ? 1 : 0;
}
