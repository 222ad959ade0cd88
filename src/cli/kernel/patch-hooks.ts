import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'sucrase';

// How a user's patch is loaded, wherever it lies: `fwspec` in it is this fwspec, whose cells and
// locks the model uses, and TypeScript is made JavaScript where Node.js does not do that itself.

interface Context {
  readonly parentURL?: string;
}
type Next<T> = (what: string, context: Context) => Promise<T>;

export function resolve(
  specifier: string,
  context: Context,
  next: Next<{ readonly url: string }>,
): Promise<{ readonly url: string }> {
  const ours = specifier === 'fwspec' || specifier.startsWith('fwspec/');
  return next(specifier, ours ? { ...context, parentURL: import.meta.url } : context);
}

interface Loaded {
  readonly format: string;
  readonly source?: unknown;
  readonly shortCircuit?: boolean;
}

export async function load(url: string, context: Context, next: Next<Loaded>): Promise<Loaded> {
  const typescript = url.startsWith('file:') && /\.m?ts$/.test(url);
  if (!typescript || 'typescript' in process.features) return await next(url, context);
  return { format: 'module', source: await compiled(fileURLToPath(url)), shortCircuit: true };
}

/** The JavaScript of a TypeScript file. Types are not checked, whatever compiler its project has. */
async function compiled(path: string): Promise<string> {
  const source = await readFile(path, 'utf8');
  return transform(source, { transforms: ['typescript'], disableESTransforms: true }).code;
}
