import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { firstError, ran } from './run.ts';
import { alone, digestOf, discard, put, storeFolder, textOf } from './store.ts';
import type { Toolchain } from './toolchain.ts';
import { shadow, type Tree } from './tree.ts';

/** Architectures whose assembler text is understood. */
export const architectures = ['arm64', 'x86'] as const;

export type Architecture = (typeof architectures)[number];

/** What scenarios are about and a default configuration may leave out. */
const wanted = ['CONFIG_ACPI=y', 'CONFIG_OF=y', 'CONFIG_VIRTIO=y', 'CONFIG_VIRTIO_IOMMU=y'];

/** The code of an error about a file that this configuration has no use for. */
export const notConfigured = 'cli/not-configured';

/** A tree that is configured and prepared in a folder of ours. */
export interface Prepared {
  readonly tree: Tree;
  readonly arch: Architecture;
  readonly tools: Toolchain;
  readonly note: (text: string) => void;
  /** The folder with its links, and the one where the build system works. */
  readonly shadow: string;
  readonly build: string;
  readonly key: string;
}

/** What has to be made for a tree, whether or not it has been made already. */
export function preparation(
  tree: Tree,
  arch: Architecture,
  tools: Toolchain,
  note: (text: string) => void,
): Prepared {
  const fit = configFor(tree, arch);
  const config = fit ?? wanted.join();
  const key = digestOf(tree.source, tree.release, config, arch, tools.llvm, tools.full);
  const folder = join(storeFolder(), 'trees', key);
  const [links, build] = [join(folder, 'source'), join(folder, 'build')];
  return { tree, arch, tools, note, shadow: links, build, key };
}

/** The configuration of the tree, where it is one for this architecture. */
function configFor({ config }: Tree, arch: Architecture): string | null {
  const other = otherArchitecture(config, arch);
  return other === null ? config : null;
}

/** The architecture that a configuration is for, where it is another one. */
function otherArchitecture(config: string | null, arch: Architecture): string | null {
  const found = configuredFor(config);
  return found === null || found === arch ? null : found;
}

