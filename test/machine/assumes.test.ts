// What answers rest on, and that docs/not-modelled.md lists all of it.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../src/firmware/index.ts';
import { assumptionNames } from '../../src/machine/assumptions.ts';
import {
  asCaptured,
  assumedKernel,
  inspect,
  kconfigFor,
  type Machine,
  machineFromAcpi,
  machineFromFunctions,
  parseCapture,
} from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import {
  dmarOf,
  drhd,
  entry,
  iort,
  ivhd,
  ivrsOf,
  rootComplex,
  smmuV3,
  table,
  zeros,
} from '../firmware/acpi-builder.ts';
import { buffer, device, name, text } from '../firmware/aml-builder.ts';
import { be32, type Node, node, type Prop, prop } from '../firmware/fdt-builder.ts';
import { answersOf, machineOf as captured } from './capture/packed-captures.ts';
import { configSpace } from './pci/config-space.ts';
import { compatible, host, interrupts, machineOf, phandle, reg64 } from './trees.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The names of what any device of the machine assumes, by device. */
function assumed(machine: Machine, kernel = 'v7.3'): Map<string, string[]> {
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  const { devices } = inspect(machine, designOf(kernel), config);
  return new Map(
    devices.map(({ name, assumes = [] }) => [
      name,
      assumes.map((text) => text.split(':')[0] ?? ''),
    ]),
  );
}

// ---- machines, each with a device that rests on one thing ----------------------------------------

const iommu = (name: string, cells: number, ...props: Prop[]): Node =>
  node('iommu@1000', [
    compatible(name),
    reg64(0x1000),
    phandle(1),
    ...interrupts(8),
    prop('#iommu-cells', be32(cells)),
    ...props,
  ]);
const client = (...ids: number[]): Node =>
  node('dma@9000', [compatible('x'), reg64(0x9000), prop('iommus', be32(1, ...ids))]);
const behind = (name: string, cells = 1): Machine =>
  machineOf([iommu(name, cells), client(...Array.from({ length: cells }, () => 1))]);

/** A client of an IPMMU on that SoC. */
function renesas(soc: string, name: string): Machine {
  const address = Number.parseInt(name.slice(4), 16);
  const props = [compatible('x'), reg64(address), prop('iommus', be32(1, 1))];
  return machineOf([iommu('renesas,ipmmu-vmsa', 1), node(name, props)], {}, [compatible(soc)]);
}

/** A device that has an ID at the PAMU of its SoC, and one that has none. */
function freescale(name: string, ...props: Prop[]): Machine {
  return machineOf([
    node('iommu@20000', [compatible(name), reg64(0x20000), ...props]),
    node('ethernet@f1000', [compatible('x'), reg64(0xf1000), prop('fsl,liodn', be32(96))]),
    node('dma@9000', [compatible('x'), reg64(0x9000)]),
  ]);
}

const slot = '0000:00:01.0';
const acpi = (bytes: Uint8Array, space: Uint8Array, others: Record<string, Uint8Array> = {}) =>
  machineFromAcpi(
    readAcpi([{ name: 'table', bytes }]),
    new Map([[slot, space], ...Object.entries(others)]),
  );
const dmar = dmarOf(drhd(1, 0xfed9_0000));
const ivrs = ivrsOf(ivhd(0x10, 8, 0xfed8_0000, entry(1, 0)));
const msi = configSpace({
  words: [
    [0x06, 0x10],
    [0x34, 0x40],
    [0x40, 0x05],
  ],
});
const plain = configSpace({ type: 0 });
const cut = new Uint8Array(64).fill(0xff);
const all = { from: 0, count: 0x1_0000, to: 0, reference: 0x30 };

/** A host bridge that says which addresses DMA reaches. */
const limited = table(
  'DSDT',
  device('PCI0', name('_HID', text('PNP0A08')), name('_DMA', buffer(new Uint8Array([0x79, 0])))),
);

