import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
}

/** The JavaScript of a TypeScript file, by the compiler that is installed. Types are not checked. */
function compiled(path: string): string {
  const compiler = compilerFor(path);
  if (compiler === null) {
    throw new Error(
      `Node.js ${process.versions.node} cannot run TypeScript: install typescript beside it, use Node.js 22.18 or newer, or write it as .mjs`,
    );
  }
  const out = mkdtempSync(join(tmpdir(), 'fwspec-patch-'));
  try {
    const options = [
      '--noCheck',
      '--noResolve',
      '--target',
      'es2022',
      '--module',
      'esnext',
      '--verbatimModuleSyntax',
    ];
    const where = ['--rootDir', dirname(path), '--outDir', out, '--ignoreConfig'];
    const { stdout } = spawnSync(process.execPath, [compiler, path, ...options, ...where], {
      cwd: out,
      encoding: 'utf8',
    });
    const error = /^.*error TS\d+: .*$/m.exec(stdout);
    if (error !== null) throw new Error(error[0]);
    const [file = ''] = readdirSync(out);
    return readFileSync(join(out, file), 'utf8');
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** The compiler beside the file, or the one beside fwspec. */
function compilerFor(path: string): string | null {
  for (const from of [path, fileURLToPath(import.meta.url)]) {
    try {
      const description = createRequire(from).resolve('typescript/package.json');
      return join(dirname(description), 'bin', 'tsc');
    } catch {
      // not there: look further
    }
  }
  return null;
}
