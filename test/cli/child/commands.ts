import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../../src/cli/arguments/commands.ts';
import { takes } from '../../../src/cli/arguments/entries.ts';
import { options } from '../../../src/cli/arguments/options/options.ts';
import { anchorOf } from '../../../src/scenarios/index.ts';
import { capture, captureWithout, fixture, fwspec, root, scratch, withoutTime } from '../fwspec.ts';
import { schemas, wrongIn } from './documents.ts';

/** An IORT whose first node has no length. */
function damagedTable(): string {
  const bytes = readFileSync(join(root, 'test/fixtures/acpi/iort-named.bin'));
  bytes.writeUInt16LE(0, bytes.readUInt32LE(40) + 1);
  const file = join(scratch(), 'iort.bin');
  writeFileSync(file, bytes);
  return file;
}

/** What can be listed. */
const listed = ['kernels', 'scenarios', 'rules', 'drivers'];

/** A device of `dtb-plat-two` that has a group. */
const endpoint = 'a000000.virtio_mmio';
/** Searches small enough to make often. */
const quick = ['--driver', 'virtio-iommu', '--ignore', 'data-race'];
const clean = ['explore', 'cover-letter', '--kernel', 'v6.7', ...quick, '--ignore', 'property'];
const diagram =
  'f1/v6.7-rc1/cover-letter/-/platform,dev,iommu=virtio%2Cmmio=1,0.1/0:lyfqi+1:y2qie+0:ug237.2/qa0c5';
/** The same without a bug: as far as its first switch. */
const begun = diagram.replace('+1:y2qie+0:ug237.2/qa0c5', '/-');
/** Its twin, that passes. */
const passing = diagram.replace(/0:lyfqi.*/, '0:lyfqi+1:cehj0+0:m1z48+1:y2qie+2:po10s/-');

/** Run it; the document on standard output, held against its schema, and the exit code. */
async function documentOf(args: readonly string[]) {
  const { code, stdout, stderr } = await fwspec([...args, '--json']);
  expect(stderr).toBe('');
  const document = JSON.parse(stdout);
  expect(wrongIn(args[0] ?? '', document)).toEqual([]);
  return { code, document };
}

describe.concurrent('the command line of a captured kernel', () => {
  test.each<[what: string, cmdline: string[], domain: string]>([
    ['counts', [], 'identity'],
    ['is replaced by --cmdline', ['--cmdline', 'quiet'], 'DMA-FQ'],
  ])('%s', async (_what, cmdline, domain) => {
    const path = capture('x86-vtd-pt-k6.12');
    const args = ['inspect', path, '--kernel', 'v6.12', ...cmdline];
    const { document } = await documentOf(args);
    const domains = document.groups.map(({ type }: { readonly type: string }) => type);
    expect([...new Set(domains)]).toEqual([domain]);
  });
});

describe.concurrent('exit codes', () => {
  test.each<[string, string[], number]>([
    ['a machine with nothing wrong', ['inspect', fixture('a64-dt-smmu-rp')], 0],
    ['a finding of level error', ['inspect', fixture('dtb-map-badlen')], 1],
    ['a complete search without a bug', clean, 0],
    ['a search that was cut short before it found one', [...clean, '--max-executions', '2'], 3],
    ['a bug', ['explore', 'cover-letter', '--kernel', 'v6.7', ...quick], 1],
    [
      'a bug in a search that was cut short',
      ['explore', 'two-iommus', ...quick, '--max-executions', '50'],
      1,
    ],
    ['a bug that is replayed', ['replay', diagram], 1],
    [
      'an execution that is shown for itself and goes wrong',
      ['replay', `${diagram.slice(0, -5)}-`],
      1,
    ],
    ['one that has not come to its end', ['replay', begun], 3],
    ['one that passes', ['replay', passing], 0],
    ['a machine without IOMMUs, checked', ['check', fixture('a64-dt-none')], 0],
    ['an error-level finding, checked', ['check', fixture('dtb-map-badlen')], 1],
    ['a table with a damaged node', ['inspect', damagedTable()], 1],
    [
      'a capture whose kernel did what is predicted',
      ['verify', capture('a64-dt-smmu-rp-k6.12')],
      0,
    ],
    [
      'a capture whose kernel did something else',
      ['verify', capture('a64-dt-smmu-rp-k6.12'), captureWithout('dtb-plat-two-k6.12', endpoint)],
      1,
    ],
    [
      'a capture whose kernel raced',
      ['verify', captureWithout('dtb-plat-two-k6.12', endpoint, ['group', 'iommu'])],
      0,
    ],
    [
      'captures, and something that is none',
      ['verify', capture('a64-dt-smmu-rp-k6.12'), 'test/fixtures/dtb'],
      2,
    ],
    ['help', ['--help'], 0],
    ['the version', ['--version'], 0],
  ])('%s', async (_what, args, expected) => {
    const { code, stderr, stdout } = await fwspec(args);
    expect(stderr).toBe('');
    expect(stdout).not.toBe('');
    expect(code).toBe(expected);
  });
});

