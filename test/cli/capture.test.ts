import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseFdt } from '../../src/firmware/index.ts';
import { type CapturedDevice, parseCapture } from '../../src/machine/index.ts';
import { FakeTree, fakeMachine } from './fake-machine.ts';
import { capture, fwspec, root, scratch } from './fwspec.ts';

const devicetree = capture('a64-dt-smmu-rp-k6.12');
const waiting = capture('dtb-unknown-iommu-k6.12');
const acpi = capture('iort-named-k6.12');

const script = join(root, 'share/capture.sh');

/** What is collected of a fake machine, and where. */
function collected(fake: string, shell: readonly string[] = ['sh']): string {
  const folder = join(scratch(), 'a machine');
  const [command = '', ...words] = [...shell, script, folder];
  const env = { ...process.env, FWSPEC_SYSROOT: fake };
  const { status, stderr } = spawnSync(command, words, { env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return folder;
}

function answersIn(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
}

/** What is decided about each device that may be behind an IOMMU; without what only a trace can tell. */
function decided(folder: string): Omit<CapturedDevice, 'ids' | 'calls'>[] {
  const { devices } = parseCapture(readFileSync(join(folder, 'expected.json'), 'utf8'));
  return devices
    .filter(({ bus }) => ['amba', 'pci', 'platform'].includes(bus))
    .map(({ ids: _ids, calls: _calls, ...device }) => device)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function verified(folder: string) {
  const { code, stdout } = await fwspec(['verify', folder, '--json']);
  return { code, document: JSON.parse(stdout) };
}

describe.concurrent.each([
  ['a machine with a devicetree', devicetree],
  ['a machine whose devices wait', waiting],
  ['a machine with ACPI', acpi],
])('%s', (_what, original) => {
  test('is collected with all that its kernel decided', () => {
    const folder = collected(fakeMachine(original));
    expect(decided(folder)).toEqual(decided(original));
    for (const part of ['pci', 'acpi', 'machine.dtb']) {
      const there = readdirSync(original).includes(part);
      expect(readdirSync(folder).includes(part)).toBe(there);
    }
  });

  test('is predicted from what was collected', async () => {
    const { code, document } = await verified(collected(fakeMachine(original)));
    expect([code, document.disagree]).toEqual([0, []]);
    expect(document.devices).toBe((await verified(original)).document.devices);
  });
});

describe.concurrent('the script', () => {
  const present = (shell: readonly string[]) =>
    spawnSync(shell[0] ?? '', [...shell.slice(1), '-c', 'true']).status === 0;
  const shells = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(present);

  test.each(shells.map((shell) => [shell.join(' '), shell]))('runs in %s', (_name, shell) => {
    const folder = collected(fakeMachine(devicetree), shell);
    expect(decided(folder)).toEqual(decided(devicetree));
  });

  test('is what fwspec capture runs', async () => {
    const folder = join(scratch(), 'machine');
    const env = { FWSPEC_SYSROOT: fakeMachine(devicetree) };
    const { code, stdout, stderr } = await fwspec(['capture', folder], { env });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^collected in .*, for kernel 6\.12\.107/);
    expect(stdout).toContain('  pci/ (7 files)\n');
    expect(stdout).toMatch(/^not collected.*\n(?: {2}.*\n)* {2}dmesg: the kernel log\n/m);
    expect(decided(folder)).toEqual(decided(devicetree));
  });

  test('can say as a document what it collected', async () => {
    const folder = join(scratch(), 'machine');
    const env = { FWSPEC_SYSROOT: fakeMachine(acpi) };
    const { code, stdout } = await fwspec(['capture', folder, '--json'], { env });
    const { not_collected, ...document } = JSON.parse(stdout);
    const { kernel: release, arch, cmdline } = answersIn(acpi);
    const expected = { version: 1, command: 'capture', directory: folder, release, arch, cmdline };
    expect([code, document]).toEqual([0, expected]);
    expect(not_collected).toContain('dmesg: the kernel log');
  });

  test('cannot control the terminal by what its folder is called', async () => {
    const folder = join(scratch(), '\x1b[2J\u202e\x9b');
    const env = { FWSPEC_SYSROOT: fakeMachine(devicetree) };
    const { code, stdout } = await fwspec(['capture', folder], { env });
    expect(stdout).toContain('\\x1b[2J\\u{202e}');
    for (const raw of ['\x1b', '\u202e', '\x9b']) expect(stdout).not.toContain(raw);
    expect(code).toBe(0);
  });

  test('is what --print-script prints', async () => {
    const { code, stdout } = await fwspec(['capture', '--print-script']);
    expect([code, stdout]).toEqual([0, readFileSync(script, 'utf8')]);
  });

  test('has nothing that shellcheck complains about, when that is there', () => {
    const { error, stdout } = spawnSync('shellcheck', [script], { encoding: 'utf8' });
    if (error === undefined) expect(stdout).toBe('');
  });

  test('quotes whatever a name has in it', () => {
    const fake = new FakeTree(fakeMachine(devicetree));
    const name = 'a "b" \\c\\ \td';
    fake.folder(`sys/devices/platform/${name}`);
    fake.link(`sys/bus/platform/devices/${name}`, `sys/devices/platform/${name}`);
    fake.write('proc/cmdline', 'x="\\"\x01 quiet');
    const answers = answersIn(collected(fake.root));
    const names = answers.devices.map((device: { name: string }) => device.name);
    expect(names).toContain('a "b" \\c\\  d');
    expect(answers.cmdline).toBe('x="\\"  quiet');
  });

  test('takes a folder for the root that is named from here', async () => {
    const fake = fakeMachine(devicetree);
    const { status, stderr } = spawnSync('sh', [script, 'made'], {
      cwd: fake,
      env: { ...process.env, FWSPEC_SYSROOT: '.' },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(decided(join(fake, 'made'))).toEqual(decided(devicetree));
  });
});

describe.concurrent('what is not collected', () => {
  test('is said, and left out of what is compared', async () => {
    const fake = fakeMachine(waiting);
    rmSync(join(fake, 'sys/kernel/debug'), { recursive: true });
    const folder = collected(fake);
    const answers = answersIn(folder);
    expect(answers.deferred).toBeUndefined();
    expect(answers.not_collected.join()).toMatch(/debug\/devices_deferred/);
    const { document } = await verified(folder);
    expect(document.disagree).toEqual([]);
  });

  test('devices that began or ended to wait meanwhile are no answer', () => {
    const tools = scratch();
    writeFileSync(join(tools, 'sort'), '#!/bin/sh\necho $$\n', { mode: 0o755 });
    const folder = join(scratch(), 'made');
    const env = { FWSPEC_SYSROOT: fakeMachine(waiting), PATH: `${tools}:${process.env.PATH}` };
    spawnSync('sh', [script, folder], { env });
    expect(answersIn(folder).deferred).toBeUndefined();
    expect(answersIn(folder).not_collected.join()).toMatch(/devices that wait.*collect it again/);
  });

  test('more than the header of a PCI function is for root', () => {
    const fake = new FakeTree(fakeMachine(devicetree));
    const config = 'sys/bus/pci/devices/0000:00:02.0/config';
    fake.write(config, readFileSync(fake.path(config)).subarray(0, 64));
    expect(answersIn(collected(fake.root)).not_collected.join()).toMatch(/1 PCI function/);
  });

  test('a devicetree blob is for root, but everybody may read its nodes', async () => {
    const fake = new FakeTree(fakeMachine(devicetree));
    const { root: tree } = parseFdt(readFileSync(fake.path('sys/firmware/fdt')));
    rmSync(fake.path('sys/firmware/fdt'));
    const add = (node: typeof tree, at: string): void => {
      for (const { name, value } of node.properties.values()) fake.write(`${at}/${name}`, value);
      for (const child of node.children) add(child, `${at}/${child.name}`);
    };
    add(tree, 'sys/firmware/devicetree/base');
    fake.write('sys/firmware/devicetree/base/name', '\0');
    const folder = collected(fake.root);
    expect(readdirSync(folder)).toContain('devicetree');
    const { code, document } = await verified(folder);
    expect([code, document.disagree]).toEqual([0, []]);
  });

  test('a machine whose firmware nobody can read is told to be read as root', async () => {
    const fake = fakeMachine(devicetree);
    rmSync(join(fake, 'sys/firmware'), { recursive: true });
    const folder = join(scratch(), 'machine');
    const env = { FWSPEC_SYSROOT: fake };
    const { code, stderr } = await fwspec(['capture', folder], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^fwspec: the firmware .* as root\n$/);
    expect(readdirSync(folder)).toContain('expected.json');
  });

  test('what a boot loader left of a devicetree is no firmware where ACPI counts', async () => {
    const fake = new FakeTree(fakeMachine(acpi));
    rmSync(fake.path('sys/firmware'), { recursive: true });
    fake.folder('sys/firmware/acpi/tables');
    fake.write('sys/firmware/devicetree/base/chosen/bootargs', 'quiet\0');
    const folder = join(scratch(), 'machine');
    const env = { FWSPEC_SYSROOT: fake.root };
    const { code, stderr } = await fwspec(['capture', folder, '--json'], { env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^fwspec: the firmware/)]);
    expect(readdirSync(folder)).not.toContain('devicetree');
    expect(answersIn(folder).not_collected.join()).toMatch(/the ACPI tables/);
  });

  test.each<[string, () => string, string, RegExp]>([
    ['no Linux', scratch, 'new', /nothing to read/],
    ['a root that is none', () => '/nowhere', 'new', /\/nowhere is no directory/],
    ['a directory with something in it', () => fakeMachine(devicetree), '.', /not empty/],
    ['a directory that cannot be', () => fakeMachine(devicetree), 'file/new', /cannot make/],
  ])('%s is one line', async (_what, fake, name, says) => {
    const folder = scratch();
    writeFileSync(join(folder, 'file'), '');
    const env = { FWSPEC_SYSROOT: fake() };
    const { code, stdout, stderr } = await fwspec(['capture', join(folder, name)], { env });
    expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe.concurrent('live', () => {
  const live = (fake: string, ...args: readonly string[]) =>
    fwspec(args, { env: { FWSPEC_SYSROOT: fake } });
  const passthrough = capture('a64-dt-smmu-passthrough-k6.12');

  /** A running machine does not show when its modules came, which a capture does. */
  const untimed = (text: string): unknown =>
    JSON.parse(text, (key, value) =>
      key === 'assumes' ? value.filter((line: string) => !line.startsWith('module-times:')) : value,
    );

  test('is the running machine with the kernel that it runs', async () => {
    const fake = fakeMachine(devicetree);
    const { code, stdout, stderr } = await live(fake, 'inspect', 'live', '--json');
    const captured = await fwspec(['inspect', devicetree, '--kernel', 'v6.12', '--json']);
    expect([code, untimed(stdout)]).toEqual([0, untimed(captured.stdout)]);
    expect(stdout).toContain('module-times');
    expect(captured.stdout).not.toContain('module-times');
    expect(stderr).toMatch(
      /^fwspec: this machine runs 6\.12\.107\+deb13-arm64, shown as v6\.12 with/,
    );
    expect(stderr).toMatch(/^fwspec: not read: dmesg: the kernel log$/m);
  });

  test('has its own command line, unless another one is given', async () => {
    const fake = fakeMachine(passthrough);
    const domains = async (...args: readonly string[]) => {
      const { stdout } = await live(fake, 'inspect', 'live', '--json', '-q', ...args);
      const { kernel, groups } = JSON.parse(stdout);
      return [kernel, ...new Set(groups.map(({ type }: { type: string }) => type))];
    };
    expect(await domains()).toEqual(['v6.12', 'identity']);
    expect(await domains('--cmdline', 'quiet')).toEqual(['v6.12', 'DMA']);
    expect(await domains('--kernel', 'v7.3')).toEqual(['v7.3', 'identity']);
  });

  test('is built as its configuration says', async () => {
    const fake = new FakeTree(fakeMachine(devicetree));
    fake.write('boot/config-6.12.107+deb13-arm64', '# CONFIG_ARM_SMMU_V3 is not set\n');
    const { stdout } = await live(fake.root, 'inspect', 'live', '--json');
    expect(JSON.parse(stdout).iommus[0].state).toBe('no-driver');
  });

  test('has waited long enough for suppliers, as a rule', async () => {
    const fake = new FakeTree(fakeMachine(waiting));
    const outcomes = async () => {
      const { stdout } = await live(fake.root, 'inspect', 'live', '--json');
      const { devices } = JSON.parse(stdout);
      return devices.map(({ outcome }: { outcome: string }) => outcome);
    };
    expect(await outcomes()).toContain('deferred');
    fake.write('proc/uptime', '3600.00 1.00\n');
    expect(await outcomes()).not.toContain('deferred');
  });

  test('can be explained, by the names that its files have in a capture', async () => {
    const fake = fakeMachine(acpi);
    const { code, stdout } = await live(fake, 'explain', 'live', '0000:00:01.0');
    const captured = await fwspec(['explain', acpi, '0000:00:01.0', '--kernel', 'v6.12']);
    // Group numbers go by the order in which modules were loaded.
    const unnumbered = (text: string) =>
      text
        .replace(/group \d+/g, 'group N')
        .replace(/^.* module-times: .*\n(?: {15,}[a-z].*\n)?/m, '');
    expect([code, unnumbered(stdout)]).toEqual([0, unnumbered(captured.stdout)]);
    expect(stdout).toContain('acpi/IORT.bin at 0x');
  });

  test('can be verified and checked', async () => {
    const fake = fakeMachine(capture('a64-dt-none-k6.12'));
    const verified = await live(fake, 'verify', 'live');
    expect(verified.code).toBe(0);
    expect(verified.stdout).toMatch(/^live {3}kernel v6\.12 for 6\.12\.107/);
    expect(verified.stdout).toContain('nothing to compare: there is no IOMMU');
    expect(verified.stdout).not.toContain('agree');
    const checked = await live(fake, 'check', 'live');
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('nothing to explore');
  });

  test.each<[string, () => string, RegExp]>([
    ['a machine without Linux', scratch, /cannot read this machine: there is nothing to read/],
    [
      'a machine whose firmware is for root',
      () => {
        const fake = fakeMachine(acpi);
        rmSync(join(fake, 'sys/firmware'), { recursive: true });
        return fake;
      },
      /cannot read this machine: the firmware .* as root/,
    ],
    [
      'a machine with a damaged table',
      () => {
        const fake = new FakeTree(fakeMachine(acpi));
        const table = 'sys/firmware/acpi/tables/IORT';
        fake.write(table, readFileSync(fake.path(table)).subarray(0, 60));
        return fake.root;
      },
      /^fwspec: live\/acpi\/IORT\.bin: IORT length at offset 0x4: /,
    ],
  ])('%s is one line', async (_what, fake, says) => {
    const { code, stdout, stderr } = await live(fake(), 'inspect', 'live');
    expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect([code, stdout]).toEqual([2, '']);
  });
});
