import type { Finding } from '../../machine/index.ts';
import { withNodes } from '../machine/findings.ts';
import type { Linted } from './linted.ts';

/** What `fwspec lint --json` prints. */
export interface LintDocument {
  readonly version: 1;
  readonly command: 'lint';
  readonly kernel: string;
  readonly files: readonly LintedDocument[];
  /** Those of the only file. */
  readonly findings?: readonly LintFinding[];
}

export interface LintedDocument {
  readonly file: string;
  readonly error: string | null;
  readonly findings: readonly LintFinding[];
}

/** A finding, with the file that it is in. */
export interface LintFinding extends Finding {
  readonly file: string;
}

export function lintJson(linted: readonly Linted[], kernel: string): LintDocument {
  const files = linted.map(({ file, error, findings }) => ({
    file,
    error,
    findings: withNodes(findings).map((finding) => ({ ...finding, file: finding.file ?? file })),
  }));
  const [only] = files;
  return {
    version: 1,
    command: 'lint',
    kernel,
    files,
    ...(files.length === 1 && only !== undefined ? { findings: only.findings } : {}),
  };
}
