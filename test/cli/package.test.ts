// What is in the package. package.slow.test.ts installs it.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './fwspec.ts';

const packed = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as { readonly files: readonly { readonly path: string }[] }[];
const paths = (packed[0]?.files ?? []).map(({ path }) => path);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly man: string;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly keywords: readonly string[];
};

describe('the package has', () => {
  test('what its manifest names', () => {
    const named = [...Object.values(manifest.bin), manifest.man];
    for (const { types, default: module } of Object.values(manifest.exports))
      named.push(types, module);
    for (const path of named) expect(paths).toContain(path.replace('./', ''));
    expect(manifest.keywords.length).toBeGreaterThan(5);
  });

  test('what the program reads of it', () => {
    for (const path of ['share/capture.sh', 'docs/reference/verdicts.json', 'dist/vendor/LICENSES'])
      expect(paths).toContain(path);
    expect(paths).toContain('dist/vendor/patch-hooks.js');
    expect(paths).toContain('dist/cli/piece-thread.js');
  });

  test('all documentation', () => {
    const pages = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ''));
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.filter((page) => !paths.includes(page))).toEqual([]);
  });

  test('no module twice: bundles that share one import it', async () => {
    const load = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
      await import(join(root, 'dist', name));
    const [all, ...parts] = await Promise.all(
      ['index.js', 'explore/index.js', 'firmware/index.js', 'linux/index.js'].map(load),
    );
    const shared = Object.entries(all ?? {}).filter(([name]) => parts.some((part) => name in part));
    expect(shared.length).toBeGreaterThan(5);
    for (const [name, value] of shared)
      expect(parts.find((part) => name in part)?.[name]).toBe(value);
  });

  test.each([
    [
      '--version and usage',
      'cli/main.js',
      /^(?:cli\/main|parts\/(?:start|util|rolldown-runtime))$/,
    ],
    [
      'the explorer',
      'explore/index.js',
      /^(?:explore\/index|parts\/(?:explore|explore-search|util|rolldown-runtime))$/,
    ],
    [
      'the readers',
      'firmware/index.js',
      /^(?:firmware\/index|parts\/(?:firmware|util|rolldown-runtime))$/,
    ],
  ])('few files for %s', (_what, entry, wanted) => {
    const reached = new Set([`dist/${entry}`]);
    for (const path of reached)
      for (const [, to = ''] of read(path).matchAll(/\bfrom ?["'](\.[^"']+)/g))
        reached.add(join(path, '..', to));
    const names = [...reached].map((path) => path.replace(/^dist\/|\.js$/g, ''));
    expect(names.filter((name) => !wanted.test(name))).toEqual([]);
  });

  test('no source, test or trace of the build', () => {
    const known =
      /^(?:dist|docs|examples|share)\/|^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json)$/;
    expect(paths.filter((path) => !known.test(path))).toEqual([]);
    expect(paths.filter((path) => /tsbuildinfo|^dist\/bench|\.test\./.test(path))).toEqual([]);
  });
});
