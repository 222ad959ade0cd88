import type { Linted } from '../../report/index.ts';

/** A file that cannot be read says more than what is wrong in others; good so far is not good. */
export function lintExitCode(
  linted: readonly Linted[],
  maxWarnings: number | null,
  isWhole = true,
): 0 | 1 | 2 | 3 {
  if (linted.some(({ error }) => error !== null)) return 2;
  const levels = linted.flatMap(({ findings }) => findings.map(({ severity }) => severity));
  const warnings = levels.filter((level) => level === 'warning').length;
  const isOver = maxWarnings !== null && warnings > maxWarnings;
  if (levels.includes('error') || isOver) return 1;
  return isWhole ? 0 : 3;
}
