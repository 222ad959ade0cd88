import { withNodes } from '../machine/findings.ts';
import type { Linted, LintFinding } from './linted.ts';

/** What `fwspec lint --json` prints. */
export interface LintDocument {
  readonly version: 1;
  readonly command: 'lint';
  readonly kernel: string;
  /** Whether all files were looked at: somebody may have interrupted it. */
  readonly complete: boolean;
  readonly files: readonly Linted[];
  /** Those of the only file. */
  readonly findings?: readonly LintFinding[];
}

export function lintJson(linted: readonly Linted[], kernel: string, complete = true): LintDocument {
  const files = linted.map((of) => ({ ...of, findings: withNodes(of.findings) }));
  const [only] = files;
  const isOne = files.length === 1 && only !== undefined;
  return {
    version: 1,
    command: 'lint',
    kernel,
    complete,
    files,
    ...(isOne ? { findings: only.findings } : {}),
  };
}
