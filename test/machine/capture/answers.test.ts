// Answers that are no capture: kernel logs and listings of groups. What they say is compared, and no more.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answersIn, captureOf, type Verification, verify } from '../../../src/machine/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { machineOf } from './packed-captures.ts';

const name = 'a64-dt-smmu-rp-k6.12';

/** The groups of that capture. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ['0', ['0000:00:02.0', '0000:00:02.1', '0000:01:00.0', '0000:02:00.0']],
  ['1', ['0000:00:03.0', '0000:03:00.0']],
];

function verified(...texts: string[]): Verification {
  const answers = answersIn(texts);
  if (answers === null) throw new Error('no answers');
  const machine = machineOf(name);
  const asked = { kconfig: {}, cmdline: null };
  return verify(machine, captureOf(answers, machine), nearestRelease('6.12.107'), asked);
}

function listing(
  line: (group: string, device: string) => string,
  heading: (group: string) => string[] = () => [],
): string {
  return groups
    .flatMap(([group, devices]) => [
      ...heading(group),
      ...devices.map((device) => line(group, device)),
    ])
    .join('\n');
}

const short = (device: string): string => device.slice('0000:'.length);
const folder = (group: string): string => `/sys/kernel/iommu_groups/${group}/devices`;
const arrow = (device: string): string =>
  `${device} -> ../../../../devices/platform/4010000000.pcie/pci0000:00/${device}`;
const rights = 'lrwxrwxrwx 1 root root 0 Nov  1 10:00';

const loops: readonly (readonly [string, string])[] = [
  [
    'a loop around lspci -nns',
    listing(
      (group, device) => `IOMMU Group ${group} ${short(device)} ISA bridge [0601]: 8086:1c4e`,
    ),
  ],
  [
    'a loop that heads each group',
    listing(
      (_group, device) => `\t${short(device)} Ethernet controller [0200]: Intel`,
      (group) => [`IOMMU Group ${group}:`],
    ),
  ],
  [
    'a loop that indents by signs',
    listing(
      (_group, device) => ` |- ${device} Ethernet controller`,
      (group) => [`Group: ${group}`],
    ),
  ],
  ['a loop with colons', listing((group, device) => `Group ${group}: ${device} "Ethernet"`)],
  [
    'a page that has the IDs first',
    listing(
      (_group, device) => `\t[8086:1c4e] [R] ${short(device)} ISA bridge: Intel`,
      (group) => [`IOMMU group ${group}:`],
    ),
  ],
  [
    'lspci -v',
    listing(
      (group, device) =>
        `${short(device)} ISA bridge: Intel\n\tFlags: fast devsel, IRQ 24, IOMMU group ${group}\n`,
    ),
  ],
  [
    'lspci -vv',
    listing(
      (group, device) =>
        `${device} ISA bridge: Intel\n\tControl: I/O+ Mem+\n\tIOMMU group: ${group}\n\tKernel modules: x\n`,
    ),
  ],
];

const paths: readonly (readonly [string, string])[] = [
  ['find', listing((group, device) => `${folder(group)}/${device}`)],
  [
    'ls -l of each device',
    listing((group, device) => `${rights} ${folder(group)}/${arrow(device)}`),
  ],
  [
    'ls -l of each folder',
    listing(
      (_group, device) => `${rights} ${arrow(device)}`,
      (group) => ['', `${folder(group)}:`, 'total 0'],
    ),
  ],
  [
    'ls of each folder',
    listing(
      (_group, device) => device,
      (group) => ['', `${folder(group)}:`],
    ),
  ],
  ['find from within', listing((group, device) => `./${group}/devices/${device}`)],
  [
    'ls -R',
    listing(
      (_group, device) => device,
      (group) => [
        '',
        `/sys/kernel/iommu_groups/${group}:`,
        'devices',
        'reserved_regions',
        'type',
        '',
        `${folder(group)}:`,
      ],
    ),
  ],
  [
    'tree',
    listing(
      (_group, device) => `│   │   ├── ${arrow(device)}`,
      (group) => [`├── ${group}`, '│   ├── reserved_regions', '│   ├── type', '│   ├── devices'],
    ),
  ],
];

describe('a listing of groups', () => {
  test.each([...loops, ...paths])('of %s is compared', (_what, text) => {
    const { agree, devices, disagree, fields, vacuous } = verified(text);
    expect(disagree).toEqual([]);
    expect([agree, vacuous]).toEqual([devices, false]);
    const told = fields.filter(({ field, compared }) => field !== 'device' && compared > 0);
    expect(told.map(({ field, present }) => [field, present])).toEqual([['group', 6]]);
  });

  test.each([...loops, ...paths])('of %s with another membership disagrees', (_what, text) => {
    const moved = text
      .split('\n')
      .filter((line) => !line.includes('03:00.0'))
      .join('\n');
    expect(verified(moved).disagree).toEqual(
      [
        {
          device: '0000:00:03.0',
          field: 'group',
          predicted: ['0000:00:03.0', '0000:03:00.0'],
          observed: ['0000:00:03.0'],
        },
        {
          device: '0000:03:00.0',
          field: 'group',
          predicted: ['0000:00:03.0', '0000:03:00.0'],
          observed: null,
        },
      ].toSorted((a, b) => place(a.device) - place(b.device)),
    );
  });

  test('of lspci says nothing of other devices than PCI functions', () => {
    const [loop = '', path = ''] = [loops[0]?.[1], paths[0]?.[1]];
    expect(verified(loop).devices).toBe(7);
    expect(verified(path).devices).toBeGreaterThan(40);
  });

  test('is none without a group and a device', () => {
    expect(answersIn(['IOMMU Group 3\n', 'total 0\n', '00:1f.0 ISA bridge\n', ''])).toBeNull();
  });
});

/** Devices are compared in the order of the machine. */
function place(device: string): number {
  return machineOf(name).devices.findIndex((of) => of.name === device);
}

