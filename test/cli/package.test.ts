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
    expect(paths).toContain('dist/cli/search/search-thread.js');
  });

  test('all documentation', () => {
    const pages = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ''));
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.filter((page) => !paths.includes(page))).toEqual([]);
  });

  test('no source, test or trace of the build', () => {
    const known =
      /^(?:dist|docs|examples|share)\/|^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json)$/;
    expect(paths.filter((path) => !known.test(path))).toEqual([]);
    expect(paths.filter((path) => /tsbuildinfo|^dist\/bench|\.test\./.test(path))).toEqual([]);
  });
});
