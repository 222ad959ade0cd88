import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Module } from '../../llvm/index.ts';
import { UsageError } from '../../util/index.ts';
import { hasCode, reason } from '../system/io.ts';

/** The modules of a program, and a word that stands for their text. */
export interface CompiledC {
  readonly modules: readonly Module[];
  readonly digest: string;
  /** What compiled them, for people; null where nothing had to be. */
  readonly compiler: string | null;
}

/** The versions whose IR is read, the one that is tried first before the others. */
const versions = [19, 18, 17, 16, 15, 14];

/** As it stands in the source: an optimiser would take accesses away that race. */
const asWritten = ['-g', '-O1', '-Xclang', '-disable-llvm-passes', '-S', '-emit-llvm'];

/**
 * Compile files of C with clang; modules of LLVM IR as text (`.ll`) are taken as they are.
 *
 * @param clang the compiler; null for the newest that is installed and whose IR is read
 * @throws UsageError where that cannot be done
 */
export function compileC(
  files: readonly string[],
  flags: readonly string[],
  clang: string | null,
): CompiledC {
  let compiler: Compiler | null = null;
  const texts = files.map((file) => {
    const text = file.endsWith('.ll') ? readText(file) : null;
    if (text !== null) return text;
    if (!existsSync(file)) throw new UsageError('cli/no-file', `there is no file ${file}`);
    compiler ??= compilerFor(clang);
    return compiled(compiler, file, flags);
  });
  const hash = createHash('sha256');
  // Paths in it say where somebody has the file, and nothing of what it does.
  for (const text of texts)
    hash.update(text.replaceAll(/^(; ModuleID|source_filename|!).*$/gm, ''));
  const modules = texts.map((text, i) => new Module(text, files[i] as string));
  const found = compiler as Compiler | null;
  return { modules, digest: hash.digest('hex').slice(0, 8), compiler: found?.text ?? null };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    throw new UsageError('cli/unreadable', `cannot read ${file}: ${reason(error)}`);
  }
}

interface Compiler {
  readonly program: string;
  readonly text: string;
}

function compilerFor(clang: string | null): Compiler {
  const programs = clang === null ? ['clang', ...versions.map((n) => `clang-${n}`)] : [clang];
  let unfit = '';
  for (const program of programs) {
    const { stdout, error, status } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (error !== undefined || status !== 0) continue;
    const [, version] = /clang version (\d+)/.exec(stdout) ?? [];
    if (version !== undefined && versions.includes(Number(version)))
      return { program, text: `clang ${version}` };
    unfit = `${program} is ${version === undefined ? 'no clang' : `version ${version}`}`;
  }
  const known = `${versions.at(-1)} to ${versions[0]}`;
  if (unfit !== '')
    throw new UsageError('cli/unfit-clang', `${unfit}, and the IR of ${known} is read`, hint);
  const missing = clang === null ? 'clang is not installed' : `${clang} cannot be run`;
  throw new UsageError('cli/no-clang', missing, hint);
}

const hint = 'apt-get install clang; or name one with --clang, or give a .ll file';

function compiled({ program }: Compiler, file: string, flags: readonly string[]): string {
  const args = [...asWritten, '-w', ...flags, file, '-o', '-'];
  const run = spawnSync(program, args, { encoding: 'latin1', maxBuffer: 1 << 30 });
  if (run.error !== undefined) {
    const why = hasCode(run.error, 'ENOBUFS') ? 'it gives too much' : reason(run.error);
    throw new UsageError('cli/clang-failed', `${program} cannot compile ${file}: ${why}`);
  }
  if (run.status === 0 && run.stdout.trim() !== '') return run.stdout;
  if (run.status === 0)
    throw new UsageError(
      'cli/no-c',
      `${program} makes nothing of ${file}`,
      'a file of C is called something.c, one of LLVM IR something.ll',
    );
  const lines = run.stderr.split('\n');
  const first = lines.find((line) => line.includes('error:')) ?? lines[0] ?? 'no message';
  throw new UsageError('cli/clang-failed', `${program} cannot compile ${file}: ${first}`);
}
