// Findings as people read them.

import type { Finding, Kills, Severity } from '../../machine/index.ts';
import { words, wrap } from '../text/wrap.ts';

/** What is said of one node, or of several alike, with the nodes of all. */
export interface GroupedFinding extends Finding {
  readonly nodes: readonly string[];
}

/** Findings, each with all its nodes, also where there is one. */
export function withNodes<F extends Finding>(findings: readonly F[]): (F & GroupedFinding)[] {
  return findings.map((finding) => ({ ...finding, nodes: finding.nodes ?? [finding.node] }));
}

const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** The worst first; of equals, as they stand. */
export function worstFirst<F extends Pick<Finding, 'severity'>>(findings: readonly F[]): F[] {
  return findings.toSorted(
    (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity),
  );
}

/** `1 error, 2 warnings`; empty without findings. */
export function severityCounts(findings: readonly Pick<Finding, 'severity'>[]): string {
  return severities
    .map(
      (severity) => [severity, findings.filter((of) => of.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count === 1 ? '' : 's'}`)
    .join(', ');
}

/** What becomes of which kernels. */
export function killsText({ kills }: Pick<Finding, 'kills'>): string | null {
  if (kills === undefined) return null;
  const [first, last] = kills.kernels;
  const which = first === last ? first : `${first} to ${last}`;
  return `${which} ${fates[kills.how]} while they boot`;
}

const fates: Readonly<Record<Kills['how'], string>> = {
  hang: 'hang',
  panic: 'panic',
  'read-outside': 'read what lies outside the table, and may crash,',
  'write-outside': 'write over memory that is not theirs',
};

/** What stands above those lines. */
export function killsTitle(findings: readonly Finding[]): string {
  const sure = findings.every(({ kills }) => kills?.how === 'hang' || kills?.how === 'panic');
  return sure ? 'Kernels that do not come up' : 'Kernels that may not come up';
}

/** Tables that kernels do not survive, or may not, for commands that show no other findings. */
export function killsLines(findings: readonly Finding[], width: number): string[] {
  return findings.flatMap((finding) => {
    const text = killsText(finding);
    const { node, offset, message } = finding;
    const at = offset === null ? node : `${node} at offset 0x${offset.toString(16)}`;
    return text === null ? [] : wrap(words(`${at}: ${text}: ${message}`), '  ', width);
  });
}
