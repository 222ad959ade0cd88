import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { commandsOf, type Prepared, withoutFolders } from './build.ts';
import { type Overlay, overlayFile } from './overlay.ts';
import { firstError, ran } from './run.ts';
import { digestOf, inFolder, put, storeFolder, textOf } from './store.ts';

/** How much of what was written the compiler may take away. */
export const levels = ['source', 'merged', 'o2'] as const;

export type Level = (typeof levels)[number];

/** What a compilation has read, by the paths it was given. */
interface Manifest {
  readonly inputs: readonly (readonly [path: string, digest: string])[];
  readonly module: string;
}

/** Files of the kernel as text of LLVM IR, in the order they are asked for. */
export async function compiled(
  prepared: Prepared,
  files: readonly string[],
  level: Level,
  overlay: Overlay,
): Promise<string[]> {
  const contents = new Contents(overlay);
  const texts = new Map<string, string>();
  for (const file of files) {
    const text = kept(manifestPath(prepared, file, level, overlay), contents);
    if (text !== null) texts.set(file, text);
  }
  const missing = files.filter((file) => !texts.has(file));
  if (missing.length > 0) {
    const commands = await commandsOf(prepared, missing);
    await inFolder(async (folder) => {
      const map = overlayFile(prepared, overlay, folder);
      const queue = [...missing];
      const work = async (): Promise<void> => {
        for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
          const command = `${commands.get(file)}${map}`;
          const made = await compile(prepared, file, command, level, folder);
          const inputs = made.inputs.map((path) => [path, contents.digest(path)] as const);
          const module = digestOf(made.text);
          put(modulePath(module), made.text);
          const manifest: Manifest = { inputs, module };
          put(manifestPath(prepared, file, level, overlay), JSON.stringify(manifest));
          texts.set(file, made.text);
        }
      };
      const workers = Array.from({ length: availableParallelism() }, work);
      // All have to be done before the folder goes.
      for (const { status, reason } of (await Promise.allSettled(workers)) as Settled[])
        if (status === 'rejected') throw reason;
    });
  }
  return files.map((file) => texts.get(file) as string);
}

type Settled = { readonly status: 'fulfilled' | 'rejected'; readonly reason?: unknown };

function manifestPath({ key }: Prepared, file: string, level: Level, overlay: Overlay): string {
  return join(storeFolder(), 'inputs', `${digestOf(key, file, level, overlay.digest)}.json`);
}

function modulePath(digest: string): string {
  return join(storeFolder(), 'modules', `${digest}.ll`);
}

/** What was compiled before, if everything that it was made of is still the same. */
function kept(path: string, contents: Contents): string | null {
  const written = textOf(path);
  if (written === null) return null;
  try {
    const { inputs, module } = JSON.parse(written) as Manifest;
    if (!inputs.every(([input, digest]) => contents.digest(input) === digest)) return null;
    const text = textOf(modulePath(module));
    return text !== null && digestOf(text) === module ? text : null;
  } catch (error) {
    // Somebody has written to the cache: it is made again.
    if (error instanceof UsageError) throw error;
    return null;
  }
}

/** The digests of files, each read once. */
class Contents {
  readonly #overlay: Overlay;
  readonly #known = new Map<string, string>();

  constructor(overlay: Overlay) {
    this.#overlay = overlay;
  }

  digest(path: string): string {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const real = this.#overlay.instead(path) ?? path;
    const digest = existsSync(real) ? digestOf(readFileSync(real)) : 'none';
    this.#known.set(path, digest);
    return digest;
  }
}

/** What a level adds to the command of the build system. */
const unoptimised = ' -Xclang -disable-llvm-passes';

async function compile(
  prepared: Prepared,
  file: string,
  command: string,
  level: Level,
  folder: string,
): Promise<{ readonly text: string; readonly inputs: readonly string[] }> {
  const { build, shadow, tools } = prepared;
  const out = join(folder, `${digestOf(file)}.ll`);
  const inputs = join(folder, `${digestOf(file)}.d`);
  const more = `${level === 'o2' ? '' : unoptimised} -w -fdebug-prefix-map=${shadow}/= -fdebug-prefix-map=${build}=.`;
  const line = `${command}${more} -MD -MF ${inputs} -o ${out} ${shadow}/${file}`;
  const done = await ran('sh', ['-c', line], build);
  if (done.status !== 0) {
    const why = withoutFolders(prepared, firstError(done));
    throw new UsageError(
      'cli/clang-failed',
      `clang ${tools.version} cannot compile ${file}: ${why}`,
    );
  }
  if (level === 'merged') {
    const passes = '-passes=function(sroa,early-cse)';
    const merging = await ran(tools.opt, ['-S', passes, out, '-o', out]);
    if (merging.status === null && merging.stderr === '')
      throw new UsageError(
        'cli/no-opt',
        `--level merged needs ${tools.opt}, which is not installed`,
        `apt-get install llvm-${tools.version}`,
      );
    if (merging.status !== 0)
      throw new UsageError(
        'cli/opt-failed',
        `${tools.opt} fails on ${file}: ${firstError(merging)}`,
      );
  }
  const text = textOf(out) ?? '';
  return { text, inputs: inputsIn(textOf(inputs) ?? '', build) };
}

/** The files that a rule of make names behind its target. */
function inputsIn(rule: string, build: string): string[] {
  const words = rule.replaceAll('\\\n', ' ').split(/(?<!\\)\s+/);
  return words
    .slice(1)
    .filter((word) => word !== '')
    .map((word) => word.replaceAll('\\ ', ' '))
    .map((path) => (isAbsolute(path) ? path : join(build, path)));
}