describe('a kernel log', () => {
  const added = groups.flatMap(([group, devices]) =>
    devices.map((device) => `pcieport ${device}: Adding to iommu group ${group}`),
  );
  const boot = [
    'Linux version 6.12.107+deb13-arm64 (debian-kernel@lists.debian.org)',
    'Kernel command line: console=ttyAMA0 panic=-1',
    'iommu: Default domain type: Translated',
    'iommu: DMA domain TLB invalidation policy: strict mode',
  ];

  test.each<[string, (line: string) => string]>([
    ['dmesg', (line) => `[    1.140123] ${line}`],
    ['dmesg -r', (line) => `<6>[    1.140123] ${line}`],
    ['dmesg -T', (line) => `[Sat Nov  1 10:00:00 2025] ${line}`],
    ['dmesg -x', (line) => `kern  :info  : [    1.140123] ${line}`],
    ['journalctl -k', (line) => `Nov 01 10:00:00 host kernel: ${line}`],
    ['kern.log', (line) => `2025-11-01T10:00:00.123456+01:00 host kernel: [    1.140123] ${line}`],
    ['journalctl -o short-monotonic', (line) => `[    1.140123] my-host.lan kernel: ${line}`],
    ['journalctl -o short-full', (line) => `Sat 2025-11-01 10:00:00 CET host kernel: ${line}`],
    ['journalctl -o short-unix', (line) => `1761987600.123456 host kernel: ${line}`],
    ['/dev/kmsg', (line) => `6,102,1140123,-;${line}`],
    ['a kernel that names the task', (line) => `[    1.140123][    T1] ${line}`],
    ['dmesg -H', (line) => `[  +0.000012] ${line}`],
    ['a bare message', (line) => line],
  ])('of %s is compared in what it says', (_what, as) => {
    const text = [...boot, ...added].map(as).join('\n');
    expect(answersIn([text])?.log).toMatchObject({
      release: '6.12.107+deb13-arm64',
      cmdline: 'console=ttyAMA0 panic=-1',
      defaultDomain: 'DMA',
    });
    const { disagree, agree, fields } = verified(text);
    expect([disagree, agree]).toEqual([[], added.length + 1]);
    const told = fields.filter(({ compared }) => compared > 0);
    expect(told.map(({ field, compared }) => [field, compared])).toEqual([
      ['device', 6],
      ['group', 6],
      ['domain', 1],
    ]);
  });

  test.each<[string, string[], object]>([
    [
      'a device that was taken out',
      [...added, 'pcieport 0000:00:03.0: Removing from iommu group 1'],
      { device: '0000:00:03.0', field: 'group', observed: null },
    ],
    [
      'a device that did not come in',
      ['virtio-pci 0000:03:00.0: Failed to add to iommu group 1: -22'],
      { device: '0000:03:00.0', field: 'group', observed: null },
    ],
    [
      'a device that waits',
      ['pci 0000:03:00.0: deferred probe pending: (reason unknown)'],
      { device: '0000:03:00.0', field: 'deferred', observed: true },
    ],
    [
      'another default',
      ['iommu: Default domain type: Passthrough (set via kernel command line)'],
      { device: 'default domain', field: 'domain', predicted: 'DMA', observed: 'identity' },
    ],
    [
      'a device that firmware does not have',
      ['pci 0000:7f:00.0: Adding to iommu group 9'],
      { device: '0000:7f:00.0', field: 'device', predicted: 'absent', observed: 'present' },
    ],
  ])('shows %s', (_what, lines, expected) => {
    const { disagree } = verified(lines.join('\n'));
    expect(disagree).toContainEqual(expect.objectContaining(expected));
  });

  test('that says nothing of IOMMUs agrees with nothing', () => {
    const { devices, vacuous } = verified(boot[0] ?? '');
    expect([devices, vacuous]).toEqual([0, true]);
    expect(answersIn(['[    0.0] usb 1-1: new device\n'])).toBeNull();
  });

  test('and a listing are compared together, the listing before the log', () => {
    const { disagree } = verified(`${paths[0]?.[1]}`, 'pci 0000:01:00.0: Adding to iommu group 1');
    expect(disagree).toEqual([]);
  });
});

test('any text is read or none of this', () => {
  const words = fc.constantFrom(
    'IOMMU Group ',
    '/sys/kernel/iommu_groups/',
    '/devices/',
    '00:1f.0',
    '3',
    ':',
    ' -> ',
    '\n',
    '[    1.0] ',
    'pci 0000:00:01.0: ',
    'Adding to iommu group ',
    '\u001b[31m',
  );
  const text = fc.array(fc.oneof(words, fc.string()), { maxLength: 30 });
  fc.assert(
    fc.property(text, (parts) => {
      const answers = answersIn([parts.join('')]);
      if (answers === null) return;
      const { listing, log } = answers;
      for (const group of listing?.groups.values() ?? []) expect(group).toMatch(/^\d+$/);
      expect(listing === null && log === null).toBe(false);
    }),
  );
});

test('time grows with the text, not faster', () => {
  const spaces = `IOMMU Group ${' '.repeat(200_000)}\n${'l'.repeat(200_000)}\n${' '.repeat(200_000)}`;
  const started = performance.now();
  answersIn([spaces]);
  expect(performance.now() - started).toBeLessThan(1000);
});