const cases: readonly (readonly [name: string, machine: Machine, device: string])[] = [
  ['smmu-registers', behind('arm,smmu-v3'), '9000.dma'],
  ['client-drivers', behind('arm,smmu-v3'), '9000.dma'],
  ['smmu-implementation', behind('qcom,smmu-v2'), '9000.dma'],
  ['iommu-driver', behind('vendor,unknown'), '9000.dma'],
  ['driver-history', behind('apple,t8103-dart'), '9000.dma'],
  ['soc-revision', renesas('renesas,r8a7795', 'mmc@ee100000'), 'ee100000.mmc'],
  ['tegra-groups', behind('nvidia,tegra124-mc'), '9000.dma'],
  ['context-banks', behind('qcom,msm-iommu-v1'), '9000.dma'],
  ['mtk-arbiters', behind('mediatek,mt8173-m4u'), '9000.dma'],
  ['virtio-endpoints', behind('virtio,mmio'), '9000.dma'],
  ['pamu', freescale('fsl,pamu'), 'f1000.ethernet'],
  ['pamu', freescale('fsl,pamu', prop('status', Buffer.from('disabled\0'))), 'f1000.ethernet'],
  [
    'pci-functions',
    machineOf([iommu('arm,smmu-v3', 1), host(0x4000000, [prop('iommu-map', be32(8, 1, 8, 1))])]),
    slot,
  ],
  ['dmar-registers', acpi(dmar, plain), slot],
  ['no-dsdt', acpi(dmar, plain), slot],
  ['acs-quirks', acpi(dmar, configSpace({ type: 0, ids: [0x8086, 0x105e] })), slot],
  ['acs-control', acpi(dmar, configSpace({ type: 0, acs: [0x5f, 0] })), slot],
  ['alias-quirks', acpi(dmar, configSpace({ type: 0, ids: [0x9005, 0x0285] })), slot],
  [
    'intel-quirks',
    acpi(dmar, plain, { '0000:00:02.0': configSpace({ ids: [0x8086, 0x3a3e] }) }),
    slot,
  ],
  ['amd-registers', acpi(ivrs, msi, { '0000:00:03.0': plain }), '0000:00:03.0'],
  ['pci-config', acpi(iort(smmuV3(), rootComplex(0, { mappings: [all] })), cut), slot],
  ['acpi-dma', acpi(limited, plain), slot],
  [
    'rimt',
    machineFromAcpi(
      readAcpi([{ name: 'RIMT', bytes: table('RIMT', zeros(12)) }]),
      new Map([[slot, plain]]),
    ),
    slot,
  ],
  ['one-iommu', machineFromFunctions(new Map([[slot, plain]])), slot],
];

test('on x86 nobody looks for a _DMA', () => {
  const machine = machineFromAcpi(
    readAcpi([limited, dmar].map((bytes, i) => ({ name: `${i}`, bytes }))),
    new Map([[slot, plain]]),
  );
  expect(assumed(machine).get(slot)).not.toContain('acpi-dma');
});

test.each(cases)('%s is said at a device that rests on it', (name, machine, device) => {
  expect(assumed(machine).get(device)).toContain(name);
});

const mapped = acpi(iort(smmuV3(), rootComplex(0, { mappings: [all] })), plain);
const named = machineOf([
  iommu('mediatek,mt8173-m4u', 1, prop('mediatek,larbs', be32(2))),
  node('larb@2000', [compatible('mediatek,mt8173-smi-larb'), reg64(0x2000), phandle(2)]),
  client(1),
]);

