import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exampleDrivers, scenarios } from '../../../src/scenarios/index.ts';
import { mainKernels } from '../../../src/series/index.ts';
import { fwspec, interrupted, root, scratch } from '../fwspec.ts';
import { wrongIn } from './documents.ts';

interface Row {
  readonly kernel: string;
  readonly scenario: string;
  readonly driver?: string;
  readonly verdict: string;
  readonly bugs: string[];
  readonly executions: number;
  readonly complete: boolean;
}

async function rowsOf(args: readonly string[]): Promise<{ code: number | null; rows: Row[] }> {
  const { code, stdout, stderr } = await fwspec(['compare', ...args, '--json']);
  expect(stderr).toBe('');
  const document = JSON.parse(stdout);
  expect(wrongIn('compare', document)).toEqual([]);
  return { code, rows: document.rows };
}

const few = ['--max-executions', '2'];
const small = ['--scenarios', 'cover-letter', '--ignore', 'data-race'];

describe.concurrent('the cells', () => {
  test('are every kernel and every scenario, unless told otherwise', async () => {
    const { rows } = await rowsOf([...few, '--jobs', '1']);
    const names = new Set(rows.map(({ scenario }) => scenario));
    expect([...names]).toEqual(scenarios.map(({ name }) => name));
    for (const name of names) {
      const kernels = rows.filter(({ scenario }) => scenario === name).map(({ kernel }) => kernel);
      expect(kernels).toEqual(mainKernels);
    }
    for (const { driver } of rows) expect(driver).toBeUndefined();
  });

  test('are those asked for, in the order asked for', async () => {
    const { rows } = await rowsOf([
      ...['--kernels', 'v6.7,v6.7-rc1', '--scenarios', 'two-iommus,cover-letter'],
      ...['--drivers', 'apple-dart,virtio-iommu', ...few],
    ]);
    expect(rows.map((row) => [row.scenario, row.driver, row.kernel].join(' '))).toEqual([
      'two-iommus apple-dart v6.7',
      'two-iommus apple-dart v6.7-rc1',
      'two-iommus virtio-iommu v6.7',
      'two-iommus virtio-iommu v6.7-rc1',
      'cover-letter apple-dart v6.7',
      'cover-letter apple-dart v6.7-rc1',
      'cover-letter virtio-iommu v6.7',
      'cover-letter virtio-iommu v6.7-rc1',
    ]);
  });

  test('--drivers alone is one driver of each kind', async () => {
    const { rows } = await rowsOf([...small, '--kernels', 'v6.7', ...few, '--drivers']);
    const drivers = rows.map(({ driver }) => driver ?? '');
    expect(drivers.length).toBeGreaterThan(2);
    for (const driver of drivers) expect(exampleDrivers).toContain(driver);
  });

  test('are at least one: a comparison of nothing is refused', async () => {
    const off = ['--kconfig', 'CONFIG_ARM_SMMU_V3=n'];
    for (const nothing of [off, ['--drivers', 'intel-iommu']]) {
      const { code, stderr } = await fwspec(['compare', ...small, ...nothing]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('nothing to compare')]);
    }
  });

  test('say what explore says', async () => {
    const one = ['--ignore', 'data-race', '--json'];
    const explored = await fwspec(['explore', 'cover-letter', '--kernel', 'v6.7', ...one]);
    const { bugs, verdict, executions, complete } = JSON.parse(explored.stdout);
    const ids = bugs.map(({ id }: { id: string }) => id);
    const { code, rows } = await rowsOf([...small, '--kernels', 'v6.7']);
    expect(rows).toEqual([
      { kernel: 'v6.7', scenario: 'cover-letter', verdict, bugs: ids, executions, complete },
    ]);
    expect(code).toBe(1);
  });
});

