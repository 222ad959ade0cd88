import { register } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import { apply, type Design, type Patch } from '../../linux/index.ts';
import { additions, designOf, isKernel } from '../../series/index.ts';
import { nearest, UsageError } from '../../util/index.ts';
import { kindOf, nearFile, notAFile, readBytes } from '../system/io.ts';
import { inPackage } from '../system/package.ts';

/**
 * The design of a kernel, with the patch in a file on top when there is one; its name is then that
 * of the kernel, `+`, and that of the file. The kernel may be named either way.
 *
 * @throws UsageError when there is no such kernel, or the patch is none or does not apply
 */
export async function designWith(kernel: string, path: string | null): Promise<Design> {
  const ending = path === null ? null : `+${nameOf(path)}`;
  const known = isKernel(kernel);
  if (!known) {
    const cut = kernel.lastIndexOf('+');
    const patched = cut > 0 && isKernel(kernel.slice(0, cut));
    if (patched && kernel.slice(cut) !== ending) throw needsPatch(kernel, cut, path);
  }
  if (path === null || ending === null) return designOf(kernel);
  const base = designOf(known ? kernel : kernel.slice(0, -ending.length));
  const name = `${base.name}${ending}`;
  if (isKernel(name)) {
    throw refuse('cli/patch-name', path, `${name} is a kernel already`, 'rename the file');
  }
  const patch = await loadPatch(path);
  try {
    return apply(name, base, patch);
  } catch (error) {
    throw refuse('cli/patch-does-not-apply', path, messageOf(error));
  }
}

/** What a patched kernel is called after: the file, without what follows its first dot. */
function nameOf(path: string): string {
  return basename(path).replace(/(?<=.)\..*$/, '');
}

function needsPatch(kernel: string, cut: number, path: string | null): UsageError {
  const name = kernel.slice(cut + 1);
  const near = nearest(
    name,
    additions.map((part) => part.name),
  );
  const given = path === null ? '' : `, not "${nameOf(path)}"`;
  return new UsageError(
    'cli/needs-patch',
    `${kernel} is ${kernel.slice(0, cut)} with the patch "${name}"${given}`,
    near === null
      ? 'name its file by --patch; fwspec list kernels has the patches that need none'
      : `did you mean ${kernel.slice(0, cut)}+${near}? else name its file by --patch`,
  );
}

const loaded = new Map<string, Promise<Patch>>();

/** The patch that a file exports. Each file is loaded once. */
function loadPatch(path: string): Promise<Patch> {
  const file = resolve(path);
  const known = loaded.get(file);
  if (known !== undefined) return known;
  if (loaded.size === 0) register(inPackage('dist/vendor/patch-hooks.js'));
  const patch = importPatch(file, path);
  loaded.set(file, patch);
  return patch;
}

async function importPatch(file: string, path: string): Promise<Patch> {
  const found = kindOf(file);
  if (found !== 'file') {
    const hint = found === 'nothing' ? nearFile(path) : null;
    throw refuse('cli/unreadable', path, notAFile[found], hint);
  }
  // A log that waits for more, or a file that is larger than any patch.
  readBytes(path);
  if (isMainThread) await probed(pathToFileURL(file).href, path);
  let exported: { readonly default?: unknown };
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (error) {
    throw refuse('cli/unreadable', path, messageOf(error));
  }
  let wrong: string | null;
  try {
    wrong = whatIsWrong(exported.default);
  } catch {
    wrong = 'its default export throws when it is looked at';
  }
  if (wrong !== null) throw refuse('cli/no-patch', path, wrong);
  return exported.default as Patch;
}

/** How long a patch may take to load, in milliseconds. */
const loading_ms = 10_000;

/** Load it in a thread first, which can be ended. */
async function probed(url: string, path: string): Promise<void> {
  const workerData = { url, hooks: inPackage('dist/vendor/patch-hooks.js').href };
  const thread = new Worker(inPackage('dist/cli/patch-probe.js'), { workerData, stdout: true });
  let timer: NodeJS.Timeout | undefined;
  const wrong = await new Promise<string | null>((resolve) => {
    timer = setTimeout(
      () => resolve(`it does not end: it has had ${loading_ms / 1000} s`),
      loading_ms,
    );
    thread.on('message', ({ wrong }: { readonly wrong: string | null }) => resolve(wrong));
    thread.on('error', (error) => resolve(messageOf(error)));
    thread.on('exit', () => resolve('it does not end: it waits for what never comes'));
  });
  clearTimeout(timer);
  await thread.terminate();
  if (wrong !== null) throw refuse('cli/unreadable', path, wrong);
}

const isFunctionTable = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((fn) => typeof fn === 'function');

/** What each part of a patch has to be. */
const parts: Readonly<
  Record<keyof Patch, readonly [what: string, is: (value: unknown) => boolean]>
> = {
  subject: ['a line of text', (value) => typeof value === 'string' && value !== ''],
  replaces: ['a table of functions', isFunctionTable],
  changes: ['a table of functions', isFunctionTable],
  adds: ['a table of functions', isFunctionTable],
  addsInline: ['a table of functions', isFunctionTable],
  removes: [
    'a list of names',
    (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  ],
  stubs: [
    'tables of functions',
    (value) =>
      typeof value === 'object' && value !== null && Object.values(value).every(isFunctionTable),
  ],
  drivers: ['a function', (value) => typeof value === 'function'],
  release: ['a table', (value) => typeof value === 'object' && value !== null],
};

/** Why something is no patch; null when it is one. */
function whatIsWrong(patch: unknown): string | null {
  if (patch === undefined) return 'it has no default export';
  if (typeof patch !== 'object' || patch === null) return 'its default export is no patch';
  if (!('subject' in patch)) return 'its patch has no subject';
  for (const [name, value] of Object.entries(patch)) {
    if (!Object.hasOwn(parts, name))
      return `its patch has a part "${name}", which is none of ${Object.keys(parts).join(', ')}`;
    const [what, is] = parts[name as keyof Patch];
    if (value !== undefined && !is(value)) return `${name} is not ${what}`;
  }
  return null;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}

function refuse(code: string, path: string, why: string, hint: string | null = null): UsageError {
  return new UsageError(code, `cannot use the patch ${path}: ${why}`, hint);
}