describe.concurrent('--max-executions', () => {
  test.each([1, 60])('%i never makes a search clean', async (limit) => {
    const args = [...clean, '--max-executions', String(limit)];
    const { code, document } = await documentOf(args);
    expect(document.verdict).toBe('incomplete');
    expect(document.complete).toBe(false);
    expect(document.bounds.executions).toBe(limit);
    expect(document.executions).toBe(limit);
    expect(code).toBe(3);
  });

  test('a limit that is not reached does not make a search incomplete', async () => {
    const args = [...clean, '--max-executions', '100000'];
    const { code, document } = await documentOf(args);
    expect([document.verdict, document.complete, code]).toEqual(['clean', true, 0]);
  });
});

describe.concurrent('--json', () => {
  test.each([
    'a64-dt-none',
    'a64-dt-smmu-rp',
    'a64-dt-viommu',
    'dtb-map-badphandle',
    'dtb-plat-short',
    'dtb-v2-two-iommus-one-dev',
    'efi-stub',
  ])('inspect %s', async (name) => {
    const args = ['inspect', fixture(name)];
    const { code, document } = await documentOf(args);
    const severities = document.findings.map(({ severity }: { severity: string }) => severity);
    expect(code).toBe(severities.includes('error') ? 1 : 0);
  });

  test('explain says of a device what inspect says', async () => {
    const machine = capture('dtb-map-partial-k6.12');
    const kernel = ['--kernel', 'v6.12'];
    const { code, document } = await documentOf(['explain', machine, '0000:00:03.0', ...kernel]);
    expect(code).toBe(0);
    const inspected = await documentOf(['inspect', machine, ...kernel]);
    expect(inspected.document.devices).toContainEqual(document.device);
  });

  test('inspect reads what lspci printed in place of copied files', async () => {
    const machine = capture('a64-dt-smmu-rp-k6.12');
    const folder = scratch();
    copyFileSync(join(machine, 'machine.dtb'), join(folder, 'machine.dtb'));
    const dumps = readdirSync(join(machine, 'pci')).map((file) => {
      const bytes = readFileSync(join(machine, 'pci', file));
      const lines = Array.from({ length: bytes.length / 16 }, (_, i) => {
        const line = [...bytes.subarray(16 * i, 16 * i + 16)];
        const words = line.map((byte) => byte.toString(16).padStart(2, '0'));
        return `${(16 * i).toString(16).padStart(2, '0')}: ${words.join(' ')}\n`;
      });
      // Without the segment, as lspci prints it where there is but one.
      return `${file.slice(5, -'.bin'.length)} A function\n${lines.join('')}\n`;
    });
    writeFileSync(join(folder, 'lspci.txt'), dumps.join(''));
    const printed = await documentOf(['inspect', folder]);
    const files = scratch();
    cpSync(machine, files, { recursive: true });
    rmSync(join(files, 'expected.json'));
    const copied = await documentOf(['inspect', files]);
    // A dump that ends where -xxx ends is doubted, a copied file is not.
    expect(printed.document.notes).toEqual([
      expect.stringContaining('only 256 bytes of 0000:01:00.0'),
    ]);
    expect({ ...printed.document, notes: [] }).toEqual({ ...copied.document, notes: [] });
    expect(printed.document.groups.length).toBe(7);
  });

  test('verify', async () => {
    const other = captureWithout('dtb-plat-two-k6.12', endpoint);
    const paths = [capture('a64-dt-viommu-k6.12'), other];
    const { code, document } = await documentOf(['verify', ...paths]);
    expect([document.kernel, code]).toEqual(['v6.12', 1]);
    const disagreeing = new Set(document.disagree.map((of: { device: string }) => of.device));
    expect(document.devices - document.agree).toBe(disagreeing.size);
    expect(document.disagree).toContainEqual({
      capture: other,
      device: endpoint,
      field: 'domain',
      predicted: 'DMA',
      observed: null,
    });
  });

  test('verify shows the order that a device raced in', async () => {
    const lost = captureWithout('dtb-plat-two-k6.12', endpoint, ['group', 'iommu']);
    const { document } = await documentOf(['verify', lost]);
    const [raced] = document.raced;
    expect([raced.device, raced.scenario, raced.preemptions]).toEqual([
      endpoint,
      'cover-letter',
      1,
    ]);
    expect([document.disagree, document.devices - document.agree]).toEqual([[], 1]);
    const { document: again } = await documentOf(['replay', raced.token]);
    // Only the capture has times, which may speak against the order.
    expect({ ...again.bug, why: raced.bug.why }).toEqual(raced.bug);
    expect(raced.bug.why.startsWith(again.bug.why)).toBe(true);

    const { stdout } = await fwspec(['verify', lost]);
    expect(stdout).toContain(`${document.agree} of ${document.devices} devices agree, 1 raced`);
    expect(stdout).toContain(raced.token);
    expect(stdout).toMatch(/iommu_device_register\(\) returns 0 +yes +\d/);
  });

  test('verify takes a listing of groups or a kernel log for answers', async () => {
    const machine = captureWithout('a64-dt-smmu-rp-k6.12', '', []);
    rmSync(join(machine, 'expected.json'));
    const listing = join(scratch(), 'groups.txt');
    writeFileSync(
      listing,
      ['00:02.0', '00:02.1', '01:00.0', '02:00.0']
        .map((device) => `IOMMU Group 0 ${device} PCI bridge [0604]`)
        .concat('IOMMU Group 1 00:03.0 PCI bridge [0604]', 'IOMMU Group 1 03:00.0 NVMe [0108]')
        .join('\n'),
    );
    const args = ['verify', machine, '--kernel', 'v6.12', '--answers', listing];
    const { code, document } = await documentOf(args);
    expect([code, document.devices, document.disagree]).toEqual([0, 7, []]);
    expect(document.captures).toMatchObject([{ partial: true, release: null, kernel: 'v6.12' }]);

    const log = 'Linux version 6.12.107 (x)\npci 0000:03:00.0: Adding to iommu group 1\n';
    writeFileSync(join(machine, 'dmesg'), log.replaceAll(/^/gm, '[    1.0] ').trimEnd());
    const beside = await documentOf(['verify', machine]);
    expect([beside.code, beside.document.devices]).toEqual([0, 1]);
    expect(beside.document.captures).toMatchObject([{ partial: true, release: '6.12.107' }]);
  });

  test('verify says where agreement is nothing', async () => {
    const none = capture('a64-dt-none-k6.12');
    const both = await documentOf(['verify', none, capture('a64-dt-viommu-k6.12')]);
    expect(both.document.vacuous).toBe(false);
    const ofEach = both.document.captures.map(({ vacuous }: { vacuous: boolean }) => vacuous);
    expect(ofEach).toEqual([true, false]);
    const alone = await documentOf(['verify', none]);
    expect([alone.document.vacuous, alone.code]).toEqual([true, 0]);
  });

  test('inspect and check are for the newest kernel, unless told otherwise', async () => {
    const machine = fixture('a64-dt-none');
    const newest = await documentOf(['inspect', machine, '--quiet']);
    expect(newest.document.kernel).toBe('v7.3');
    const checked = await documentOf(['check', machine]);
    expect(checked.document.inspect).toEqual(newest.document);
    const older = await documentOf(['inspect', machine, '--kernel', 'v6.7-rc1']);
    expect(older.document.kernel).toBe('v6.7-rc1');
  });

  test('explore', async () => {
    const args = ['explore', 'cover-letter', '--kernel', 'v6.7', ...quick];
    const { code, document } = await documentOf(args);
    expect([document.verdict, document.complete, code]).toEqual(['bug', true, 1]);
    expect(document.bugs[0].steps.length).toBeGreaterThan(10);
    expect(document.bugs[0].tasks.length).toBe(2);
  });

  test('explore says of every cause what is known of it, and where that is told', async () => {
    const args = ['explore', 'cover-letter', '--kernel', 'v6.7', ...quick];
    const { document } = await documentOf(args);
    const page = readFileSync(join(root, 'docs/findings.md'), 'utf8');
    expect(document.causes.length).toBeGreaterThan(0);
    for (const cause of document.causes) {
      expect(cause).toMatchObject({ status: 'real', kernels: ['v6.1', 'v6.15'] });
      const [file, anchor] = cause.finding.split('#');
      expect(file).toBe('docs/findings.md');
      expect([...page.matchAll(/^### (.*)$/gm)].map(([, name = '']) => anchorOf(name))).toContain(
        anchor,
      );
    }
  });

  test('of a cause under a patch of somebody’s own nothing is known', async () => {
    const patch = 'examples/patches/lock-the-parse.ts';
    const args = ['explore', 'cover-letter', ...quick, '--patch', patch];
    const { causes } = JSON.parse((await fwspec([...args, '--json'])).stdout);
    expect(causes.length).toBeGreaterThan(0);
    for (const { status, finding } of causes)
      expect({ status, finding }).toEqual({ status: null, finding: null });
  });

  test('explore is of v6.7-rc1, unless told otherwise', async () => {
    const args = ['explore', 'cover-letter', '--max-executions', '1'];
    expect((await documentOf(args)).document.kernel).toBe('v6.7-rc1');
  });

  test('check', async () => {
    const args = [
      'check',
      fixture('dtb-plat-two'),
      '--max-executions',
      '20',
      '--ignore',
      'data-race',
    ];
    const { code, document } = await documentOf(args);
    expect(code).toBe(3);
    expect(document.shapes.length).toBeGreaterThan(0);
    for (const { explore } of document.shapes) expect(explore.complete).toBe(false);
  });

  test('replay', async () => {
    const { document } = await documentOf(['replay', diagram]);
    expect(document.bug.token).toBe(diagram);
    expect(document.bug.kind).toBe('null-deref');
  });

  test('replay of an execution that is shown for itself', async () => {
    const { code, document } = await documentOf(['replay', begun]);
    expect([code, document.bug, document.execution.over]).toEqual([3, null, false]);
    expect(document.execution.token).toBe(begun);
  });

  test.each(listed)('list %s', async (name) => {
    const { document } = await documentOf(['list', name]);
    expect(document[name].length).toBeGreaterThan(1);
  });
});

describe('the schemas', () => {
  test('are there for every command that prints a document', () => {
    const printing = commands.filter(({ name }) =>
      options.some((option) => option.name === 'json' && takes(option, name)),
    );
    // What is found in a program in C is a document of explore.
    const named = new Set(printing.map(({ name }) => (name === 'c' ? 'explore' : name)));
    expect(schemas.toSorted()).toEqual([...named].sort());
  });

  // For each a document that it takes, and that document with something amiss in it.
  test.each([
    'inspect',
    'explain',
    'groups',
    'verify',
    'explore',
    'replay',
    'compare',
    'list',
    'capture',
  ])(
    '%s: a document without one of its keys is refused, one with a key more is not',
    async (command) => {
      const args: Readonly<Record<string, readonly string[]>> = {
        inspect: [fixture('a64-dt-none')],
        explain: [fixture('a64-dt-none'), '9000000.pl011', '--full'],
        groups: [capture('a64-dt-smmu-rp-k6.12'), '0000:00:02.0', '--quiet'],
        verify: [captureWithout('dtb-plat-two-k6.12', endpoint, ['group', 'iommu'])],
        explore: [...clean.slice(1), '--histogram', '--cross-check'],
        replay: [diagram],
        compare: ['--bisect', '--scenarios', 'rebind', '--max-executions', '1'],
        list: ['kernels'],
        capture: [join(scratch(), 'live')],
      };
      const { stdout } = await fwspec([command, ...(args[command] ?? []), '--json']);
      // Not every machine that tests run on has something to capture.
      if (command === 'capture' && stdout === '') return;
      const document = JSON.parse(stdout);
      expect(wrongIn(command, document)).toEqual([]);
      expect(wrongIn(command, { ...document, more: true })).toEqual([]);
      const { required } = JSON.parse(
        readFileSync(join(root, `docs/reference/schemas/${command}.schema.json`), 'utf8'),
      ) as { required: string[] };
      for (const key of required) {
        const { [key]: _, ...rest } = document;
        expect(wrongIn(command, rest), key).not.toEqual([]);
      }
    },
  );
});

describe('what people read', () => {
  test('explore', async () => {
    const { stdout } = await fwspec(['explore', 'cover-letter', '--kernel', 'v6.7', ...quick]);
    await expect(withoutTime(stdout)).toMatchFileSnapshot('../../golden/explore-cover-letter.txt');
  });

  test('a search that was cut short', async () => {
    const { stdout } = await fwspec([...clean, '--max-executions', '5']);
    await expect(withoutTime(stdout)).toMatchFileSnapshot('../../golden/explore-cut-short.txt');
  });

  test('a search without a bug', async () => {
    const { stdout } = await fwspec(clean);
    await expect(withoutTime(stdout)).toMatchFileSnapshot('../../golden/explore-clean.txt');
  });

  test('replay --full', async () => {
    const { stdout } = await fwspec(['replay', diagram, '--full']);
    await expect(stdout).toMatchFileSnapshot('../../golden/replay-full.txt');
  });

  test('replay, the same bytes twice', async () => {
    const [one, two] = await Promise.all([
      fwspec(['replay', diagram]),
      fwspec(['replay', diagram]),
    ]);
    expect(one.stdout).toBe(two.stdout);
    await expect(one.stdout).toMatchFileSnapshot('../../golden/replay-cover-letter.txt');
  });

  test('the witness that explore prints is the one that replay prints', async () => {
    const { stdout: explored } = await fwspec([
      'explore',
      'two-iommus',
      '--kernel',
      'v6.7',
      ...quick,
    ]);
    const token = /^replay: fwspec replay (\S+)$/m.exec(explored)?.[1] ?? '';
    const { stdout: replayed } = await fwspec(['replay', token]);
    const witness = (text: string): string => text.slice(text.indexOf('BUG'), text.indexOf(token));
    expect(witness(replayed)).toBe(witness(explored));
    expect(witness(replayed)).toContain('CPU0');
  });

  test.each(listed)('list %s', async (name) => {
    const { stdout } = await fwspec(['list', name]);
    await expect(stdout).toMatchFileSnapshot(`../../golden/list-${name}.txt`);
  });

  test.each<[asked: string[], like: string[]]>([
    [['--help'], ['help']],
    [['-h'], ['help']],
    [
      ['explore', '--help'],
      ['help', 'explore'],
    ],
    [
      ['explore', 'x', 'y', '-h', '--full'],
      ['help', 'explore'],
    ],
  ])('%j is %j', async (asked, like) => {
    const [one, two] = await Promise.all([fwspec(asked), fwspec(like)]);
    expect(one.stdout).toMatch(/^usage: fwspec /);
    expect(one).toEqual(two);
  });

  test('completion and the man page are printed', async () => {
    const { stdout: script } = await fwspec(['completion', 'bash']);
    expect(script).toContain('complete -o default -F _fwspec fwspec\n');
    const { stdout: page } = await fwspec(['help', '--man']);
    expect(page).toBe(readFileSync(join(root, 'share/man/man1/fwspec.1'), 'utf8'));
  });

  test.each([[['--version']], [['--help']], [['check', '--help']], [['help', 'check']]])(
    '%j loads nothing of the model',
    async (args) => {
      const folder = scratch();
      await fwspec(args, { env: { NODE_V8_COVERAGE: folder } });
      const loaded = readdirSync(folder).flatMap((file) => {
        const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
          result: { url: string }[];
        };
        return result.flatMap(({ url }) => /\/dist\/(\w+)\/.*/.exec(url)?.slice(0, 2) ?? []);
      });
      expect(loaded).toContain('cli');
      for (const row of ['explore', 'linux', 'machine', 'scenarios', 'series', 'report'])
        expect(loaded).not.toContain(row);
    },
  );

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const asked of [['--version'], ['-V'], ['explore', '--version']])
      expect((await fwspec(asked)).stdout).toBe(`fwspec ${version}\n`);
  });
});

