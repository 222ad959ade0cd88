// Files of a tree of Linux compiled: of a small one with C of its own, by the real compiler.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  architectureOf,
  compileLinux,
  type LinuxBuild,
} from '../../../src/cli/input/linux-tree.ts';
import { isInstalled } from '../../../src/cli/linux/toolchain.ts';
import { UsageError } from '../../../src/util/index.ts';
import { fwspec, scratch } from '../fwspec.ts';
import { listing } from '../judge/series.ts';
import { builtIn, clang, fakeTools, fakeTree, put, type Tools } from './fake.ts';

const path = process.env.PATH ?? '';
let cache = '';
let tools: Tools;

function use(more: Tools): Tools {
  tools = more;
  process.env.PATH = `${more.folder}:${path}`;
  return more;
}

beforeEach(() => {
  cache = scratch();
  process.env.XDG_CACHE_HOME = cache;
  use(fakeTools());
});

/** What the scenario links; nobody gets to read it. */
const unread = { 'drivers/iommu/iommu.c': '', 'drivers/iommu/of_iommu.c': '' };

const usual: LinuxBuild = { arch: 'arm64', llvm: 14, level: 'source' };
const both = ['drivers/one/one.c', 'drivers/two/two.c'];
const compile = (tree: string, files = both, how: Partial<LinuxBuild> = {}) =>
  compileLinux(tree, files, { ...usual, ...how });

async function refusal(work: Promise<unknown>): Promise<UsageError> {
  const error = await work.catch((caught: unknown) => caught);
  if (error instanceof UsageError) return error;
  throw new Error(`no refusal: ${error}`);
}

/** What is in the cache, locks and parts among it. */
const kept = (): string[] =>
  existsSync(join(cache, 'fwspec/linux'))
    ? readdirSync(join(cache, 'fwspec/linux'), { recursive: true }).map(String)
    : [];
/** How the trees in the cache are configured. */
const options = (): string[] =>
  kept()
    .filter((name) => name.endsWith('build/include/generated/autoconf.h'))
    .map((name) => readFileSync(join(cache, 'fwspec/linux', name), 'utf8'));
const halfDone = (): string[] => {
  const names = kept();
  return names.filter(
    (name) =>
      /parts\/|\.lock/.test(name) ||
      (/^trees\/\w+$/.test(name) && !names.includes(`${name}/build.done`)),
  );
};

test(clang === '' ? 'NOT COMPILED: there is no clang-14' : 'clang-14 is there', () => {
  expect(existsSync(clang)).toBe(clang !== '');
});

