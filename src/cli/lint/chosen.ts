import type { Finding } from '../../machine/index.ts';
import type { AskedLint } from '../arguments/asked-lint.ts';
import { severities } from '../arguments/lint-options.ts';

/** Whether somebody asked to be told of a finding. */
export function isChosen(
  { rule, severity }: Finding,
  asked: Pick<AskedLint, 'severity' | 'rules' | 'ignored'>,
): boolean {
  return (
    severities.indexOf(severity) <= severities.indexOf(asked.severity) &&
    (asked.rules.length === 0 || asked.rules.includes(rule)) &&
    !asked.ignored.includes(rule)
  );
}
