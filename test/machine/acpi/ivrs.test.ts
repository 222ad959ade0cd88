// Machines with AMD's IOMMUs: a captured one, with other tables and configuration space than it had.
import { describe, expect, test } from 'vitest';
import { parsePciConfig, readAcpi } from '../../../src/firmware/index.ts';
import {
  explain,
  type Inspection,
  inspect,
  kconfigFor,
  machineFromAcpi,
  shapeKey,
  shapesOf,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import {
  aliasEntry,
  block,
  edited,
  entry,
  ivhd,
  ivrsOf,
  le8,
  le16,
  le32,
  le64,
  zeros,
} from '../../firmware/acpi-builder.ts';
import { joined, raw } from '../../firmware/fdt-builder.ts';
import { filesOf, pciOf } from '../capture/packed-captures.ts';
import { configSpace } from '../pci/config-space.ts';

const files = filesOf('x86-ivrs-range-k7.3');

const all = entry(1, 0);
const ivrs = ivrsOf(ivhd(0x10, 8, 0xfed8_0000, all));
const select = (...ids: readonly number[]) => joined(ids.map((id) => entry(2, id)));

interface Options {
  readonly table?: Uint8Array;
  readonly kernel?: string;
  readonly cmdline?: string;
  readonly pci?: (functions: Map<string, Uint8Array>) => void;
}

function machineWith({ table = ivrs, pci = () => {} }: Options) {
  const functions = pciOf(files);
  pci(functions);
  const dsdt = files.get('acpi/DSDT.bin') ?? zeros(0);
  return machineFromAcpi(
    readAcpi([
      { name: 'DSDT', bytes: dsdt },
      { name: 'IVRS', bytes: table },
    ]),
    functions,
  );
}

function inspected(options: Options): Inspection {
  const { kernel = 'v7.3', cmdline = '' } = options;
  const machine = machineWith(options);
  return inspect(machine, designOf(kernel), kconfigFor(machine, { kconfig: {}, cmdline }));
}

const functionsIn = ({ devices }: Inspection) => devices.filter(({ bus }) => bus === 'pci');
const translatedIn = (inspection: Inspection) =>
  inspection.devices.filter(({ outcome }) => outcome === 'translated').map(({ name }) => name);
const groupsIn = ({ groups }: Inspection) => groups.map(({ devices }) => devices.join(' '));
const domainsIn = (inspection: Inspection) =>
  new Set(inspection.devices.flatMap(({ domain }) => domain ?? []));

test('each function is behind its unit, but not the unit itself', () => {
  const inspection = inspected({});
  expect(inspection.iommus).toMatchObject([
    { name: 'ivhd0', path: 'IVRS structure at 0x30', state: 'registered' },
  ]);
  const others = functionsIn(inspection).filter(({ name }) => name !== '0000:00:01.0');
  expect(others).toHaveLength(10);
  for (const { iommus } of others) expect(iommus).toMatchObject([{ iommu: 'ivhd0' }]);
  const itself = inspection.devices.find(({ name }) => name === '0000:00:01.0');
  expect(itself).toMatchObject({ outcome: 'direct', iommus: [] });
});

test('devices that no entry names are behind no unit', () => {
  const table = ivrsOf(ivhd(0x10, 8, 0xfed8_0000, select(0x18, 0x300)));
  expect(translatedIn(inspected({ table }))).toEqual(['0000:00:03.0', '0000:03:00.0']);
});

test('units are numbered in the order of the table, whatever type it is of', () => {
  const table = ivrsOf(
    ivhd(0x11, 8, 0xfed8_0000, select(0x10)),
    ivhd(0x11, 0xf8, 0xfee8_0000, select(0x18)),
  );
  const { devices } = inspected({ table });
  const iommuOf = (name: string) => devices.find((of) => of.name === name)?.iommus[0]?.iommu;
  expect([iommuOf('0000:00:02.0'), iommuOf('0000:00:03.0')]).toEqual(['ivhd0', 'ivhd1']);
});

test('functions of a southbridge of AMD are isolated', () => {
  const southbridge = (functions: Map<string, Uint8Array>) => {
    for (const [name, id] of [
      ['0000:00:1f.0', 0x439d],
      ['0000:00:1f.3', 0x4385],
    ] as const)
      functions.set(name, edited(functions.get(name) ?? zeros(64), 0, le16(0x1002, id)));
  };
  expect(groupsIn(inspected({}))).toContain('0000:00:1f.0 0000:00:1f.2 0000:00:1f.3');
  const groups = groupsIn(inspected({ pci: southbridge }));
  for (const name of ['0000:00:1f.0', '0000:00:1f.2', '0000:00:1f.3'])
    expect(groups).toContain(name);
});

describe('an alias', () => {
  const groups = (source: number) =>
    groupsIn(
      inspected({ table: ivrsOf(ivhd(0x10, 8, 0xfed8_0000, all, aliasEntry(66, 0x18, source))) }),
    );

  test('on the same bus puts both functions into one group', () => {
    expect(groups(0x10)).toContain('0000:00:02.0 0000:00:03.0');
  });

  test('is not taken for a quirk of the device', () => {
    const table = ivrsOf(ivhd(0x10, 8, 0xfed8_0000, all, aliasEntry(66, 0x18, 0x10)));
    const rules = inspected({ table }).findings.map(({ rule }) => rule);
    expect(rules).not.toContain('pci-alias-quirk');
  });

  test('on another bus does not', () => {
    expect(groups(0x300)).toContain('0000:00:03.0');
    expect(groups(0x300)).toContain('0000:03:00.0');
  });
});

describe('a function with a higher ID than the table has', () => {
  const isOfKernel = ({ rule }: { readonly rule: string }) => rule.startsWith('kernel-');
  const table = ivrsOf(ivhd(0x10, 8, 0xfed8_0000, entry(3, 0), entry(4, 0x17)));

  // Tables are of whole pages, with 512 entries each, or of 192 bytes with 24.
  test.each([
    ['v6.1', 'rlookup_table[0x200] is read for 0000:02:00.0'],
    ['v6.12', 'rlookup_table[0x200] is read for 0000:02:00.0'],
    ['v6.15', 'rlookup_table[0x200] is read for 0000:02:00.0'],
    ['v6.16', 'rlookup_table[0x18] is read for 0000:00:03.0'],
  ])('crashes %s', (kernel, message) => {
    const { findings, devices, groups } = inspected({ table, kernel });
    expect(findings.filter(isOfKernel)).toMatchObject([
      { rule: 'kernel-crash', severity: 'error', message: expect.stringContaining(message) },
    ]);
    expect(new Set(devices.map(({ outcome }) => outcome))).toEqual(new Set(['failed']));
    expect(groups).toEqual([]);
  });

  test('is explained by the crash, as any other is', () => {
    const machine = machineWith({ table });
    const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
    for (const name of ['0000:00:00.0', '0000:02:00.0']) {
      const { steps } = explain(machine, name, designOf('v6.12'), config);
      expect(steps.at(-1)).toMatchObject({
        what: 'probe',
        failed: true,
        text: expect.stringContaining('the kernel crashes while it boots: rlookup_table[0x200]'),
      });
    }
  });

  test('is behind no IOMMU under v7.3', () => {
    const inspection = inspected({ table });
    expect(inspection.findings.filter(isOfKernel)).toEqual([]);
    expect(translatedIn(inspection)).toEqual(['0000:00:00.0', '0000:00:02.0', '0000:00:02.1']);
  });

  test('crashes nothing as long as the table has room for it', () => {
    const wide = ivrsOf(ivhd(0x10, 8, 0xfed8_0000, select(0x201)));
    const { findings } = inspected({ table: wide, kernel: 'v6.12' });
    expect(findings.filter(isOfKernel)).toEqual([]);
  });
});

function withoutMsi(functions: Map<string, Uint8Array>): void {
  const config = functions.get('0000:00:01.0') ?? zeros(64);
  const found = parsePciConfig(config).capabilities.filter(({ id }) => id === 5);
  const without = found.reduce((bytes, { offset }) => edited(bytes, offset, le8(9)), config);
  functions.set('0000:00:01.0', without);
}

/** Graphics beside which Linux uses no IOMMU. */
function stoneyRidge(functions: Map<string, Uint8Array>): void {
  const bytes = configSpace({ ids: [0x1002, 0x98e4], code: 0x030000 });
  functions.set('0000:00:05.0', bytes);
}

describe('there is no IOMMU', () => {
  const missing = (functions: Map<string, Uint8Array>) => functions.delete('0000:00:01.0');
  test.each<[string, Options, string?]>([
    ['with amd_iommu=off', { cmdline: 'amd_iommu=off' }, 'disabled'],
    ['with iommu=off', { cmdline: 'iommu=soft,off' }, 'disabled'],
    ['when the checksum of IVRS is wrong', { table: edited(ivrs, 9, le8(1)) }],
    ['when the function that it is does not exist', { pci: missing }],
    ['when the function that it is has no MSI', { pci: withoutMsi }],
    [
      'when the function of another one does not exist',
      { table: ivrsOf(ivhd(0x10, 8, 0xfed8_0000, all), ivhd(0x10, 9, 0xfee8_0000, all)) },
    ],
  ])('%s', (_what, options, state = 'failed') => {
    const inspection = inspected(options);
    expect(inspection.iommus[0]).toMatchObject({ name: 'ivhd0', state });
    expect(inspection.groups).toEqual([]);
    expect(new Set(inspection.devices.map(({ outcome }) => outcome))).toEqual(new Set(['direct']));
  });
});

test.each<[string, Options, string]>([
  ['0000:00:01.0', {}, 'it is the IOMMU ivhd0 itself'],
  ['0000:03:00.0', { table: edited(ivrs, 9, le8(1)) }, 'Linux gives up on IVRS'],
  ['0000:03:00.0', { cmdline: 'amd_iommu=off' }, 'the command line turns the IOMMUs off'],
  [
    '0000:03:00.0',
    { table: ivrsOf(ivhd(0x10, 9, 0xfed8_0000, all)) },
    'Linux uses no IOMMU: ivhd0 cannot be initialized: segment 0 has no PCI function 0x9',
  ],
  [
    '0000:03:00.0',
    { table: ivrsOf(ivhd(0x10, 8, 0xfed8_0000, all), ivhd(0x10, 0x99, 0xfee8_0000, all)) },
    'ivhd1 cannot be initialized: segment 0 has no PCI function 0x99',
  ],
  ['0000:03:00.0', { pci: withoutMsi }, 'ivhd0 has no interrupt for its events'],
  ['0000:03:00.0', { pci: stoneyRidge }, '0000:00:05.0 is of Stoney Ridge'],
  [
    '0000:03:00.0',
    { table: ivrsOf(ivhd(0x10, 8, 0xfed8_0000, select(0x18))) },
    'its ID 0x300 is beyond 0x18, the last one in IVRS',
  ],
  [
    '0000:00:00.0',
    { table: ivrsOf(ivhd(0x10, 8, 0xfed8_0000, select(0x400))) },
    'no entry of IVRS names its ID 0x0',
  ],
  ['QEMU0002:00', {}, 'no entry of IVRS names its object'],
])('%s is told why it has no IOMMU', (name, options, reason) => {
  const { devices } = inspected(options);
  expect(devices.find((of) => of.name === name)?.reasons).toEqual([
    expect.stringContaining(reason),
  ]);
});

describe('domains are', () => {
  const header64 = (functions: Map<string, Uint8Array>) =>
    functions.set('0000:00:01.0', (functions.get('0000:00:01.0') ?? zeros(64)).subarray(0, 64));
  /** An NVMe drive with these extended capabilities. */
  const drive =
    (...ids: readonly number[]) =>
    (functions: Map<string, Uint8Array>) => {
      const config = new Uint8Array(4096);
      config.set((functions.get('0000:02:00.0') ?? zeros(0)).subarray(0, 256));
      ids.forEach((id, i) => {
        const next = i + 1 < ids.length ? 0x110 + 0x10 * i : 0;
        config.set(le32(next * 0x10_0000 + 0x1_0000 + id), 0x100 + 0x10 * i);
      });
      functions.set('0000:02:00.0', config);
    };
  const pasid = drive(0x1b);
  const [ats, pri] = [0x0f, 0x13];

  test.each<[string, Options, string[]]>([
    ['strict where the IOMMU is a virtual one', {}, ['DMA']],
    ['lazy where nobody knows that', { pci: header64 }, ['DMA-FQ']],
    ['strict if asked for', { pci: header64, cmdline: 'amd_iommu=fullflush' }, ['DMA']],
    ['identities with iommu=pt', { cmdline: 'iommu=pt' }, ['identity']],
    ['an identity for a device with PASIDs', { pci: pasid }, ['DMA', 'identity']],
    [
      'an identity under v6.1 when it has ATS and PRI, too',
      { pci: drive(ats, pri, 0x1b), kernel: 'v6.1' },
      ['DMA', 'identity'],
    ],
    ['translated under v6.1 when it has not', { pci: pasid, kernel: 'v6.1' }, ['DMA']],
    [
      'translated for it with force_isolation',
      { pci: pasid, cmdline: 'amd_iommu=force_isolation' },
      ['DMA'],
    ],
  ])('%s', (_what, options, domains) => {
    expect([...domainsIn(inspected(options))].sort()).toEqual(domains);
  });

  test('by what the IOMMU can, whatever firmware repeats of that', () => {
    const header = [le16(8, 0x40), le64(0xfed8_0000), le16(0, 0), le32(0)];
    const machine = machineWith({ table: ivrsOf(block(0x10, 0, ...header, all)), pci: pasid });
    const config = kconfigFor(machine, { kconfig: {}, cmdline: '' });
    const hardware = new Map([['ivhd0', { extendedFeatures: 0x12n }]]);
    const domains = [machine, { ...machine, hardware }].map((one) =>
      [...domainsIn(inspect(one, designOf('v7.3'), config))].sort(),
    );
    expect(domains).toEqual([['DMA'], ['DMA', 'identity']]);
  });
});

describe('a device outside PCI', () => {
  const object = (device: number, hid: string, uid = '') =>
    joined([
      entry(240, device),
      raw(hid),
      zeros(8),
      uid === '' ? le8(0, 0) : joined([le8(2, uid.length), raw(uid)]),
    ]);
  const table = (...objects: readonly Uint8Array[]) =>
    ivrsOf(ivhd(0x40, 8, 0xfed8_0000, select(0x300), ...objects));

  test('is behind the unit that names its object', () => {
    const inspection = inspected({ table: table(object(0x17, 'QEMU0002')) });
    expect(translatedIn(inspection)).toEqual(['QEMU0002:00', '0000:03:00.0']);
  });

  test('shares a group with another one that has its ID', () => {
    const both = table(object(0x17, 'QEMU0002'), object(0x17, 'PNP0103\0'));
    expect(groupsIn(inspected({ table: both }))).toContain('QEMU0002:00 PNP0103:00');
  });

  test('may have another UID than its entry since v6.16', () => {
    const other = table(object(0x17, 'QEMU0002', 'other'));
    expect(translatedIn(inspected({ table: other, kernel: 'v6.15' }))).toEqual(['0000:03:00.0']);
    expect(translatedIn(inspected({ table: other, kernel: 'v6.16' }))).toContain('QEMU0002:00');
  });

  test('has no IOMMU when several entries are about other ones of its kind', () => {
    const others = table(object(0x16, 'QEMU0002', 'a'), object(0x17, 'QEMU0002', 'b'));
    expect(translatedIn(inspected({ table: others }))).toEqual(['0000:03:00.0']);
  });
});

test('functions have the shape that the table gives them', () => {
  const machine = machineWith({});
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  const shapes = shapesOf(machine, designOf('v6.12'), config).map(({ shape, devices }) => [
    shape === null ? null : shapeKey(shape),
    devices.length,
  ]);
  expect(shapes).toContainEqual(['pci ivrs IVRS 0/0', 6]);
  expect(shapes).toContainEqual(['pci ivrs IVRS 0/0 2 functions', 3]);
});
