import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Module } from '../../llvm/index.ts';
import { UsageError } from '../../util/index.ts';
import { type Architecture, architectures, configuredFor, preparation } from '../linux/build.ts';
import { compiled, type Level, levels } from '../linux/compile.ts';
import { overlayOf } from '../linux/overlay.ts';
import { ran, stopRunning } from '../linux/run.ts';
import { toolchain } from '../linux/toolchain.ts';
import { type Tree, treeAt } from '../linux/tree.ts';

export type { Architecture, Level };
export { architectures, levels };

/** How files of a kernel are compiled. */
export interface LinuxBuild {
  readonly arch: Architecture;
  /** The version of clang; null for the newest that is installed and that the kernel takes. */
  readonly llvm: number | null;
  readonly level: Level;
  /** A folder with files that stand for those of the tree with the same path. */
  readonly overlay?: string | null;
  /** Told what takes long. */
  readonly note?: (text: string) => void;
  /** What ends it early. */
  readonly interruption?: { onRequest?: (() => void) | undefined } | undefined;
}

export interface CompiledLinux {
  readonly modules: readonly Module[];
  /** Stands for what was compiled. */
  readonly digest: string;
  /** `clang 14` */
  readonly compiler: string;
  /** `6.1.192` */
  readonly release: string;
  /** Where its sources are. */
  readonly folder: string;
}

/**
 * Compile files of a kernel as its own build system does, but for what an optimiser would take away. Nothing
 * is written to the tree; what was compiled is kept in the cache and made again when an input has changed.
 *
 * @throws UsageError where that cannot be done
 */
export async function compileLinux(
  path: string,
  files: readonly string[],
  { arch, llvm, level, overlay: folder = null, note = () => {}, interruption = {} }: LinuxBuild,
): Promise<CompiledLinux> {
  const others = interruption.onRequest;
  interruption.onRequest = () => {
    stopRunning();
    others?.();
  };
  const tree = treeAt(path);
  const tools = await toolchain(llvm, await leastClang(tree));
  const prepared = preparation(tree, arch, tools, note);
  const overlay = overlayOf(folder, prepared.shadow);
  for (const file of files)
    if (!isSource(file))
      throw new UsageError(
        'cli/bad-option',
        `"${file}" is no file of a tree: drivers/iommu/iommu.c`,
      );
    else if (!overlay.files.has(file) && !existsSync(join(tree.source, file)))
      throw new UsageError('cli/no-file', `${path} has no ${file}`);
  const texts = await compiled(prepared, files, level, overlay);
  interruption.onRequest = others;
  const hash = createHash('sha256');
  // Where a step is in the source is nothing of what it does.
  for (const text of texts)
    hash.update(text.replaceAll(/^(; ModuleID|source_filename|!).*$/gm, ''));
  return {
    modules: texts.map((text, i) => new Module(text, (files[i] as string).replace(/\.c$/, '.ll'))),
    digest: hash.digest('hex').slice(0, 8),
    compiler: `clang ${tools.version}`,
    release: tree.release,
    folder: tree.source,
  };
}

/** Which architecture is asked for: what a tree is configured for, where nobody says. */
export function architectureOf(path: string, asked: Architecture | null): Architecture {
  if (asked !== null) return asked;
  const own = configuredFor(treeAt(path).config);
  return architectures.find((one) => one === own) ?? 'arm64';
}

/** A path that leads nowhere else, and says nothing to a shell or a makefile. */
function isSource(file: string): boolean {
  return /^(?:\w[-.\w]*\/)*\w[-.\w]*\.c$/.test(file) && !file.includes('..');
}

/** The oldest clang that the kernel takes, by its own word. */
async function leastClang({ source }: Tree): Promise<number> {
  const script = join(source, 'scripts/min-tool-version.sh');
  if (!existsSync(script)) return 0;
  const { stdout } = await ran('sh', [script, 'llvm']);
  return Number.parseInt(stdout, 10) || 0;
}
