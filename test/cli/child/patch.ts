import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, fwspec, root, scratch, withoutTime } from '../fwspec.ts';

const parse = 'examples/patches/lock-the-parse.ts';
const everything = 'examples/patches/lock-everything.mjs';
const cheap = ['--driver', 'virtio-iommu', '--ignore', 'data-race'];

/** A file with a patch, or with something that is none. */
function file(name: string, source: string): string {
  const path = join(scratch(), name);
  writeFileSync(path, source);
  return path;
}

async function bugsOf(patch: string): Promise<{ kernel: string; ids: string[]; tokens: string[] }> {
  const args = ['explore', 'cover-letter', ...cheap, '--patch', patch, '--json'];
  const { stdout, stderr } = await fwspec(args);
  expect(stderr).toBe('');
  const { kernel, bugs } = JSON.parse(stdout) as {
    kernel: string;
    bugs: { id: string; token: string }[];
  };
  return { kernel, ids: bugs.map(({ id }) => id), tokens: bugs.map(({ token }) => token) };
}

describe.concurrent('the guide', () => {
  const path = join(root, 'docs/guide/write-a-patch.md');

  test('shows what fwspec prints, and the patches as they are', async () => {
    let guide = readFileSync(path, 'utf8');
    const blocks = [...guide.matchAll(/```console\n\$ fwspec (.*)\n(?:.*\n)*?```/g)];
    expect(blocks.length).toBeGreaterThan(3);
    const results = await Promise.all(blocks.map(([, command = '']) => fwspec(command.split(' '))));
    for (const [i, [block, command = '']] of blocks.entries()) {
      const { stdout = '', stderr, code } = results[i] ?? {};
      // A page that is written anew must not take a failure down as what is printed.
      expect({ command, stderr, code }).toEqual({ command, stderr: '', code: 1 });
      expect(stdout).not.toMatch(/^error in /m);
      const output = withoutTime(stdout);
      guide = guide.replace(block, () => `\`\`\`console\n$ fwspec ${command}\n${output}\`\`\``);
    }
    for (const [language, patch] of [
      ['ts', parse],
      ['js', everything],
    ] as const) {
      const source = readFileSync(join(root, patch), 'utf8');
      guide = guide.replace(
        new RegExp(`\`\`\`${language}\n(?:.*\n)*?\`\`\``),
        () => `\`\`\`${language}\n${source}\`\`\``,
      );
    }
    await expect(guide).toMatchFileSnapshot(path);
  });

  const crash = 'null-deref:iommu_fwspec_init:dev->iommu';

  test('the first attempt removes the crash of the cover letter, not that after the parse', async () => {
    const { kernel, ids } = await bugsOf(parse);
    expect(kernel).toBe('v6.7-rc1+lock-the-parse');
    expect(ids).not.toContain(crash);
    expect(ids).toContain('null-deref:of_iommu_configure:dev->iommu');
  });

  test('the second attempt waits for itself', async () => {
    const { ids } = await bugsOf(everything);
    expect(ids.filter((id) => /^(?:null-deref|use-after-free):/.test(id))).toEqual([]);
    expect(ids).toContain('deadlock:__iommu_probe_device:iommu_probe_device_lock');
  });
});