describe.skipIf(clang === '')('files of a tree', () => {
  test('are compiled as its makefile says, and nothing is written to the tree', async () => {
    const tree = fakeTree();
    const before = listing(tree);
    const { modules, compiler, release, digest } = await compile(tree);
    expect(modules.map(({ file }) => file)).toEqual(['drivers/one/one.ll', 'drivers/two/two.ll']);
    expect(modules[0]?.functions).toEqual(['twice', 'name', 'one']);
    expect([compiler, release]).toEqual(['clang 14', '9.8.7']);
    expect(digest).toMatch(/^[0-9a-f]{8}$/);
    expect(listing(tree)).toEqual(before);
    expect(halfDone()).toEqual([]);
  });

  test('are read as they are written, whatever the build optimises', async () => {
    const tree = fakeTree();
    const loads = async (level: LinuxBuild['level']): Promise<number> => {
      const [one] = (await compile(tree, both, { level })).modules;
      const [, body = ''] = /define[^\n]* @twice\(([^}]*)}/.exec(one?.text ?? '') ?? [];
      return body.split(' = load i32, i32* %').length - 1;
    };
    expect(await loads('source')).toBeGreaterThan(await loads('o2'));
    expect((await compile(tree, both, { level: 'merged' })).modules[0]?.text).toContain(
      '; merged\n',
    );
  });

  test('have places that begin where the tree does, in any cache', async () => {
    const tree = fakeTree();
    const first = await compile(tree);
    expect(first.modules[0]?.text).toContain('filename: "drivers/one/one.c"');
    process.env.XDG_CACHE_HOME = scratch();
    expect((await compile(tree)).digest).toBe(first.digest);
  });

  test('of a configured tree are compiled with its configuration, which stays as it is', async () => {
    const tree = fakeTree(builtIn);
    const before = listing(tree);
    await compile(tree);
    expect(options().join('')).toContain('#define OWN 1');
    expect(listing(tree)).toEqual(before);
  });

  test('of a tree configured for another architecture are compiled by defconfig, which is said', async () => {
    const config = '# Linux/x86 9.8.7 Kernel Configuration\nCONFIG_OWN=y\n';
    const notes: string[] = [];
    await compile(fakeTree({ '.config': config }), both, { note: (text) => notes.push(text) });
    expect(options().join('')).not.toContain('OWN');
    expect(notes.join()).toMatch(/Linux 9\.8\.7 is configured .*own \.config is for x86/);
  });

  test.each([
    ['arm64', '# Linux/arm64 9.8.7 Kernel Configuration\n', 'arm64'],
    ['x86', '# Linux/x86 9.8.7 Kernel Configuration\nCONFIG_64BIT=y\n', 'x86'],
    ['x86_64', '# Linux/x86_64 9.8.7 Kernel Configuration\n', 'x86'],
    [
      'x86 of 32 bits',
      '# Linux/x86 9.8.7 Kernel Configuration\n# CONFIG_64BIT is not set\n',
      'arm64',
    ],
    ['one that is not known', '# Linux/riscv 9.8.7 Kernel Configuration\n', 'arm64'],
    ['nothing', '', 'arm64'],
  ])(
    'of a tree configured for %s are taken to be for what it says, else arm64',
    (_what, config, arch) => {
      const tree = fakeTree(config === '' ? {} : { '.config': config });
      expect(architectureOf(tree, null)).toBe(arch);
      expect(architectureOf(tree, 'x86')).toBe('x86');
    },
  );

  test.each([
    'drivers/acpi/arm64/iort.c',
    'drivers/iommu/arm/arm-smmu/arm-smmu.c',
    'drivers/iommu/apple-dart.c',
  ])(
    'of arm64 alone (%s) are not compiled for x86, and nothing is built to find out',
    async (file) => {
      const tree = fakeTree({ [file]: '' });
      const { message } = await refusal(compile(tree, [file], { arch: 'x86' }));
      expect(message).toMatch(/is for arm64 only, not for x86$/);
      expect(kept()).toEqual([]);
    },
  );

  test('are found by the folder that somebody else built in', async () => {
    const tree = fakeTree();
    const build = scratch();
    put(build, { '.config': builtIn['.config'] ?? '' });
    symlinkSync(tree, join(build, 'source'));
    expect((await compile(build)).folder).toBe((await compile(tree)).folder);
  });
});

describe.skipIf(clang === '')('what was compiled', () => {
  test('is taken the second time, without a compiler', async () => {
    const tree = fakeTree();
    const { digest } = await compile(tree);
    const before = tools.calls().length;
    expect(before).toBe(2);
    expect((await compile(tree)).digest).toBe(digest);
    expect(tools.calls()).toHaveLength(before);
  });

  test.each<[what: string, file: string, text: string, recompiled: number]>([
    ['a file', 'drivers/two/two.c', 'int two(void) { return 22; }\n', 1],
    ['a header of one', 'include/linux/count.h', '#define STEP 3\n', 1],
    ['a header of both', 'drivers/two/two.h', '#define TWO 22\n', 2],
    ['another file', 'drivers/two/three.c', 'int three;\n', 0],
  ])('is compiled again when %s has changed', async (_what, file, text, recompiled) => {
    const tree = fakeTree();
    const { digest } = await compile(tree);
    const before = tools.calls().length;
    put(tree, { [file]: text });
    const after = await compile(tree);
    expect(tools.calls().length - before).toBe(recompiled);
    expect(after.digest === digest).toBe(recompiled === 0);
  });

  test.each([['modules'], ['inputs']])(
    'is not taken once somebody has written to its %s',
    async (part) => {
      const tree = fakeTree();
      const { digest } = await compile(tree);
      for (const name of kept())
        if (name.startsWith(`${part}/`))
          writeFileSync(join(cache, 'fwspec/linux', name), part === 'inputs' ? '{}' : '; nonsense');
      expect((await compile(tree)).digest).toBe(digest);
    },
  );

  test('is made once by two at the same time', async () => {
    const tree = fakeTree();
    const two = await Promise.all([compile(tree), compile(tree)]);
    expect(two[0]?.digest).toBe(two[1]?.digest);
    expect(listing(join(cache, 'fwspec/linux/prepared', '..')).join('\n')).toMatch(
      /^prepared [\d.]+ \d+ prepared\n?$/m,
    );
    expect(halfDone()).toEqual([]);
  });

  test('is made by the next when who was at it has been killed', async () => {
    const tree = fakeTree();
    const { digest } = await compile(tree);
    const [key = ''] = readdirSync(join(cache, 'fwspec/linux/trees'));
    rmSync(join(cache, 'fwspec/linux/trees', key, 'build.done'));
    rmSync(join(cache, 'fwspec/linux/inputs'), { recursive: true });
    rmSync(join(cache, 'fwspec/linux/trees', key, 'build/drivers'), { recursive: true });
    // No process has such a number.
    writeFileSync(join(cache, 'fwspec/linux/trees', `${key}.lock`), '99999999');
    mkdirSync(join(cache, 'fwspec/linux/parts/99999999-0'), { recursive: true });
    expect((await compile(tree)).digest).toBe(digest);
    expect(halfDone()).toEqual([]);
  });
});