/** Machines that are nearly those above, with a device that does not rest on that. */
const others: readonly (readonly [name: string, machine: Machine, device: string])[] = [
  ['smmu-registers', behind('apple,t8103-dart'), '9000.dma'],
  ['client-drivers', machineOf([node('dma@9000', [compatible('x'), reg64(0x9000)])]), '9000.dma'],
  ['smmu-implementation', behind('arm,smmu-v2'), '9000.dma'],
  ['iommu-driver', behind('arm,smmu-v3'), '9000.dma'],
  ['driver-history', behind('arm,smmu-v3'), '9000.dma'],
  ['soc-revision', renesas('renesas,r8a774a1', 'mmc@ee100000'), 'ee100000.mmc'],
  ['soc-revision', renesas('renesas,r8a7795', 'usb@ee080000'), 'ee080000.usb'],
  ['soc-revision', renesas('renesas,r8a77965', 'mmc@ee100000'), 'ee100000.mmc'],
  ['tegra-groups', behind('arm,smmu-v3'), '9000.dma'],
  ['context-banks', behind('qcom,smmu-v2'), '9000.dma'],
  ['mtk-arbiters', named, '9000.dma'],
  ['virtio-endpoints', behind('arm,smmu-v3'), '9000.dma'],
  ['virtio-slot', behind('arm,smmu-v3'), '9000.dma'],
  ['pamu', freescale('fsl,pamu'), '9000.dma'],
  ['pamu', freescale('fsl,other'), 'f1000.ethernet'],
  ['pci-functions', acpi(dmar, plain), slot],
  ['pci-config', acpi(dmar, plain), slot],
  ['dmar-registers', mapped, slot],
  ['acs-quirks', acpi(dmar, configSpace({ type: 0, ids: [0x8086, 0x0001] })), slot],
  ['acs-control', acpi(dmar, configSpace({ type: 0 })), slot],
  ['alias-quirks', acpi(dmar, configSpace({ type: 0, ids: [0x8086, 0x0285] })), slot],
  ['intel-quirks', acpi(dmar, plain, { '0000:00:02.0': configSpace({}) }), slot],
  ['amd-registers', acpi(dmar, plain), slot],
  ['rimt', acpi(dmar, plain), slot],
  ['one-iommu', acpi(dmar, plain), slot],
  ['hypervisor', acpi(dmar, plain), slot],
  ['maker', behind('arm,smmu-v3'), '9000.dma'],
  ['dsp-service', behind('arm,smmu-v3'), '9000.dma'],
  ['mc-stream-id', mapped, slot],
  ['acpi-status', mapped, slot],
  ['acpi-coherency', mapped, slot],
  ['acpi-dma', mapped, slot],
  ['no-dsdt', captured('x86-vtd-p2p-k7.3'), '0000:00:05.0'],
  ['vmd-order', acpi(dmar, plain), slot],
  ['vmd-unknown', acpi(dmar, plain), slot],
];

test.each(others)(
  '%s is not said at a device that does not rest on it',
  (name, machine, device) => {
    const found = assumed(machine).get(device);
    expect(found).toBeDefined();
    expect(found).not.toContain(name);
  },
);

/** What is assumed of a kernel, not of a device. */
const ofKernel = ['arm64-kernel', 'kernel-config', 'command-line', 'bootargs', 'module-times'];

test('each assumption has a device that does not rest on it', () => {
  const tried = [...others.map(([name]) => name), ...ofKernel];
  expect(assumptionNames.filter((name) => !tried.includes(name))).toEqual([]);
});

test('a device that has nothing to do with an IOMMU rests on nothing', () => {
  const machine = machineOf([
    iommu('arm,smmu-v3', 1),
    node('uart@8000', [compatible('y'), reg64(0x8000)]),
  ]);
  expect(assumed(machine).get('8000.uart')).toEqual([]);
});

test.each<[what: string, bootargs: string | undefined, kconfig: object, names: string[]]>([
  ['nothing is known', undefined, {}, ['kernel-config', 'command-line']],
  ['it says how to translate', 'iommu.passthrough=0 iommu.strict=1', {}, ['bootargs']],
  ['it says to pass through', 'iommu.passthrough=1', {}, ['bootargs']],
])(
  'of the kernel is assumed what neither its command line nor anybody says: %s',
  (_what, bootargs, kconfig, names) => {
    const machine = bootargs === undefined ? { fdt: null } : { bootargs, fdt: null };
    const asked = { kconfig, cmdline: null };
    const found = assumedKernel(machine, asked, kconfigFor(machine, asked));
    expect(found.map((text) => text.split(':')[0])).toEqual(names);
  },
);

