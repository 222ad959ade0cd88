import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capture, fixture, fwspec, root, scratch } from '../fwspec.ts';

const token =
  'f1/v6.7-rc1/cover-letter/-/platform,dev,iommu=virtio%2Cmmio=1,0.1/0:lyfqi+1:y2qie+0:ug237.2/qa0c5';

/** One line on standard error that begins so and says this, nothing on standard output, exit code 2. */
async function refuses(args: readonly string[], says: RegExp, input?: Uint8Array): Promise<void> {
  const { code, stdout, stderr } = await fwspec(args, input === undefined ? {} : { input });
  expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/internal error| at .*\.(js|ts):/);
  expect(stdout).toBe('');
  expect(code).toBe(2);
}

describe.concurrent('bad usage', () => {
  test.each<[string, string[], RegExp]>([
    ['no command', [], /no command/],
    ['an unknown command', ['frobnicate'], /unknown command "frobnicate"/],
    ['a command that every object has', ['toString'], /unknown command/],
    ['an unknown option', ['list', 'kernels', '--frobnicate'], /--frobnicate/],
    ['an operand too many', ['explore', 'cover-letter', 'again'], /does not take "again"/],
    ['inspect without a machine', ['inspect'], /needs a machine/],
    ['explain without a device', ['explain', fixture('a64-dt-none')], /needs a device/],
    [
      'explain a device that is not there',
      ['explain', fixture('a64-dt-none'), '9000000.pl0'],
      /no device "9000000\.pl0".*9000000\.pl011/,
    ],
    ['check without a machine', ['check'], /needs a machine/],
    ['explore without a scenario', ['explore'], /needs a scenario/],
    ['replay without a token', ['replay'], /needs a token/],
    ['verify without a capture', ['verify'], /needs a capture/],
    ['verify a machine without answers', ['verify', 'test/fixtures/dtb'], /expected\.json/],
    ['list without a list', ['list'], /needs a word: kernels, scenarios/],
    ['an unknown list', ['list', 'things'], /no list of "things".*kernels/],
    ['an unknown scenario', ['explore', 'nothing'], /unknown scenario "nothing".*cover-letter/],
    [
      'an unknown kernel',
      ['explore', 'cover-letter', '--kernel', 'v1'],
      /unknown kernel "v1".*v6\.7/,
    ],
    [
      'an unknown kernel to inspect for',
      ['inspect', fixture('a64-dt-none'), '--kernel', 'v1'],
      /v1/,
    ],
    ['an unknown driver', ['explore', 'cover-letter', '--driver', 'x'], /driver "x".*arm-smmu-v3/],
    ['a device of no machine', ['explore', 'cover-letter', '--device', 'x'], /--machine/],
    ['a machine without a device', ['explore', 'cover-letter', '--machine', 'x'], /--device/],
    [
      'a device that the machine has not',
      ['explore', 'cover-letter', '--machine', fixture('dtb-plat-two'), '--device', 'x'],
      /no device "x"/,
    ],
    [
      'a device without an IOMMU',
      ['explore', 'cover-letter', '--machine', fixture('a64-dt-none'), '--device', '9000000.pl011'],
      /nothing to explore for 9000000\.pl011/,
    ],
    [
      'a machine and a driver',
      ['explore', 'cover-letter', '--machine', 'x', '--device', 'y', '--driver', 'arm-smmu'],
      /--driver and --machine/,
    ],
  ])('%s', async (_what, args, says) => {
    await refuses(args, says);
  });
});