describe.concurrent('where a machine comes from', () => {
  test('standard input gives what the file gives', async () => {
    const path = fixture('a64-dt-viommu');
    const piped = await fwspec(['inspect', '-'], { input: readFileSync(join(root, path)) });
    const named = await fwspec(['inspect', path]);
    expect(piped.stdout).toBe(named.stdout);
    expect(piped.code).toBe(named.code);
  });

  test('a source gives what dtc makes of it, when dtc is there', async () => {
    const path = fixture('dtb-plat-two');
    const dtc = spawnSync('dtc', ['-q', '-I', 'dtb', '-O', 'dts', join(root, path)]);
    if (dtc.error !== undefined) return; // what happens then is tested with the bad input
    const source = join(scratch(), 'machine.dts');
    writeFileSync(source, dtc.stdout);
    const compiled = await documentOf(['inspect', source]);
    const original = await documentOf(['inspect', path]);
    expect(compiled.document.devices).toEqual(original.document.devices);
    expect(compiled.document.iommus).toEqual(original.document.iommus);
  });

  test('a source is known by what is in it, on standard input, too, when dtc is there', async () => {
    const path = fixture('a64-dt-smmu-rp');
    const dtc = spawnSync('dtc', ['-q', '-I', 'dtb', '-O', 'dts', join(root, path)]);
    if (dtc.error !== undefined) return;
    const original = await fwspec(['inspect', path]);
    // Places are bytes in a blob, and lines in a source.
    expect(original.stdout).not.toMatch(/^Findings$/m);
    for (const head of ['', '\n// a\n/* b\n * c **/\n']) {
      const input = Buffer.from(head + dtc.stdout.toString());
      expect(await fwspec(['inspect', '-'], { input })).toEqual(original);
    }
    const file = join(scratch(), 'source.txt');
    writeFileSync(file, dtc.stdout);
    expect((await fwspec(['inspect', file])).stdout).toBe(original.stdout);
    const input = Buffer.from(`#include "empty"\n${dtc.stdout}`);
    const { code, stderr } = await fwspec(['inspect', '-'], { input });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^fwspec: cpp cannot compile standard input: .*empty.*\n$/),
    ]);
  });

  test('without dtc a source on standard input is refused as what it is', async () => {
    const input = Buffer.from('// a comment\n/dts-v1/;\n/ { };\n');
    const { code, stderr } = await fwspec(['inspect', '-'], { input, env: { PATH: '' } });
    const says = 'cannot compile standard input: dtc is not installed';
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  test('a source that dtc refuses is one line', async () => {
    const source = join(scratch(), 'broken.dts');
    writeFileSync(source, 'this is no source');
    const { code, stdout, stderr } = await fwspec(['inspect', source]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fwspec: [^\n]*broken\.dts[^\n]*\n$/);
  });

  test('a directory gives its PCI functions too', async () => {
    const machine = capture('a64-dt-smmu-rp-k6.12');
    const whole = await documentOf(['inspect', machine, '--quiet']);
    const alone = await documentOf(['inspect', `${machine}/machine.dtb`]);
    const pci = ({ document }: typeof whole): number =>
      document.devices.filter(({ bus }: { bus: string }) => bus === 'pci').length;
    expect(pci(whole)).toBe(7);
    expect(pci(alone)).not.toBe(7);
  });

  test('explore takes a device of a machine', async () => {
    const machine = ['--machine', fixture('dtb-plat-two'), '--kernel', 'v6.7'];
    const { document: inspected } = await documentOf(['inspect', fixture('dtb-plat-two')]);
    const behind = inspected.devices.find(
      ({ outcome }: { outcome: string }) => outcome === 'translated',
    );
    const args = ['explore', 'cover-letter', ...machine, '--device', behind.name];
    const { document } = await documentOf(args);
    expect(document.bugs[0].token).toContain(`platform,${behind.name},`);
  });
});