/** The architecture that a configuration is for, as `--arch` calls it where that has it. */
export function configuredFor(config: string | null): string | null {
  const [, named] = /^# Linux\/(\w+) /m.exec(config ?? '') ?? [];
  if (named === 'x86_64') return 'x86';
  // The same words head one for 32 bits.
  if (named === 'x86' && /^# CONFIG_64BIT is not set$/m.test(config ?? '')) return 'i386';
  return named ?? null;
}

/**
 * The commands that the build system compiles files with, after a `-o` and what follows is cut off.
 *
 * @throws UsageError where it does not get that far
 */
export async function commandsOf(
  prepared: Prepared,
  files: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  for (const file of files) checkArchitecture(prepared, file);
  const known = (): Map<string, string> =>
    new Map(
      files.flatMap((file) => {
        const command = savedCommand(prepared, file);
        return command === null ? [] : [[file, command]];
      }),
    );
  if (known().size === files.length) return known();
  const waits = (pid: number): void =>
    prepared.note(`another fwspec (process ${pid}) is at this tree`);
  return await alone(dirname(prepared.build), waits, async () => {
    await prepare(prepared);
    const missing = files.filter((file) => savedCommand(prepared, file) === null);
    for (const file of missing) checkConfigured(prepared, file);
    if (missing.length > 0) await make(prepared, missing.map(objectOf), mayBeOut);
    const commands = known();
    const without = files.find((file) => !commands.has(file));
    if (without !== undefined) throw failed(prepared, `it does not say how ${without} is compiled`);
    return commands;
  });
}

/** What must be on for files that do not compile otherwise, and what a user turns on for it. */
const needs: ReadonlyMap<string, readonly [symbol: string, by: string]> = new Map([
  ['drivers/iommu/of_iommu.c', ['OF_IOMMU', 'OF']],
  ['drivers/acpi/scan.c', ['ACPI', 'ACPI']],
  ['drivers/acpi/arm64/iort.c', ['ACPI_IORT', 'ACPI']],
  ['drivers/acpi/viot.c', ['ACPI_VIOT', 'VIRTIO_IOMMU']],
]);

/** What only one architecture has. */
const ofArm64 = /(?:^|\/)(?:arm|arm64)\/|^drivers\/iommu\/apple-dart\.c$/;

function checkArchitecture({ tree, arch }: Prepared, file: string): void {
  if (arch === 'arm64' || !ofArm64.test(file)) return;
  throw new UsageError(
    notConfigured,
    `${file} of ${tree.given} is for arm64 only, not for ${arch}`,
  );
}

function checkConfigured({ tree, build }: Prepared, file: string): void {
  const needed = needs.get(file);
  if (needed === undefined) return;
  const [symbol, by] = needed;
  const config = textOf(join(build, '.config')) ?? '';
  if (config.split('\n').includes(`CONFIG_${symbol}=y`)) return;
  throw new UsageError(
    notConfigured,
    `${tree.given} is configured without CONFIG_${symbol}, which ${file} is for`,
    `scripts/config -e ${by}, on a .config of its own`,
  );
}

/** Make the folder what it has to be; nobody else is at it. */
async function prepare(prepared: Prepared): Promise<void> {
  const { tree, arch, build, note } = prepared;
  const done = `${build}.done`;
  shadow(tree, prepared.shadow);
  if (textOf(done) !== null) return;
  discard(build);
  const config = configFor(tree, arch);
  const other = otherArchitecture(tree.config, arch);
  const how = other === null ? '' : ` by defconfig, as its own .config is for ${other}`;
  note(`Linux ${tree.release} is configured in a folder of fwspec's cache, once${how}`);
  try {
    mkdirSync(build, { recursive: true });
    if (config === null) await make(prepared, ['defconfig']);
    const own = config ?? textOf(join(build, '.config')) ?? '';
    put(join(build, '.config'), config === null ? `${own}${wanted.join('\n')}\n` : own);
    await make(prepared, ['olddefconfig']);
    await make(prepared, ['prepare']);
    put(done, '');
  } catch (error) {
    discard(dirname(build));
    throw error;
  }
}

const mayBeOut = 'its configuration may leave the file out';

async function make(prepared: Prepared, targets: readonly string[], hint?: string): Promise<void> {
  const { arch, tools, build, shadow: source } = prepared;
  const jobs = `-j${availableParallelism()}`;
  const how = [`O=${build}`, `LLVM=${tools.llvm}`, `ARCH=${arch}`, 'KCFLAGS=-g'];
  const done = await ran('make', ['-s', '-C', source, ...how, jobs, ...targets]);
  if (done.status === 0) return;
  if (done.status === null && done.stderr === '')
    throw new UsageError('cli/no-make', 'make is not installed', 'apt-get install make');
  const [first = '', ...more] = targets;
  const what = more.length === 0 ? first : `${first} and ${more.length} more`;
  throw failed(prepared, `make ${what}: ${withoutFolders(prepared, firstError(done))}`, hint);
}

/** What a tool says, with paths as the tree has them. */
export function withoutFolders({ shadow: source, build }: Prepared, text: string): string {
  return text.replaceAll(`${source}/`, '').replaceAll(`${build}/`, '');
}

function failed(
  { tree }: Prepared,
  why: string,
  hint = 'it needs flex, bison, bc and what else Documentation/process/changes.rst of the tree names',
): UsageError {
  return new UsageError('cli/no-build', `${tree.given} does not build: ${why}`, hint);
}

function objectOf(file: string): string {
  return file.replace(/\.c$/, '.ll');
}

/** How the build system compiled the file, null where it has not. */
function savedCommand({ build }: Prepared, file: string): string | null {
  const object = objectOf(file);
  const text = textOf(join(build, dirname(object), `.${basename(object)}.cmd`));
  const [, command] = /^(?:saved)?cmd_\S+ := (.*)$/m.exec(text ?? '') ?? [];
  if (command === undefined || !command.includes(' -o ')) return null;
  return command
    .slice(0, command.lastIndexOf(' -o '))
    .replaceAll('$$', '$')
    .replaceAll('\\#', '#')
    .replace(/ -Wp,-MM?D,\S+/, '');
}