describe.concurrent('input that cannot be read', () => {
  const folder = scratch();
  const blob = readFileSync(join(root, fixture('a64-dt-smmu-rp')));
  const viot = readFileSync(join(root, 'test/fixtures/acpi/viot.bin'));
  const file = (name: string, bytes: Uint8Array | string): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const directory = (name: string, ...inside: readonly string[]): string => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const child of inside) mkdirSync(join(path, child));
    return path;
  };
  /** A capture with one file of another content, and perhaps without what was in a folder. */
  const captured = (name: string, at: string, bytes: string, without?: string): string => {
    const path = join(folder, name);
    cpSync(capture('a64-acpi-smmu-rp-k7.3'), path, { recursive: true });
    if (without !== undefined) {
      rmSync(join(path, without), { recursive: true });
      mkdirSync(join(path, without));
    }
    writeFileSync(join(path, at), bytes);
    return path;
  };
  const looped = directory('looped', 'acpi');
  symlinkSync('IORT.bin', join(looped, 'acpi', 'IORT.bin'));
  const circular = directory('circular');
  symlinkSync('.', join(circular, 'acpi'));

  test.each<[string, string, RegExp]>([
    ['a file that is not there', join(folder, 'none.dtb'), /none\.dtb: it does not exist/],
    [
      'a file beside one of nearly that name',
      file('machine.dtb', blob).replace('machine', 'mahcine'),
      /does not exist \(did you mean .*machine\.dtb\?\)/,
    ],
    [
      'an empty file',
      file('empty.dtb', ''),
      /empty\.dtb: file at offset 0x0: expected a devicetree.*, found nothing \(on the machine/,
    ],
    ['a file that is no devicetree', file('text.dtb', 'hello world, this is text'), /0xd00dfeed/],
    ['a header that was cut', file('header.dtb', blob.subarray(0, 20)), /fdt_header/],
    [
      'a blob that was cut',
      file('cut.dtb', blob.subarray(0, 2000)),
      /cut\.dtb: fdt_header\.\w+ at offset/,
    ],
    [
      'an empty folder',
      directory('empty'),
      /empty: directory: expected machine\.dtb.*, found nothing/,
    ],
    [
      'a folder of something else',
      directory('other', 'photos'),
      /other: directory: expected machine\.dtb.*, found photos\/ \(give the folder/,
    ],
    [
      'a folder without ACPI tables',
      directory('tables', 'acpi'),
      /tables\/acpi: directory: expected at least one ACPI table, found nothing/,
    ],
    [
      'a table that is a folder',
      directory('tabled', 'acpi', 'acpi/IORT.bin'),
      /tabled: acpi\/IORT\.bin\/: expected a table, found that it is a directory/,
    ],
    ['a namespace without a byte', captured('dsdt', 'acpi/DSDT.bin', ''), /DSDT\.bin: .*nothing/],
    [
      'functions under names of another kind',
      captured('sysfs', 'pci/0000:00:01.0', 'x', 'pci'),
      /sysfs\/pci: directory: expected .*0000:00:01\.0\.bin, found 0000:00:01\.0$/m,
    ],
    [
      'a configuration space that is too short',
      captured('short', 'pci/0000:00:1e.0.bin', 'x'),
      /short\/pci\/0000:00:1e\.0: configuration space: .*found 1 bytes/,
    ],
    [
      'a function that cannot be',
      captured('named', 'pci/zz.bin', 'x'),
      /named: name of a PCI function: .*"zz"/,
    ],
    ['a table that links to itself', looped, /IORT\.bin: a link leads back to itself/],
    ['a folder that links to itself', circular, /circular\/acpi\/: a link leads back to itself/],
    ['a log that never ends', '/proc/kmsg', /cannot read \/proc\/kmsg: /],
    ['a path through a file', file('file', 'x').concat('/x'), /a part of its path/],
    ['a device without an end', '/dev/zero', /no ordinary file/],
    [
      'an ACPI table that was cut',
      file('VIOT.bin', viot.subarray(0, 60)),
      /VIOT\.bin: VIOT length at offset 0x4: expected 36 to 60 bytes, found 112/,
    ],
  ])('%s', async (_what, path, says) => {
    await refuses(['inspect', path], says);
  });

  test('check and explore refuse it in the same way', async () => {
    const path = join(folder, 'none.dtb');
    await refuses(['check', path, '--json'], /none\.dtb: it does not exist/);
    const of = ['--machine', path, '--device', 'x'];
    await refuses(['explore', 'cover-letter', ...of], /none\.dtb: it does not exist/);
  });

  test('verify says when there is nothing to compare', async () => {
    const answers = readFileSync(join(capture('a64-acpi-smmu-rp-k7.3'), 'expected.json'), 'utf8');
    const none = JSON.stringify({ ...JSON.parse(answers), devices: [], groups: {}, iommus: {} });
    const path = captured('nobody', 'expected.json', none);
    await refuses(['verify', path], /nobody: nothing to compare/);
  });

  test('standard input that is empty', async () => {
    await refuses(
      ['inspect', '-'],
      /standard input: file at offset 0x0: .*, found nothing \(on the machine/,
    );
  });

  test('standard input that is no devicetree', async () => {
    await refuses(
      ['inspect', '-'],
      /standard input: file at offset 0x0: expected a devicetree.*, found text: "xxx/,
      Buffer.from('x'.repeat(99)),
    );
  });

  test('a folder whose machine.dtb is a folder', async () => {
    await refuses(['inspect', directory('nested', 'machine.dtb')], /it is a directory/);
  });

  test('a name that would control the terminal', async () => {
    const { stderr, code } = await fwspec(['inspect', '\x1b[2Jevil']);
    expect(stderr).not.toContain('\x1b');
    expect(stderr).toContain('\\x1b[2Jevil');
    expect(code).toBe(2);
  });

  test('a source, when dtc is not installed', async () => {
    const source = file('machine.dts', '/dts-v1/; / { };');
    const { code, stderr, stdout } = await fwspec(['inspect', source], { env: { PATH: folder } });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^fwspec: cannot compile [^\n]*dtc is not installed[^\n]*\n$/);
  });
});

describe.concurrent('tokens that cannot be followed', () => {
  test.each<[string, string, RegExp]>([
    ['of another version', token.replace('f1', 'f9'), /version 9; this fwspec reads version 1/],
    ['that was cut', token.slice(0, 50), /not a token.*cut/],
    ['that is none', 'hello', /not a token/],
    ['that is empty', '', /not a token/],
    ['of an unknown kernel', token.replace('v6.7-rc1', 'v9'), /unknown kernel "v9"/],
    ['of an unknown scenario', token.replace('cover', 'dust'), /unknown scenario "dust-letter"/],
    ['whose schedule does not fit', token.replace('y2qie', 'zzzzz'), /does not fit/],
    ['whose bug does not happen', token.replace('qa0c5', '00000'), /does not happen/],
  ])('%s', async (_what, word, says) => {
    await refuses(['replay', word], says);
  });
});
