// The package as somebody gets it: packed, and installed in an empty folder.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root, scratch } from './fwspec.ts';

const project = scratch();
const bin = (name: string): string => join(project, 'node_modules/.bin', name);
const installed = join(project, 'node_modules/fwspec');

function run(program: string, args: readonly string[], cwd = project) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

function install(...packages: readonly string[]): void {
  const { status, stderr } = run('npm', ['install', '--no-audit', '--no-fund', ...packages]);
  if (status !== 0) throw new Error(stderr);
}

beforeAll(() => {
  // What npm prints is mixed with what the build prints, coloured or not: the folder says what came.
  const { status, stderr } = run('npm', ['pack', '--pack-destination', project], root);
  if (status !== 0) throw new Error(stderr);
  const packed = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  expect(packed).toHaveLength(1);
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true }\n');
  install(...packed.map((name) => join(project, name)));
}, 300_000);

describe('the program', () => {
  test('is there, and needs nothing beside it', () => {
    expect(run(bin('fwspec'), ['--version']).stdout).toMatch(/^fwspec \d+\.\d+\.\d+\n$/);
    const { stdout } = run('npm', ['ls', '--all', '--parseable']);
    expect(stdout.trim().split('\n').length).toBe(2); // the project itself, and fwspec
  });

  test('checks the shipped example', () => {
    const example = join(installed, 'examples/arm64-virt-smmuv3');
    const { status, stdout, stderr } = run(bin('fwspec'), ['check', example, '--json']);
    expect(stderr).toBe('');
    expect([0, 1]).toContain(status);
    expect(JSON.parse(stdout).complete).toBe(true);
  });

  test.each(['none', '5.9.3'])('takes a patch where TypeScript is %s', (version) => {
    if (version !== 'none') install(`typescript@${version}`);
    copyFileSync(join(root, 'examples/patches/lock-the-parse.ts'), join(project, 'mine.ts'));
    const small = ['--driver', 'virtio-iommu', '--ignore', 'data-race', '--patch', 'mine.ts'];
    const args = ['explore', 'cover-letter', ...small];
    const { stdout, stderr } = run(bin('fwspec'), args);
    expect(stderr).toBe('');
    expect(stdout).toContain('kernel v6.7-rc1+mine');
  });
});

describe('the library', () => {
  const source = `import { explore, type Outcome } from 'fwspec/explore';
import { parseFdt } from 'fwspec/firmware';
import type { Patch } from 'fwspec/linux';
import * as all from 'fwspec';
export const used: [typeof explore, typeof parseFdt, keyof typeof all] = [explore, parseFdt, 'explore'];
export type Types = [Outcome, Patch];
// @ts-expect-error: it is no text
export const wrong: string = explore;
`;

  test.each(['5.9.3', '7.0.2'])('has types for TypeScript %s', (version) => {
    install(`typescript@${version}`);
    mkdirSync(join(project, 'src'), { recursive: true });
    writeFileSync(join(project, 'src/main.mts'), source);
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [] },
      ...{ module: 'nodenext', target: 'es2022', lib: ['es2023'] },
    };
    const config = { compilerOptions, files: ['src/main.mts'] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    const { status, stdout } = run(bin('tsc'), ['-p', '.']);
    expect([status, stdout]).toEqual([0, '']);
  });

  test('can be imported', () => {
    const script = "import { explore } from 'fwspec/explore'; console.log(typeof explore)";
    const { stdout } = run(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('function\n');
  });
});
