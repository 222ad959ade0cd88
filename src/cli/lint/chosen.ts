import type { Finding, Severity } from '../../machine/index.ts';
import type { AskedLint } from '../arguments/asked-lint.ts';
import { severities } from '../arguments/options/lint.ts';

/** Whether somebody asked to be told of a finding. */
export function isChosen(
  { rule, severity }: Finding,
  least: Severity,
  { rules, ignored }: Pick<AskedLint, 'rules' | 'ignored'>,
): boolean {
  return (
    severities.indexOf(severity) <= severities.indexOf(least) &&
    (rules.length === 0 || rules.includes(rule)) &&
    !ignored.includes(rule)
  );
}
