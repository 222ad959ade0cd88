import { spawnSync } from 'node:child_process';
import { parseAnnotated, type SourceLines } from '../../firmware/index.ts';
import { UsageError } from '../../util/index.ts';
import { hasCode } from '../system/io.ts';

/** Whether this is the source of a devicetree: `/dts-v1/` after nothing but comments and `#include`. */
export function isSource(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  const before = /(?:\s+|\/\/[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|#[^\n]*)*/y;
  return before.test(text) && text.startsWith('/dts-v1/', before.lastIndex);
}

/**
 * A devicetree source compiled by `dtc`, if that is installed.
 *
 * @param source what is in it, where it is in no file
 */
export function compile(path: string, source?: Uint8Array): Uint8Array {
  const run = runCompiler(['-O', 'dtb'], path, source);
  // A compiler that gives up does not read on.
  if (run.error !== undefined && !hasCode(run.error, 'EPIPE')) {
    const missing = hasCode(run.error, 'ENOENT');
    throw new UsageError(
      'cli/no-dtc',
      `cannot compile ${path}: ${missing ? 'dtc is not installed' : run.error.message}`,
      'install the devicetree compiler, or give the compiled .dtb',
    );
  }
  if (run.status !== 0) {
    const [first = 'no message'] = run.stderr.toString('latin1').split('\n');
    const hint = 'where it has #include lines, run the C preprocessor on it first: cpp -nostdinc';
    throw new UsageError('cli/dtc-failed', `dtc cannot compile ${path}: ${first}`, hint);
  }
  return run.stdout;
}

/** The lines of a source that can be compiled; null for a compiler that is too old to tell. */
export function linesOf(path: string, source?: Uint8Array): SourceLines | null {
  const run = runCompiler(['-O', 'dts', '--annotate'], path, source);
  if (run.status !== 0) return null;
  return parseAnnotated(run.stdout.toString('utf8').replaceAll('<stdin>', path));
}

function runCompiler(output: readonly string[], path: string, source: Uint8Array | undefined) {
  const from = source === undefined ? path : '-';
  return spawnSync('dtc', ['-q', '-I', 'dts', ...output, from], {
    maxBuffer: 64 * 1024 * 1024,
    ...(source === undefined ? {} : { input: source }),
  });
}