test.each<[string, string[], object, boolean]>([
  ['a Cortex-A8', ['arm,cortex-a8'], {}, true],
  ['an ARM11', ['arm,arm1176jzf-s'], {}, true],
  ['a Krait', ['qcom,krait', 'qcom,krait'], {}, true],
  ['a Sheeva', ['marvell,sheeva-v7'], {}, true],
  ['a Cortex-A53', ['arm,cortex-a53'], {}, false],
  ['a Cortex-A72, whose name begins like another', ['arm,cortex-a72'], {}, false],
  ['a Kryo', ['qcom,kryo385'], {}, false],
  ['one of each', ['arm,cortex-a7', 'arm,cortex-a53'], {}, false],
  ['none that is named', [], {}, false],
  ['a Cortex-A8, and a kernel for it', ['arm,cortex-a8'], { CONFIG_ARM64: false }, false],
])('whether arm64 can run there is told from the processors: %s', (_what, cpus, kconfig, is) => {
  const nodes = cpus.map((name, i) => node(`cpu@${i}`, [compatible(name)]));
  const { fdt } = machineOf([node('cpus', [], nodes)]);
  const machine = { bootargs: '', fdt };
  const asked = { kconfig, cmdline: null };
  const found = assumedKernel(machine, asked, kconfigFor(machine, asked));
  expect(found.some((text) => text.startsWith('arm64-kernel'))).toBe(is);
});

test.each([
  ['in no step', [], true],
  ['in steps with their time', [{ time: 1, what: 'load x' }], false],
])('when modules came is assumed where a capture shows them %s', (_what, steps, isAssumed) => {
  const name = 'dtb-v2-cells2-mask-k6.12';
  const capture = { ...parseCapture(answersOf(name)), modules: ['x'], steps };
  const asked = { kconfig: {}, cmdline: null };
  const { options } = asCaptured(captured(name), capture, designOf('v6.12'), asked);
  const names = options.assumes?.map((text) => text.split(':')[0]);
  expect(names?.includes('module-times')).toBe(isAssumed);
});

// ---- the page ------------------------------------------------------------------------------------

describe('docs/not-modelled.md', () => {
  const page = read('docs/not-modelled.md');
  const items = page
    .split(/^(?=- |## )/m)
    .filter((part) => part.startsWith('- '))
    .map((part) => part.trim().replaceAll(/\s+/g, ' '));
  const marks = items.map((item) => /_\(([^()]+)\)_$/.exec(item)?.[1] ?? '');

  test('says of each item how an answer says it', () => {
    const known = [
      'no device',
      'a note',
      'a finding',
      ...assumptionNames.map((name) => `\`${name}\``),
    ];
    expect(items.length).toBeGreaterThan(60);
    const wrong = items.filter(
      (_item, i) => !marks[i]?.split(', ').every((mark) => known.includes(mark)),
    );
    expect(wrong).toEqual([]);
  });

  test('has each assumption', () => {
    expect(
      assumptionNames.filter((name) => !marks.some((mark) => mark.includes(`\`${name}\``))),
    ).toEqual([]);
  });

  test('and each assumption has a test', () => {
    const folder = new URL('test/machine/', root);
    const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'assumes.test.ts')
      .map((name) => readFileSync(new URL(name, folder), 'utf8'));
    const own = [...cases.map(([name]) => name), ...ofKernel];
    expect(
      assumptionNames.filter(
        (name) => !own.includes(name) && !tests.some((text) => text.includes(name)),
      ),
    ).toEqual([]);
  });
});