describe.concurrent('a patched kernel', () => {
  test('prints a command that replays a witness as it stands', async () => {
    const { stdout } = await fwspec(['explore', 'cover-letter', ...cheap, '--patch', parse]);
    const [, command = ''] = /^replay: fwspec (.*)$/m.exec(stdout) ?? [];
    const again = await fwspec(command.split(' '));
    expect({ stderr: again.stderr, code: again.code }).toEqual({ stderr: '', code: 1 });
    expect(again.stdout).toContain(`replay: fwspec ${command}\n`);
  });

  test('replays its tokens byte for byte, with the patch', async () => {
    const [token = ''] = (await bugsOf(parse)).tokens;
    const [one, two] = await Promise.all(
      [1, 2].map(() => fwspec(['replay', token, '--patch', parse])),
    );
    expect(one?.stdout).toContain('kernel v6.7-rc1+lock-the-parse   replay');
    expect(two).toEqual(one);
    expect(one?.code).toBe(1);
    const { stderr, code } = await fwspec(['replay', token]);
    expect(stderr).toMatch(
      /^fwspec: v6\.7-rc1\+lock-the-parse is v6\.7-rc1 with .*--patch; fwspec list kernels .*\)\n$/,
    );
    expect(code).toBe(2);
    const other = await fwspec(['replay', token, '--patch', everything]);
    expect(other.stderr).toMatch(/"lock-the-parse", not "lock-everything"/);
  });

  test('is compared with the kernel it is for, the same in threads', async () => {
    const args = ['compare', '--scenarios', 'cover-letter', '--drivers', 'virtio-iommu'];
    const more = ['--ignore', 'data-race', '--patch', parse, '--json'];
    const [alone, threads] = await Promise.all(
      ['1', '2'].map((jobs) => fwspec([...args, ...more, '--jobs', jobs])),
    );
    expect(threads).toEqual(alone);
    const { rows } = JSON.parse(alone?.stdout ?? '') as { rows: { kernel: string }[] };
    expect(rows.map(({ kernel }) => kernel)).toEqual(['v6.7-rc1', 'v6.7-rc1+lock-the-parse']);
  });

  test.each([
    ['inspect', 'v6.7+nothing'],
    ['check', { name: 'v6.7+nothing' }],
  ])('can be any kernel: %s', async (command, kernel) => {
    const nothing = file('nothing.js', "export default { subject: 'change nothing' };");
    const args = [fixture('a64-dt-none'), '--patch', nothing, '--kernel', 'v6.7', '--json'];
    const { stdout, stderr } = await fwspec([command, ...args]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ kernel });
  });

  test('may import other files, types or not', async () => {
    const folder = scratch();
    writeFileSync(
      join(folder, 'subject.ts'),
      "export const subject: string = 'in two files';\nexport interface Unused {}\n",
    );
    writeFileSync(
      join(folder, 'two.ts'),
      "import { subject, type Unused } from './subject.ts';\nimport type { Patch } from 'fwspec';\nexport default { subject } satisfies Patch;\n",
    );
    expect((await bugsOf(join(folder, 'two.ts'))).kernel).toBe('v6.7-rc1+two');
  });
});

describe.concurrent('a patch in TypeScript', () => {
  // What a project has installed is its own matter: neither of these is a compiler.
  const withCompiler = (version: string): string => {
    const folder = scratch();
    const compiler = join(folder, 'node_modules/typescript');
    mkdirSync(join(compiler, 'bin'), { recursive: true });
    writeFileSync(join(compiler, 'package.json'), JSON.stringify({ name: 'typescript', version }));
    writeFileSync(join(compiler, 'bin/tsc'), 'throw new Error("called")');
    return folder;
  };
  test.each([
    ['a project without a compiler', scratch()],
    ['a project with TypeScript 5', withCompiler('5.9.3')],
    ['a project with TypeScript 7', withCompiler('7.0.2')],
  ])('can be in %s', async (_what, folder) => {
    const path = join(folder, 'mine.ts');
    copyFileSync(join(root, parse), path);
    const { kernel, ids } = await bugsOf(path);
    expect(kernel).toBe('v6.7-rc1+mine');
    expect(ids).toEqual((await bugsOf(parse)).ids);
  });
});

