import type { Finding, Severity } from '../../machine/index.ts';
import type { KernelVerdict } from '../../report/index.ts';
import type { FailOn } from '../arguments/checked.ts';
import { exitCodeOf } from '../search/search.ts';

/**
 * The exit code of a check: 2 when two engines disagree, 1 when that is wrong which is asked about, else
 * 3 when a search was cut short or not made, else 0.
 */
export function checkExitCode(
  findings: readonly Pick<Finding, 'severity'>[],
  { searches, left }: Pick<KernelVerdict, 'searches' | 'left'>,
  failOn: FailOn,
): number {
  const code = exitCodeOf(searches.map(({ exploration }) => exploration));
  if (code === 2) return 2;
  const racy = code === 1;
  const has = (level: Severity): boolean => findings.some(({ severity }) => severity === level);
  const faulty = has('error');
  const wrong = {
    firmware: faulty,
    warning: faulty || has('warning'),
    kernel: racy,
    any: faulty || racy,
    never: false,
  };
  if (wrong[failOn]) return 1;
  const complete = searches.every(({ exploration }) => exploration.outcome.complete);
  return complete && left.length === 0 ? 0 : 3;
}
