import { pageOf } from '../../machine/index.ts';
import { withNodes } from '../machine/findings.ts';
import type { Linted, LintFinding } from './linted.ts';

/** What `fwspec lint --json` prints. */
export interface LintDocument {
  readonly version: 1;
  readonly command: 'lint';
  readonly kernel: string;
  readonly files: readonly (Linted & { readonly findings: readonly PagedFinding[] })[];
  /** Those of the only file. */
  readonly findings?: readonly PagedFinding[];
}

interface PagedFinding extends LintFinding {
  /** About the rule, from the top of the package. */
  readonly page: string;
}

export function lintJson(linted: readonly Linted[], kernel: string): LintDocument {
  const files = linted.map((of) => ({ ...of, findings: withNodes(of.findings).map(paged) }));
  const [only] = files;
  const isOne = files.length === 1 && only !== undefined;
  return {
    version: 1,
    command: 'lint',
    kernel,
    files,
    ...(isOne ? { findings: only.findings } : {}),
  };
}

function paged(finding: LintFinding): PagedFinding {
  return { ...finding, page: pageOf(finding.rule) };
}