describe.concurrent('exit codes', () => {
  const quiet = [...small, '--ignore', 'property', '--kernels', 'v6.7'];
  test.each<[string, string[], number]>([
    ['every search complete and clean', quiet, 0],
    ['a bug', [...small, '--kernels', 'v6.7'], 1],
    ['a bug in a search that was cut short', [...small, '--max-executions', '60'], 1],
    ['a search that was cut short', [...quiet, ...few], 3],
    ['an unknown kernel', ['--kernels', 'v6.7,v1'], 2],
    ['an unknown scenario', ['--scenarios', 'no-such'], 2],
    ['an unknown driver', ['--drivers', 'no-such'], 2],
    ['an empty name', ['--kernels', 'v6.7,'], 2],
    ['an operand', ['cover-letter'], 2],
    ['--kernel', ['--kernel', 'v6.7'], 2],
    ['a witness format', ['--format', 'html'], 2],
    ['two formats', ['--format', 'markdown', '--json'], 2],
    ['--bisect on other kernels', ['--bisect', '--kernels', 'v6.7'], 2],
    ['--bisect as Markdown', ['--bisect', '--format', 'markdown'], 2],
  ])('%s', async (_what, args, expected) => {
    const { code, stdout, stderr } = await fwspec(['compare', ...args]);
    expect(code).toBe(expected);
    if (expected !== 2) return;
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
  });
});

test('the output is the same for any number of jobs', async () => {
  const args = ['compare', '--drivers', 'apple-dart,virtio-iommu', ...few, '--all'];
  const [one, three] = await Promise.all([
    fwspec([...args, '--jobs', '1']),
    fwspec([...args, '--jobs', '3']),
  ]);
  expect(one.stdout).not.toBe('');
  expect(three).toEqual(one);
});

test('--format json is --json', async () => {
  const args = ['compare', ...small, ...few];
  expect(await fwspec([...args, '--format', 'json'])).toEqual(await fwspec([...args, '--json']));
});

describe('the stored table', () => {
  // A program of its own, whose model the table is of.
  const folder = scratch();
  beforeAll(() => {
    for (const part of ['dist', 'docs/reference', 'package.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
  });
  const stored = join(folder, 'docs/reference/verdicts.json');
  const program = join(folder, 'dist/cli/main.js');
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  const digestOf = (modules: string): string => {
    const source = `import('${root}tools/model-digest.mjs').then((m) => console.log(m.modelDigest('${modules}')))`;
    return run('-e', source).stdout.trim();
  };
  const keep = (model: string): Row[] => {
    const { rows } = JSON.parse(readFileSync(stored, 'utf8')) as { rows: Row[] };
    writeFileSync(stored, JSON.stringify({ model, rows }));
    return rows;
  };

  test('is shown where nothing else was asked for, and the model is that of the table', () => {
    const rows = keep(digestOf(join(folder, 'dist/modules')));
    const { status, stdout, stderr } = run(program, 'compare', '--json');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/stored.*verdicts\.md.*--fresh/)]);
    expect(JSON.parse(stdout).rows).toEqual(rows);
  });

  test('is of another model when any file of the model is another', () => {
    const modules = join(folder, 'dist/modules');
    const before = digestOf(modules);
    expect(before).toMatch(/^[\da-f]{16}$/);
    expect(digestOf(modules)).toBe(before);
    appendFileSync(join(modules, 'linux/drivers/iommu/iommu.js'), '// changed\n');
    expect(digestOf(modules)).not.toBe(before);
    keep(digestOf(modules));
    const args = ['compare', ...few, '--kernels', 'v6.7', '--scenarios', 'cover-letter'];
    expect(run(program, ...args, '--json').stderr).toBe('');
  });
});

test('after Ctrl-C the cells that were not looked at are there, and are not clean', async () => {
  const { code, stdout } = await interrupted(['compare', '--fresh', '--json', '--jobs', '2']);
  expect([1, 3]).toContain(code);
  const { rows } = JSON.parse(stdout) as { rows: Row[] };
  const missing = rows.filter(({ executions }) => executions === 0);
  expect(missing.length).toBeGreaterThan(0);
  for (const { verdict, complete } of missing)
    expect([verdict, complete]).toEqual(['incomplete', false]);
  expect(new Set(rows.map(({ scenario }) => scenario)).size).toBe(scenarios.length);
});

test('--bisect goes from the base on and says what is there', async () => {
  const { code, stdout } = await fwspec([
    'compare',
    '--bisect',
    ...small,
    '--max-executions',
    '60',
  ]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fwspec-v2\/0: there from the start\n {2}has {5}\S+:/);
});