describe.concurrent('a patch is refused in one line', () => {
  const patch = (parts: string): string => `export default { ${parts} };`;
  test.each<[string, string, string, RegExp]>([
    ['that has no default export', 'p.mjs', 'export const patch = {};', /no default export/],
    ['that is no object', 'p.mjs', 'export default 1;', /is no patch/],
    ['without a subject', 'p.mjs', patch(''), /no subject/],
    ['with a part that there is not', 'p.mjs', patch("subject: 's', replace: {}"), /"replace"/],
    ['with no function where one belongs', 'p.mjs', patch("subject: 's', adds: { f: 1 }"), /adds/],
    [
      'that replaces what is not there',
      'p.mjs',
      patch("subject: 's', replaces: { no_such_function() {} }"),
      /does not apply to v6\.7-rc1: there is no no_such_function/,
    ],
    ['that throws', 'p.mjs', "throw new Error('on its own')", /on its own/],
    ['that throws null', 'p.mjs', 'throw null', /patch .*: null/],
    ['that loads for ever', 'p.mjs', 'for (;;);', /does not end/],
    ['that waits for nothing', 'p.mjs', 'await new Promise(() => {});', /waits for what never/],
    ['that ends the program', 'p.mjs', 'process.exit(0);', /it ends the program/],
    ['that changes Array', 'p.mjs', 'Array.prototype.push = () => 0;', /Array\.prototype\.push/],
    ['that leaves a timer', 'p.mjs', 'setInterval(() => {}, 9);', /something running \(Timeout\)/],
    ['that imports what is not there', 'p.mjs', "import './none.mjs';", /Cannot find module/],
    [
      'that throws when it is looked at',
      'p.mjs',
      'export default new Proxy({}, { get() { throw 1; }, has() { throw 1; } });',
      /throws when it is looked at/,
    ],
    ['that is no JavaScript', 'p.mjs', 'this is not', /cannot use the patch/],
    ['that is no TypeScript', 'p.ts', 'this is not', /cannot use the patch .*p\.ts/],
  ])('%s', async (_what, name, source, says) => {
    const args = ['explore', 'cover-letter', ...cheap, '--max-executions', '1'];
    const { code, stdout, stderr } = await fwspec([...args, '--patch', file(name, source)]);
    expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/internal error| at .*\.(?:js|ts):/);
    expect([stdout, code]).toEqual(['', 2]);
  });

  test.each<[string, string[], RegExp]>([
    ['that does not exist', ['--patch', 'no/such.ts'], /no\/such\.ts: it does not exist/],
    [
      'beside one of nearly that name',
      ['--patch', parse.replace('lock', 'lcok')],
      /did you mean examples\/patches\/lock-the-parse\.ts\?/,
    ],
    ['that is a directory', ['--patch', 'examples'], /it is a directory/],
    ['that is a device', ['--patch', '/dev/zero'], /it is no ordinary file/],
    ['beside a checkpoint', ['--patch', parse, '--checkpoint', 'no-such-file'], /--checkpoint/],
    ['that a kernel is named after but that is missing', ['--kernel', 'v6.7+mine'], /--patch/],
  ])('%s', async (_what, args, says) => {
    const { code, stdout, stderr } = await fwspec(['explore', 'cover-letter', ...args]);
    expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect([stdout, code]).toEqual(['', 2]);
  });
});

describe.concurrent('a function of a patch', () => {
  const doing = (body: string): string[] => {
    const source = `export default { subject: 's', replaces: { *iommu_fwspec_init() { ${body} } } };`;
    return ['explore', 'cover-letter', ...cheap, '--patch', file('p.mjs', source)];
  };

  test('that goes on for ever is given up some seconds after the time is over', async () => {
    const { code, stdout, stderr } = await fwspec([...doing('for (;;);'), '--max-seconds', '1']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fwspec: given up: something in .* goes on for ever without a step\n$/);
  });

  test('that ends the program is not a search that found nothing', async () => {
    const { code, stdout, stderr } = await fwspec(doing('process.exit(0);'));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fwspec: given up: something in .* ends the program\n$/);
  });

  test('that throws is a bug', async () => {
    const { code, stdout } = await fwspec([...doing('throw null;'), '--json']);
    expect(code).toBe(1);
    expect(stdout).toContain('throws something: null');
  });
});
