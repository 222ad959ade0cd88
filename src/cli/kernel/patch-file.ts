import { register } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { apply, type Design, type Patch } from '../../linux/index.ts';
import { additions, designOf, isKernel } from '../../series/index.ts';
import { nearest, UsageError } from '../../util/index.ts';
import { hasCode } from '../system/io.ts';
import { inPackage } from '../system/package.ts';
import { refusePatch, whyOf } from './patch-check.ts';

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
    throw refusePatch('cli/patch-name', path, `${name} is a kernel already`, 'rename the file');
  }
  const patch = await loadPatch(path);
  try {
    return bounded(() => apply(name, base, patch));
  } catch (error) {
    throw refusePatch('cli/patch-does-not-apply', path, whyOf(error));
  }
}

/** What a patched kernel is called after: the file, without what follows its first dot. */
export function nameOf(path: string): string {
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
  let exported: { readonly default?: unknown };
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (error) {
    throw refusePatch('cli/unreadable', path, whyOf(error));
  }
  let wrong: string | null;
  try {
    wrong = bounded(() => whatIsWrong(exported.default));
  } catch (error) {
    wrong = hasCode(error, timedOut)
      ? whyOf(error)
      : 'its default export throws when it is looked at';
  }
  if (wrong !== null) throw refusePatch('cli/no-patch', path, wrong);
  return exported.default as Patch;
}

/** How long what a patch does while it is applied may take, in milliseconds. */
const applying_ms = 10_000;
const timedOut = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Do something in which somebody else's functions are called. */
function bounded<T>(work: () => T): T {
  try {
    return runInNewContext('work()', { work }, { timeout: applying_ms }) as T;
  } catch (error) {
    // It is an error of the other context: no Error here.
    if ((error as { readonly code?: unknown } | null)?.code !== timedOut) throw error;
    const message = `what it does when it is applied does not end: it has had ${applying_ms / 1000} s`;
    throw Object.assign(new Error(message), { code: timedOut });
  }
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