describe.skipIf(clang === '')('changed copies of files', () => {
  test.each<[what: string, file: string, text: string]>([
    ['a file', 'drivers/two/two.c', 'int two(void) { return 22; }\n'],
    ['a header that is looked for', 'include/linux/count.h', '#define STEP 3\n'],
    ['a header beside it', 'drivers/one/one.h', '#define ONE 11\n'],
    ['a header by way of another folder', 'drivers/two/two.h', '#define TWO 22\n'],
  ])('stand for those of the tree: %s', async (_what, file, text) => {
    const tree = fakeTree();
    const before = listing(tree);
    const plain = await compile(tree);
    const overlay = put(scratch(), { [file]: text });
    const changed = await compile(tree, both, { overlay });
    expect(listing(tree)).toEqual(before);
    put(tree, { [file]: text });
    expect(changed.digest).not.toBe(plain.digest);
    expect((await compile(tree)).digest).toBe(changed.digest);
  });

  test('can be of files that the tree does not have', async () => {
    const overlay = put(scratch(), {
      'drivers/two/three.h': '#define THREE 3\n',
      'drivers/two/two.c': '#include "three.h"\nint two(void) { return THREE; }\n',
    });
    const { modules } = await compile(fakeTree(), both, { overlay });
    expect(modules[1]?.text).toContain('ret i32 3');
  });
});

