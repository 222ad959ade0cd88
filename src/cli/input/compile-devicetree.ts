import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseAnnotated } from '../../firmware/index.ts';
import type { Compiled } from '../../input/index.ts';
import { UsageError } from '../../util/index.ts';
import { hasCode } from '../system/io.ts';

/**
 * A devicetree source compiled by `dtc`, if that is installed, through the C preprocessor where it has
 * lines for that.
 *
 * @param path null where it is in no file
 * @param name what it is called in messages
 */
export function compile(path: string | null, name: string, source: Uint8Array): Compiled {
  const called = path ?? name;
  const text = Buffer.from(source).toString('latin1');
  const input = /^[ \t]*#[ \t]*(?:include|define|if|ifdef|ifndef)\b/m.test(text)
    ? preprocess(path, called, source)
    : source;
  const [file, folders] =
    input === source && path !== null ? [path, []] : ['-', searched(path).flatMap(asDtcOption)];
  const run = runTool('dtc', ['-q', '-I', 'dts', '-O', 'dtb', ...folders, file], file, input);
  check(run, 'dtc', called, 'install the devicetree compiler, or give the compiled .dtb');
  const annotated = runTool(
    'dtc',
    ['-q', '-I', 'dts', '-O', 'dts', '--annotate', ...folders, file],
    file,
    input,
  );
  // A compiler that is too old cannot tell the lines.
  const lines =
    annotated.status !== 0
      ? null
      : parseAnnotated(annotated.stdout.toString('utf8').replaceAll('<stdin>', called));
  return { blob: run.stdout, lines };
}

/** What Linux has its sources preprocessed with. */
function preprocess(path: string | null, called: string, source: Uint8Array): Uint8Array {
  const folders = searched(path).flatMap((folder) => ['-I', folder]);
  const options = ['-nostdinc', '-undef', '-D__DTS__', '-x', 'assembler-with-cpp', ...folders];
  const run = runTool('cpp', [...options, path ?? '-'], path ?? '-', source);
  check(run, 'cpp', called, 'it has #include lines: install the C preprocessor, or give the .dtb');
  return run.stdout;
}

/**
 * Where a source finds what it includes: beside it, and in the tree of Linux or U-Boot that it is in, of
 * every architecture.
 */
function searched(path: string | null): string[] {
  if (path === null) return [];
  const beside = dirname(resolve(path));
  for (let top = beside; top !== dirname(top); top = dirname(top)) {
    if (!existsSync(join(top, 'include/dt-bindings'))) continue;
    const architectures = existsSync(join(top, 'arch'))
      ? readdirSync(join(top, 'arch')).sort()
      : [];
    const inside = [
      'include',
      'scripts/dtc/include-prefixes',
      ...architectures.flatMap((arch) => [`arch/${arch}/boot/dts`, `arch/${arch}/dts`]),
    ];
    return [beside, ...inside.map((folder) => join(top, folder)).filter(existsSync)];
  }
  return [beside];
}

function asDtcOption(folder: string): string[] {
  return ['-i', folder];
}

/** Run a program on a file, or on bytes where the file is `-`. */
function runTool(tool: string, args: readonly string[], file: string, input: Uint8Array) {
  return spawnSync(tool, args, {
    maxBuffer: 64 * 1024 * 1024,
    ...(file === '-' ? { input } : {}),
  });
}

function check(run: ReturnType<typeof runTool>, tool: string, called: string, hint: string): void {
  // A compiler that gives up does not read on.
  if (run.error !== undefined && !hasCode(run.error, 'EPIPE')) {
    const missing = hasCode(run.error, 'ENOENT');
    throw new UsageError(
      `cli/no-${tool}`,
      `cannot compile ${called}: ${missing ? `${tool} is not installed` : run.error.message}`,
      hint,
    );
  }
  if (run.status === 0) return;
  const [first = 'no message'] = run.stderr.toString('latin1').split('\n');
  throw new UsageError(`cli/${tool}-failed`, `${tool} cannot compile ${called}: ${first}`);
}
