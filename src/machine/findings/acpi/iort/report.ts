import type { Finding, Severity } from '../../../inspection.ts';
import { inTable } from '../tables.ts';

/** Where something is, in bytes from the start of the table. */
export interface Place {
  readonly offset: number;
}

/** Says what is wrong; `severity` where it is not that of the rule. */
export type Report = (
  rule: string,
  at: Place,
  message: string,
  help: string,
  severity?: Severity,
) => void;

/** The findings about IORT that are reported. */
export function reported(say: (report: Report) => void): Finding[] {
  const findings: Finding[] = [];
  say((rule, { offset }, message, help, severity) => {
    const finding = inTable('IORT', rule, offset, message, help);
    findings.push(severity === undefined ? finding : { ...finding, severity });
  });
  return findings;
}