describe.skipIf(clang === '')('is refused in one line, and nothing is left half-done:', () => {
  test.each<
    [what: string, tree: () => string, how: Partial<LinuxBuild>, files: string[], says: RegExp]
  >([
    [
      'what is no folder',
      () => join(fakeTree(), 'Makefile'),
      {},
      both,
      /is no kernel tree: it is no folder/,
    ],
    ['a folder of something else', scratch, {}, both, /is no kernel tree: it has no Makefile/],
    [
      'another makefile',
      () => put(scratch(), { Makefile: 'all:\n' }),
      {},
      both,
      /says no version of Linux/,
    ],
    ['what is not there', () => join(scratch(), 'nowhere'), {}, both, /nowhere: it does not exist/],
    ['a file that is not there', fakeTree, {}, ['drivers/three.c'], /has no drivers\/three\.c/],
    ['a file outside', fakeTree, {}, ['drivers/../../x.c'], /is no file of a tree/],
    ['a command for a file', fakeTree, {}, ['x;touch y.c'], /is no file of a tree/],
    [
      'an old clang',
      () => fakeTree({ 'scripts/min-tool-version.sh': 'echo 15.0.0\n' }),
      {},
      both,
      /this kernel wants clang 15 or newer/,
    ],
    ['a clang that is not there', fakeTree, { llvm: 17 }, both, /clang 17 is not installed/],
    [
      'a tree that cannot be configured',
      () =>
        fakeTree({
          Makefile:
            'VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\ndefconfig:\n\t@echo "bison: not found" >&2; false\n',
        }),
      {},
      both,
      /does not build: make defconfig: bison: not found/,
    ],
    [
      'a file that the tree does not build',
      () => fakeTree({ 'drivers/two/two.broken': '' }),
      {},
      both,
      /does not build: make drivers\/one\/one\.ll and 1 more: /,
    ],
    [
      'a file that the configuration has no use for',
      () => fakeTree({ 'drivers/acpi/viot.c': 'int viot;\n' }),
      {},
      ['drivers/acpi/viot.c'],
      /is configured without CONFIG_ACPI_VIOT, which drivers\/acpi\/viot\.c is for$/,
    ],
    [
      'a file that does not compile',
      () => fakeTree({ 'drivers/two/two.c': 'int two(void) { return THREE; }\n' }),
      {},
      both,
      /drivers\/two\/two\.c:1:24: error: .*THREE/,
    ],
    [
      'a changed copy that does not compile',
      fakeTree,
      { overlay: put(scratch(), { 'drivers/two/two.c': 'int broken(' }) },
      both,
      /clang 14 cannot compile drivers\/two\/two\.c: drivers\/two\/two\.c:1:12: error: /,
    ],
  ])('%s', async (_what, make, how, files, says) => {
    const tree = make();
    const before = existsSync(tree) && existsSync(join(tree, 'Makefile')) ? listing(tree) : null;
    const { message } = await refusal(compile(tree, files, how));
    expect(message).toMatch(says);
    expect(message).not.toMatch(/\n/);
    expect(message).not.toContain(cache);
    expect(halfDone()).toEqual([]);
    if (before !== null) expect(listing(tree)).toEqual(before);
  });

  test.each([['ld.lld'], ['llvm-objcopy']])('clang without %s', async (tool) => {
    use(fakeTools(17, [tool]));
    const { message, hint } = await refusal(compile(fakeTree(), both, { llvm: 17 }));
    expect(message).toBe(`clang 17 is installed without ${tool}-17`);
    expect(hint).toBe('apt-get install clang-17 lld-17 llvm-17');
  });

  test.skipIf(isInstalled('opt-18'))(
    'what opt would have to merge, where there is no opt',
    async () => {
      const { folder } = fakeTools(18, ['opt']);
      process.env.PATH = `${folder}:/usr/bin:/bin`;
      const refused = await refusal(compile(fakeTree(), both, { llvm: 18, level: 'merged' }));
      expect(refused.message).toBe('--level merged needs opt-18, which is not installed');
      expect(halfDone()).toEqual([]);
    },
  );

  test('a cache that cannot be written to', async () => {
    process.env.XDG_CACHE_HOME = join(fakeTree(), 'Makefile');
    expect((await refusal(compile(fakeTree()))).message).toMatch(/^cannot keep compiled files in /);
  });
});

test.skipIf(clang === '')(
  'the newest clang that the kernel takes is taken when nobody says',
  async () => {
    use(fakeTools(18));
    expect((await compile(fakeTree(), both, { llvm: null })).compiler).toBe('clang 18');
  },
);

test.skipIf(clang === '')('who ends a search ends it after compiling, too', async () => {
  let told = 0;
  const interruption = { onRequest: () => void told++ };
  await compile(fakeTree(), both, { interruption });
  interruption.onRequest();
  expect(told).toBe(1);
  expect((await compile(fakeTree())).compiler).toBe('clang 14');
});

test.skipIf(clang === '')(
  'a build that is interrupted ends at once and leaves nothing',
  async () => {
    // In a process of its own: who was interrupted once starts nothing again.
    const slow = fakeTree();
    put(slow, {
      Makefile: readFileSync(join(slow, 'Makefile'), 'utf8').replace(
        'prepare:\n',
        'prepare:\n\tsleep 600\n',
      ),
    });
    const args = ['explore', 'cover-letter', '--linux', put(slow, unread)];
    const env = { XDG_CACHE_HOME: cache, PATH: process.env.PATH ?? '' };
    const started = performance.now();
    const { code, stderr } = await fwspec(args, { env, interruptAfter: 6000 });
    expect(stderr).toMatch(/fwspec: interrupted before all was compiled\n$/);
    expect(code).toBe(2);
    expect(performance.now() - started).toBeLessThan(60_000);
    expect(readdirSync(join(cache, 'fwspec/linux/trees'))).toEqual([]);
  },
);
