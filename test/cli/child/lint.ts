// fwspec lint as people and builds call it.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fwspec, root, scratch } from '../fwspec.ts';
import { wrongIn } from './documents.ts';

const fixtures = join(root, 'test/fixtures/dtb');
const short = 'dtb-plat-short.dtb';
const good = 'a64-dt-smmu-rp.dtb';
const length = 'dtb-map-badlen.dtb';

/** A folder with these devicetrees in it. */
function folderWith(...names: readonly string[]): string {
  const folder = scratch();
  for (const name of names) cpSync(join(fixtures, name), join(folder, name));
  return folder;
}

const lint = (cwd: string, ...args: readonly string[]) => fwspec(['lint', ...args], { cwd });

describe.concurrent('lint exits with', () => {
  test.each<[string, string[], number]>([
    ['0 where nothing is wrong', [good], 0],
    ['1 where there is an error', [good, short], 1],
    ['2 where a file cannot be read, whatever is in others', [short, 'none.dtb'], 2],
    ['0 where errors are left out', [short, '--ignore', 'iommus-short'], 0],
    ['0 where another rule is asked for', [short, '--rule', 'iommu-self,iommus-dangling'], 0],
    ['1 where its rule is asked for', [short, '--rule', 'IOMMUS-SHORT'], 1],
    ['2 for a rule that is none', [short, '--rule', 'iommus-shirt'], 2],
    ['2 for a kernel that is none', [good, '--kernel', 'v99'], 2],
    ['2 without a file', [], 2],
    ['2 for a folder without machines', ['empty'], 2],
  ])('%s', async (_what, args, code) => {
    const folder = folderWith(good, short);
    mkdirSync(join(folder, 'empty'));
    const result = await lint(folder, ...args);
    expect(result.code).toBe(code);
    if (code === 2 && args.length < 2) expect(result.stderr).toMatch(/^fwspec: [^\n]+\n$/);
  });
});

describe.concurrent('lint of many files', () => {
  test('goes on behind one that cannot be read, in the order given', async () => {
    const folder = folderWith(good, short, length);
    writeFileSync(join(folder, 'broken.dtb'), Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0));
    const { code, stdout } = await lint(folder, short, 'broken.dtb', length, '--json');
    const document = JSON.parse(stdout);
    expect(wrongIn('lint', document)).toEqual([]);
    expect(code).toBe(2);
    expect(document.files).toMatchObject([
      { file: short, error: null, findings: [{ rule: 'iommus-short', file: short }] },
      { file: 'broken.dtb', error: expect.stringMatching(/^broken\.dtb: .*expected/) },
      { file: length, error: null, findings: [{ rule: 'iommu-map-length' }] },
    ]);
  });

  test('calls what a source includes from where the source is called from', async () => {
    const folder = scratch();
    mkdirSync(join(folder, 'boards'));
    mkdirSync(join(folder, 'soc'));
    writeFileSync(
      join(folder, 'boards/a.dts'),
      '/dts-v1/;\n/include/ "../soc/soc.dtsi"\n/ { iommu@1 { phandle = <1>; #iommu-cells = <1>; }; };\n',
    );
    writeFileSync(join(folder, 'soc/soc.dtsi'), '/ {\n\tdma@2 { iommus = <1>; };\n};\n');
    const fileOf = async (cwd: string, path: string): Promise<string> =>
      JSON.parse((await lint(cwd, path, '--json')).stdout).findings[0].file;
    const below = join(folder, 'boards');
    expect(
      await Promise.all([
        fileOf(folder, 'boards/a.dts'),
        fileOf(folder, './boards/a.dts'),
        fileOf(folder, join(below, 'a.dts')),
        fileOf(below, 'a.dts'),
      ]),
    ).toEqual([
      ...['soc/soc.dtsi', 'soc/soc.dtsi'],
      ...[join(folder, 'soc/soc.dtsi'), join(folder, 'soc/soc.dtsi')],
    ]);
  });

  test('says the same with one thread and with several', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `${String(i).padStart(2, '0')}.dtb`);
    const folder = scratch();
    names.forEach((name, i) => {
      cpSync(join(fixtures, [good, short, length][i % 3] ?? good), join(folder, name));
    });
    const [one, two] = await Promise.all(
      ['1', '2'].map((jobs) => lint(folder, '.', '--jobs', jobs, '--json')),
    );
    expect(JSON.parse(one?.stdout ?? '').files.map((of: { file: string }) => of.file)).toEqual(
      names,
    );
    expect(two).toEqual(one);
  });
});

