import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UsageError } from '../../util/index.ts';
import { kindOf, nearFile, notAFile, readBytes } from '../system/io.ts';
import { inPackage } from '../system/package.ts';

/** How long a patch may take to load, in milliseconds. */
const loading_ms = 10_000;

/**
 * Look at the file of a patch, and load it in a thread first, which can be ended.
 *
 * @throws UsageError when there is no such file, or loading it does not end or leaves something behind
 */
export async function checkPatch(path: string): Promise<void> {
  const file = resolve(path);
  const found = kindOf(file);
  if (found !== 'file') {
    const hint = found === 'nothing' ? nearFile(path) : null;
    throw refusePatch('cli/unreadable', path, notAFile[found], hint);
  }
  // A log that waits for more, or a file that is larger than any patch.
  readBytes(path);
  const wrong = await probed(pathToFileURL(file).href);
  if (wrong !== null) throw refusePatch('cli/unreadable', path, wrong);
}

async function probed(url: string): Promise<string | null> {
  const workerData = { url, hooks: inPackage('dist/vendor/patch-hooks.js').href };
  const thread = new Worker(inPackage('dist/cli/patch-probe.js'), { workerData, stdout: true });
  let timer: NodeJS.Timeout | undefined;
  const wrong = await new Promise<string | null>((resolve) => {
    timer = setTimeout(
      () => resolve(`it does not end: it has had ${loading_ms / 1000} s`),
      loading_ms,
    );
    thread.on('message', ({ wrong }: { readonly wrong: string | null }) => resolve(wrong));
    thread.on('error', (error) => resolve(whyOf(error)));
    thread.on('exit', () => resolve('it does not end: it waits for what never comes'));
  });
  clearTimeout(timer);
  await thread.terminate();
  return wrong;
}

/** The first line of an error of somebody else's. */
export function whyOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}

export function refusePatch(
  code: string,
  path: string,
  why: string,
  hint: string | null = null,
): UsageError {
  return new UsageError(code, `cannot use the patch ${path}: ${why}`, hint);
}