describe.concurrent('lint prints', () => {
  test('text: files, nodes, what is wrong in the bytes, what it comes to', async () => {
    const { stdout } = await fwspec(['lint', short], {
      cwd: folderWith(short),
      env: { COLUMNS: '80' },
    });
    expect(stdout).toBe(`${short}
  /virtio_mmio@a000000
    error iommus-short: iommus at offset 0x378
      expected 1 cell after the phandle, found 0 bytes: Linux drops this entry
      and all that follow
        <0x8004>
         ^^^^^^
      help: write as many cells as #iommu-cells of the IOMMU says

1 file: 1 with errors; 1 error
next   fwspec lint --explain iommus-short
`);
  });

  test('--format json what --json prints', async () => {
    const folder = folderWith(short);
    const [short1, short2] = await Promise.all([
      lint(folder, short, '--json'),
      lint(folder, short, '--format', 'json'),
    ]);
    expect(short2).toEqual(short1);
  });

  test('--format sarif, and --format github', async () => {
    const folder = folderWith(short);
    const { stdout } = await lint(folder, short, '--format', 'sarif');
    expect(JSON.parse(stdout).runs[0].results).toMatchObject([{ ruleId: 'iommus-short' }]);
    const { stdout: lines } = await lint(folder, short, '--format', 'github');
    expect(lines).toContain(`::error file=${short},title=iommus-short::`);
  });

  test('--fix-dts: a patch, and beside it what somebody has to decide', async () => {
    const folder = scratch();
    mkdirSync(join(folder, 'soc'));
    const soc = `/ {
	smmu: iommu@5000 {
		compatible = "arm,smmu-v3";
		reg = <0x5000 0x20000>;
	};
};
`;
    writeFileSync(join(folder, 'soc/soc.dtsi'), soc);
    writeFileSync(
      join(folder, 'board.dts'),
      `/dts-v1/;
/include/ "soc/soc.dtsi"
/ {
	dma@1000 { iommus = <&smmu 1>; };
	dma@2000 { iommus = <>; };
};
`,
    );
    const patched = await lint(folder, 'board.dts', '--fix-dts');
    expect(patched.code).toBe(1);
    expect(patched.stdout.split('\n').slice(0, 8)).toEqual([
      '--- a/soc/soc.dtsi',
      '+++ b/soc/soc.dtsi',
      '@@ -1,6 +1,7 @@',
      ' / {',
      ' \tsmmu: iommu@5000 {',
      ' \t\tcompatible = "arm,smmu-v3";',
      '+\t\t#iommu-cells = <1>;',
      ' \t\treg = <0x5000 0x20000>;',
    ]);
    expect(patched.stderr).toMatch(/^fwspec: board\.dts:5: iommus-length: to be mended by hand: /m);
    expect(readFileSync(join(folder, 'soc/soc.dtsi'), 'utf8')).toBe(soc);
    expect(await lint(folder, 'board.dts', '--fix-dts', '--json')).toMatchObject({ code: 2 });
    const { stdout } = await lint(folder, 'board.dts', '--json');
    expect(wrongIn('lint', JSON.parse(stdout))).toEqual([]);
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ rule: 'iommus-no-cells', fix: [expect.anything()] }),
    );
  });

  test('--explain: a rule, in 80 columns', async () => {
    const { code, stdout } = await fwspec(['lint', '--explain', 'iommus-short'], {
      env: { COLUMNS: '80' },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('iommus-short   error\n');
    expect(stdout).toContain('\npage   docs/reference/rules/iommus/iommus-short.md\n');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe.concurrent('a project', () => {
  test('takes lint up: what is wrong now is known, and one new fault is told', async () => {
    const folder = folderWith(short, good);
    const known = ['.', '--baseline', 'known.json'];
    expect(await lint(folder, ...known)).toMatchObject({ code: 2 });
    expect(await lint(folder, ...known, '--update-baseline')).toMatchObject({
      code: 0,
      stdout: 'known.json knows 1 finding\n',
    });
    expect(await lint(folder, ...known)).toMatchObject({ code: 0 });
    cpSync(join(fixtures, length), join(folder, good));
    const { code, stdout } = await lint(folder, ...known, '--json');
    expect(code).toBe(1);
    const files: { findings: { rule: string }[] }[] = JSON.parse(stdout).files;
    expect(files.flatMap(({ findings }) => findings.map(({ rule }) => rule))).toEqual([
      'iommu-map-length',
    ]);
  });

  test('says in .fwspec.json what it looks at, what it lives with and why', async () => {
    const folder = folderWith(short, length);
    mkdirSync(join(folder, 'below'));
    const exception = { path: '*short*', rule: 'iommus-short', reason: 'an old board' };
    const unused = { path: '*badlen*', rule: 'iommus-short', reason: 'gone' };
    const config = { files: ['*.dtb'], ignore: [exception, unused] };
    writeFileSync(join(folder, '.fwspec.json'), JSON.stringify(config));
    for (const cwd of [folder, join(folder, 'below')]) {
      const { code, stdout, stderr } = await lint(cwd);
      expect(stdout).toContain('2 files: 1 good, 1 with errors; 1 error\n');
      expect(stderr).toBe(
        'fwspec: 1 left out by .fwspec.json\nfwspec: .fwspec.json: nothing to leave out for iommus-short in *badlen*: take it away\n',
      );
      expect(code).toBe(1);
    }
  });

  test('is not told that an exception is not needed for what it did not ask to be told', async () => {
    const folder = folderWith(short);
    const ignore = [{ path: '*', rule: 'iommus-short', reason: 'an old board' }];
    writeFileSync(join(folder, '.fwspec.json'), JSON.stringify({ ignore }));
    const { stderr } = await lint(folder, short, '--rule', 'iommu-self');
    expect(stderr).toBe('fwspec: 1 left out by .fwspec.json\n');
  });

  test('has its baseline in the folder of .fwspec.json, wherever the command runs', async () => {
    const folder = folderWith(short);
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, '.fwspec.json'), '{ "files": ["*.dtb"], "baseline": "known.json" }');
    const below = join(folder, 'below');
    expect(await lint(below, '--update-baseline')).toMatchObject({
      code: 0,
      stdout: '../known.json knows 1 finding\n',
    });
    expect(await lint(folder)).toMatchObject({
      code: 0,
      stderr: 'fwspec: 1 known by known.json\n',
    });
  });

  test.each([
    ['a kernel that is none', { kernel: 'v99' }],
    ['a misspelt field', { ignored: [] }],
  ])('with %s in it is told on one line', async (_what, config) => {
    const folder = folderWith(good);
    writeFileSync(join(folder, '.fwspec.json'), JSON.stringify(config));
    const { code, stdout, stderr } = await lint(folder, good);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fwspec: [^\n]*\.fwspec\.json[^\n]*\n$/);
  });
});
