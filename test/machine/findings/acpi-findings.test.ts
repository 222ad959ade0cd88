// Findings about ACPI tables, each with a table that is wrong in one thing.
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import { defaultKconfig, type Kconfig } from '../../../src/linux/index.ts';
import { type Finding, inspect, machineFromAcpi, rules } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import {
  block,
  dmarOf as dmar,
  dmarScope,
  edited,
  entry,
  iort,
  iortNode,
  itsGroup,
  ivrsOf as ivrs,
  iwb,
  le8,
  le16,
  le32,
  le64,
  type Mapping,
  named,
  pmcg,
  rmr,
  rootComplex,
  smmu,
  smmuV3,
  dmarStructure as structure,
  summed,
  table,
  drhd as unit,
  zeros,
} from '../../firmware/acpi-builder.ts';
import { scope as amlScope, device, method, name, text } from '../../firmware/aml-builder.ts';
import { joined } from '../../firmware/fdt-builder.ts';
import { configSpace } from '../pci/config-space.ts';

type Pci = Readonly<Record<string, Uint8Array>>;

function findingsOf(
  tables: readonly Uint8Array[],
  pci: Pci = {},
  config: Partial<Kconfig> = {},
): readonly Finding[] {
  const acpi = readAcpi(tables.map((bytes, i) => ({ name: `${i}`, bytes })));
  const machine = machineFromAcpi(acpi, new Map(Object.entries(pci)));
  return inspect(machine, designOf('v6.12'), { ...defaultKconfig, ...config }).findings;
}

interface Case {
  readonly rule: string;
  /** How it is wrong, where a rule has several cases. */
  readonly how?: string;
  readonly tables: readonly Uint8Array[];
  readonly pci?: Pci;
  readonly config?: Partial<Kconfig>;
  readonly offset: number | null;
  /** Where the rule has several. */
  readonly severity?: Finding['severity'];
}

// ---- IORT: an SMMUv3 of 68 bytes comes first, what is wrong is behind it ------------------------

const smmuAt = 0x30;
const next = 0x30 + 68;
/** Where the mappings of a root complex and of the component DEV0 begin. */
const rootMaps = next + 36;
const namedMaps = next + 40;

function behindSmmu(...nodes: readonly Uint8Array[]): Uint8Array {
  return revised(iort(smmuV3(), ...nodes), 3);
}

function revised(bytes: Uint8Array, revision: number): Uint8Array {
  return summed(edited(bytes, 8, le8(revision)));
}

function range(from: number, count: number, to: Partial<Mapping> = {}): Mapping {
  return { from, count, to: from, reference: smmuAt, ...to };
}

const one = { ...range(0, 1), flags: 1 };
const other = { ...one, to: 0x40 };
const rc = (...mappings: readonly Mapping[]) => rootComplex(0, { mappings });
const component = (...mappings: readonly Mapping[]) => named('\\_SB_.DEV0', { mappings });
const changedSmmu = (offset: number, by: Uint8Array, ...mappings: readonly Mapping[]) =>
  revised(iort(edited(smmuV3({ mappings }), offset, by)), 3);
/** Reserved memory: flags at 16, its first range at 28. */
const reserved = (offset: number, by: Uint8Array) =>
  revised(iort(smmuV3(), edited(rmr([one]), offset, by)), 5);
const allocation = (segment: number) =>
  joined([le64(0xe000_0000 + segment * 0x1000_0000), le16(segment), le8(0, 0x7f), zeros(4)]);
const mcfg = table('MCFG', zeros(8), allocation(0));
const dev0 = (...names: readonly Uint8Array[]) =>
  device('DEV0', name('_HID', text('ABCD0001')), ...names);
const memoryOfFunctions = [revised(iort(smmuV3(), rc(range(0, 0x10)), rmr([one])), 5)];
const rootBus = (...more: readonly Uint8Array[]) =>
  device('PCI0', name('_HID', text('PNP0A08')), name('_CCA', le8(1)), ...more);
const dsm = method('_DSM', le8(0xa4, 0));
/** Memory in proximity domains; each of those that do not count as a pair with 0. */
const srat = (...domains: readonly (number | [number, number])[]) =>
  table(
    'SRAT',
    zeros(12),
    ...domains.map((of) => {
      const [domain, flags] = typeof of === 'number' ? [of, 1] : of;
      return joined([le8(1, 40), le32(domain), zeros(22), le32(flags), zeros(8)]);
    }),
  );
const toGroup = (from: number) => range(from, 1, { reference: next + 60 });

const iortCases: readonly Case[] = [
  { rule: 'acpi-length', tables: [joined([behindSmmu(), le8(1)])], offset: 4 },
  { rule: 'acpi-checksum', tables: [edited(behindSmmu(), 20, le8(1))], offset: 9 },
  { rule: 'mcfg-length', tables: [table('MCFG', zeros(8), zeros(15))], offset: 44 },
  { rule: 'iort-rev', tables: [revised(behindSmmu(), 4)], offset: 8 },
  { rule: 'iort-node-count', how: 'too many', tables: [counted(2)], offset: next },
  { rule: 'iort-node-count', how: 'too few', tables: [counted(0)], offset: smmuAt },
  {
    rule: 'iort-node-count',
    how: 'an offset behind the end',
    tables: [summed(edited(behindSmmu(), 40, le32(0x9000)))],
    offset: 40,
  },
  {
    rule: 'iort-node-length',
    tables: [summed(edited(behindSmmu(itsGroup(1)), next + 1, le16(0)))],
    offset: next + 1,
  },
  { rule: 'iort-node-type', tables: [behindSmmu(iortNode(99, zeros(4)))], offset: next },
  {
    rule: 'iort-map-outside',
    tables: [summed(edited(behindSmmu(rc(range(0, 1))), next + 8, le32(2)))],
    offset: next,
  },
  {
    rule: 'iort-map-wrap',
    tables: [behindSmmu(rc(range(0, 2, { to: 0xffff_ffff })))],
    offset: rootMaps,
  },
  {
    rule: 'iort-ref-null',
    tables: [behindSmmu(rc(range(0, 1, { reference: 0 })))],
    offset: rootMaps,
  },
  {
    rule: 'iort-ref-not-a-node',
    tables: [behindSmmu(rc(range(0, 1, { reference: 0x31 })))],
    offset: rootMaps,
  },
  {
    rule: 'iort-ref-type',
    tables: [behindSmmu(rootComplex(1), rc(range(0, 1, { reference: next })))],
    offset: next + 36 + 36,
  },
  {
    rule: 'iort-loop',
    tables: [behindSmmu(rc(range(0, 1, { reference: next })))],
    offset: rootMaps,
  },
  {
    rule: 'iort-off-by-one',
    tables: [behindSmmu(rc(range(0, 9), range(8, 8)))],
    offset: rootMaps + 20,
  },
  {
    rule: 'iort-map-overlap',
    tables: [behindSmmu(rc(range(0, 10), range(8, 8)))],
    offset: rootMaps + 20,
  },
  {
    rule: 'iort-single-not-allowed',
    tables: [behindSmmu(iortNode(7, joined([zeros(10), le8(0x5c, 0)]), { mappings: [one] }))],
    offset: next + 28,
  },
  { rule: 'iort-nc-not-single', tables: [behindSmmu(component(range(0, 1)))], offset: namedMaps },
  {
    rule: 'iort-nc-order',
    tables: [behindSmmu(component({ ...one, reference: 0x8c }, one), itsGroup(1))],
    offset: namedMaps + 20,
  },
  {
    rule: 'iort-nc-name',
    how: 'short, of several',
    tables: [behindSmmu(named('\\_SB.DEV0'), named('\\_SB.DEV1'))],
    offset: next,
  },
  { rule: 'iort-nc-name', how: 'short', tables: [behindSmmu(named('\\_SB.DEV0'))], offset: next },
  {
    rule: 'iort-nc-name',
    how: 'twice',
    tables: [behindSmmu(component(one), component({ ...one, to: 1 }))],
    offset: next + 60,
  },
  {
    rule: 'iort-its',
    how: 'twice in a group',
    tables: [behindSmmu(itsGroup(1, 2, 1))],
    offset: next,
  },
  {
    rule: 'iort-rev',
    how: 'a type of later tables',
    tables: [behindSmmu(iwb('\\_SB_.IWB0'))],
    offset: next + 3,
  },
  {
    rule: 'iort-nc-name',
    how: 'of nothing',
    tables: [behindSmmu(component(one)), table('DSDT')],
    offset: next,
  },
  {
    rule: 'iort-nc-multi',
    tables: [
      iortOf(smmuV3(), edited(smmuV3(), 18, le8(6)), component(one, { ...one, reference: next })),
    ],
    offset: next + 68 + 40 + 20,
  },
  { rule: 'iort-rc-single', tables: [behindSmmu(rc(one))], offset: rootMaps },
  {
    rule: 'iort-dup-segment',
    tables: [behindSmmu(rc(range(0, 1)), rc(range(1, 1)))],
    offset: next + 56,
  },
  {
    rule: 'iort-segment-unknown',
    tables: [behindSmmu(rc(range(0, 1)), rootComplex(1, { mappings: [range(1, 1)] })), mcfg],
    offset: next + 56,
  },
  {
    rule: 'iort-segment-unknown',
    how: 'the other way round',
    tables: [
      behindSmmu(rc(range(0, 1))),
      table('MCFG', zeros(8), joined([0, 1].map((segment) => allocation(segment)))),
    ],
    offset: 36,
  },
  {
    rule: 'iort-rc-no-smmu',
    tables: [iortOf(smmuV3(), itsGroup(1), rc(range(0, 1, { reference: next })))],
    offset: next + 24 + 36,
  },
  {
    rule: 'iort-rc-no-smmu',
    how: 'nowhere',
    tables: [behindSmmu(rc(range(0, 0x10)))],
    pci: { '0000:00:01.0': configOf(), '0000:00:02.0': configOf() },
    offset: next,
  },
  {
    rule: 'iort-index-range',
    tables: [iortOf(edited(smmuWithMap(1), 56, le32(0, 2, 1)), itsGroup(1))],
    offset: smmuAt,
  },
  {
    rule: 'iort-index-valid',
    tables: [iortOf(edited(smmuWithMap(0), 56, le32(0)), itsGroup(1))],
    offset: smmuAt + 68,
  },
  { rule: 'iort-smmu-dup-base', how: 'at 0', tables: [changedSmmu(16, le64(0))], offset: smmuAt },
  {
    rule: 'iort-smmu-dup-base',
    how: 'twice',
    tables: [iortOf(smmuV3(), smmuV3())],
    offset: next,
  },
  { rule: 'iort-smmu-model', tables: [changedSmmu(40, le32(3))], offset: smmuAt },
  {
    rule: 'iort-sid-collision',
    tables: [behindSmmu(rc(one))],
    pci: { '0000:00:01.0': configOf(), '0000:00:02.0': configOf() },
    offset: next,
  },
  {
    rule: 'iort-smmu-no-context-irq',
    tables: [behindSmmu(edited(smmu(), 44, le32(0)))],
    offset: next,
  },
  {
    rule: 'iort-address-limit-zero',
    tables: [behindSmmu(edited(component(one), 28, le8(0)))],
    offset: next,
  },
  ...(
    [
      ['CCA without CPM', 27, le8(0), next + 27],
      ['CPM and DACS without CCA', 20, le32(0), next + 20],
      ['CANWBS without CCA', 20, le8(0, 0, 0, 0, 0, 0, 0, 4), next + 27],
      ['CCA of 2', 20, le32(2), next + 20],
    ] as const
  ).map(([how, at, by, offset]) => ({
    rule: 'iort-cca',
    how,
    tables: [behindSmmu(edited(component(one), at, by))],
    offset,
  })),
  {
    rule: 'iort-cca',
    how: 'of a root complex',
    tables: [behindSmmu(edited(rc(range(0, 1)), 23, le8(0)))],
    offset: next + 23,
  },
  {
    rule: 'iort-cca',
    how: 'an SMMU without COHACC',
    tables: [iortOf(edited(smmuV3(), 24, le32(0)), component(one), rc(range(1, 1)))],
    offset: smmuAt + 24,
  },
  {
    rule: 'iort-cca',
    how: 'of _CCA',
    tables: [
      behindSmmu(edited(component(one), 20, le8(0, 0, 0, 0, 0, 0, 0, 0))),
      table('DSDT', amlScope('_SB_', dev0(name('_CCA', le8(1))))),
    ],
    offset: next + 20,
  },
  { rule: 'iort-its', how: 'empty', tables: [behindSmmu(itsGroup())], offset: next },
  {
    rule: 'iort-its',
    how: 'in two groups',
    tables: [behindSmmu(itsGroup(1), itsGroup(1))],
    offset: next + 24,
  },
  {
    rule: 'iort-its',
    how: 'unknown',
    tables: [behindSmmu(itsGroup(1)), madt(joined([le8(15, 20), zeros(2), le32(2), zeros(12)]))],
    offset: next,
  },
  {
    rule: 'iort-its-no-map',
    tables: [
      behindSmmu(
        itsGroup(1),
        iortNode(0, le32(1, 2), { mappings: [range(0, 1, { reference: next })] }),
      ),
    ],
    offset: next + 24,
  },
  { rule: 'iort-rmr-ignored', tables: [behindSmmu(rmr([one]))], offset: next },
  { rule: 'iort-rmr-align', tables: [reserved(28, le64(0x1000))], offset: next + 28 },
  { rule: 'iort-rmr-overlap', tables: [reserved(28, le64(0x8000_0000))], offset: next + 48 },
  { rule: 'iort-rmr-attr', tables: [reserved(16, le32(6 << 2))], offset: next + 16 },
  { rule: 'iort-rmr-no-map', tables: [revised(iort(smmuV3(), rmr([])), 5)], offset: next },
  {
    rule: 'iort-rmr-no-map',
    how: 'for nobody',
    tables: [revised(iort(smmuV3(), rmr([one])), 5)],
    offset: next + 68,
  },
  { rule: 'iort-rmr-overlap', how: 'empty', tables: [reserved(36, le64(0))], offset: next + 28 },
  {
    rule: 'iort-rmr-overlap',
    how: 'none',
    tables: [revised(iort(smmuV3(), component(one), edited(rmr([one]), 20, le32(0))), 5)],
    offset: next + 60,
  },
  {
    rule: 'iort-rmr-pci',
    severity: 'note',
    tables: [revised(iort(smmuV3(), rc(range(0, 8)), rmr([one])), 5)],
    offset: next + 56 + 68,
  },
  { rule: 'iort-pmcg', tables: [behindSmmu(pmcg(0x31))], offset: next + 28 },
  {
    rule: 'iort-pmcg',
    how: 'of a group',
    tables: [behindSmmu(itsGroup(1), pmcg(next))],
    offset: next + 24 + 28,
  },
  {
    rule: 'iort-pmcg',
    how: 'without page 1',
    tables: [behindSmmu(edited(pmcg(smmuAt), 32, le64(0)))],
    offset: next + 32,
  },
  {
    rule: 'iort-smmu-pxm',
    tables: [changedSmmu(60, le32(1)), srat(0, [1, 0])],
    offset: smmuAt + 60,
  },
  {
    rule: 'iort-smmu-pxm',
    how: 'that no machine has',
    tables: [changedSmmu(60, le32(0x1_0000))],
    offset: smmuAt + 60,
  },
  {
    rule: 'iort-rev',
    how: 'a newer node',
    tables: [revised(behindSmmu(), 0)],
    offset: smmuAt + 3,
  },
  {
    rule: 'iort-index-valid',
    how: 'a flag of later revisions',
    tables: [changedSmmu(24, le32(0x11))],
    offset: smmuAt + 24,
  },
  {
    rule: 'iort-index-valid',
    how: 'without the flag of revision 5',
    tables: [messaging(5, 1, 1)],
    offset: smmuAt + 68,
  },
  {
    rule: 'iort-index-valid',
    how: 'a mapping that no index means',
    tables: [iortOf(smmuWithMap(1), itsGroup(1))],
    offset: smmuAt + 68,
  },
  {
    rule: 'iort-single-not-allowed',
    how: 'beside the DeviceID',
    tables: [
      iortOf(
        edited(
          smmuV3({
            mappings: [toGroup(0), { ...toGroup(1), flags: 1 }, { ...toGroup(2), flags: 1 }],
          }),
          44,
          le32(0, 0, 0, 0, 0, 2),
        ),
        itsGroup(1),
      ),
    ],
    offset: smmuAt + 68 + 20,
  },
  {
    rule: 'iort-smmu-dup-base',
    how: 'overlapping',
    tables: [iortOf(smmuV3(), edited(smmuV3(), 16, le64(0x0906_0000)))],
    offset: next,
  },
  {
    rule: 'iort-smmu-dup-base',
    how: 'of no size',
    tables: [behindSmmu(edited(smmu(), 24, le64(0)))],
    offset: next + 24,
  },
  {
    rule: 'iort-smmu-no-context-irq',
    how: 'nor a global one',
    tables: [behindSmmu(edited(smmu(), 40, le32(0)))],
    offset: next + 40,
  },
  {
    rule: 'iort-node-length',
    how: 'too short for its revision',
    tables: [
      behindSmmu(
        rootComplex(0, { revision: 0 }),
        edited(rootComplex(1, { revision: 0 }), 3, le8(1)),
      ),
    ],
    offset: next + 32,
  },
  {
    rule: 'iort-map-outside',
    how: 'fewer than there are',
    tables: [behindSmmu(edited(rc(range(0, 1), range(1, 1)), 8, le32(1)))],
    offset: next + 8,
  },
  {
    rule: 'iort-its',
    how: 'fewer than there are',
    tables: [behindSmmu(edited(itsGroup(1, 2), 16, le32(1)))],
    offset: next + 16,
  },
  {
    rule: 'iort-rmr-pci',
    how: 'of a bridge without _DSM',
    tables: [...memoryOfFunctions, table('DSDT', amlScope('_SB_', rootBus()))],
    severity: 'warning',
    offset: next + 56 + 68,
  },
  {
    rule: 'iort-map-outside',
    how: 'inside the fields',
    tables: [behindSmmu(edited(rc(range(0, 1)), 12, le32(16)))],
    offset: next + 12,
  },
  ...(
    [
      ['of ranges and components', [rc(range(0, 0x100)), component({ ...one, to: 8 })], next + 96],
      [
        'of two segments',
        [rc(range(0, 8)), rootComplex(1, { mappings: [range(0, 8)] })],
        next + 92,
      ],
      ['of two ranges', [rc(range(0, 8), range(8, 8, { to: 4 }))], next + 56],
      [
        'of two components',
        [component(one), named('\\_SB_.DEV1', { mappings: [one] })],
        next + 100,
      ],
    ] as const
  ).map(([how, nodes, offset]) => ({
    rule: 'iort-sid-collision',
    how,
    tables: [behindSmmu(...nodes)],
    offset,
  })),
];

/** Interrupt controllers. */
function madt(...controllers: readonly Uint8Array[]): Uint8Array {
  return table('APIC', zeros(8), ...controllers);
}

function counted(nodes: number): Uint8Array {
  return summed(edited(behindSmmu(), 36, le32(nodes)));
}

function iortOf(...nodes: readonly Uint8Array[]): Uint8Array {
  return revised(iort(...nodes), 3);
}

/** An SMMUv3 that sends messages, by its first mapping or not. */
function messaging(revision: number, flags: number, single: number): Uint8Array {
  const smmu = edited(edited(smmuWithMap(single), 3, le8(revision)), 44, le32(0, 0, 0, 0, 0, 0));
  return revised(iort(edited(smmu, 24, le32(flags)), itsGroup(1)), 6);
}

/** An SMMUv3 with a mapping to the ITS group behind it. */
function smmuWithMap(flags: number): Uint8Array {
  return smmuV3({ mappings: [{ ...range(0, 1), reference: next + 20, flags }] });
}

// ---- VIOT: an IOMMU in registers at 0x30, then what is wrong -------------------------------------

const registers = joined([le8(4, 0), le16(16), zeros(4), le64(0xa000_0000)]);
const endpoints = (
  endpoint: number,
  segments: [number, number],
  bdfs: [number, number],
  to = 0x30,
) => joined([le8(1, 0), le16(24), le32(endpoint), le16(...segments, ...bdfs, to), zeros(6)]);
const mmio = (endpoint: number) =>
  joined([le8(2, 0), le16(24), le32(endpoint), le64(0xa000_1000), le16(0x30), zeros(6)]);
const bus0 = endpoints(0, [0, 0], [0, 0xff]);
const viot = (...nodes: readonly Uint8Array[]) =>
  table('VIOT', le16(1 + nodes.length, 48), zeros(8), registers, ...nodes);
const iommuOnBus0 = viotWithFunction(8, bus0);

/** With an IOMMU that is a function of segment 0. */
function viotWithFunction(bdf: number, range: Uint8Array): Uint8Array {
  const iommu = joined([le8(3, 0), le16(16, 0, bdf), zeros(8)]);
  return table('VIOT', le16(2, 48), zeros(8), iommu, range);
}

const viotCases: readonly Case[] = [
  { rule: 'viot-node-offset', tables: [summed(edited(viot(), 38, le16(0)))], offset: 38 },
  { rule: 'viot-node-size', tables: [summed(edited(viot(bus0), 0x42, le16(23)))], offset: 0x40 },
  { rule: 'viot-node-type', tables: [viot(joined([le8(9, 0), le16(4)]))], offset: 0x40 },
  { rule: 'viot-output-node', tables: [viot(endpoints(0, [0, 0], [0, 1], 0x40))], offset: 0x40 },
  { rule: 'viot-iommu-missing', tables: [viot(), table('DSDT')], offset: 0x30 },
  {
    rule: 'viot-iommu-missing',
    how: 'a function',
    tables: [viotWithFunction(8, bus0)],
    pci: { '0000:00:02.0': configOf() },
    offset: 0x30,
  },
  {
    rule: 'viot-driver',
    tables: [viot(bus0)],
    config: { CONFIG_VIRTIO_IOMMU: false },
    offset: 0x30,
  },
  {
    rule: 'viot-node-offset',
    how: 'too few',
    tables: [summed(edited(viot(bus0), 36, le16(1)))],
    offset: 0x40,
  },
  { rule: 'viot-overlap', how: 'of registers', tables: [viot(mmio(0), mmio(1))], offset: 0x58 },
  {
    rule: 'viot-self',
    how: 'of registers',
    tables: [viot(edited(mmio(0), 8, le64(0xa000_0000)))],
    offset: 0x40,
  },
  { rule: 'viot-self', tables: [iommuOnBus0], pci: { '0000:00:01.0': configOf() }, offset: 0x40 },
  {
    rule: 'viot-overlap',
    tables: [viot(bus0, endpoints(0x1000, [0, 0], [8, 8]))],
    offset: 0x58,
  },
  { rule: 'viot-range-reversed', tables: [viot(endpoints(0, [0, 0], [9, 8]))], offset: 0x40 },
  {
    rule: 'viot-endpoint-clash',
    tables: [viot(bus0, endpoints(0x80, [1, 1], [0, 0]))],
    offset: 0x58,
  },
  {
    rule: 'viot-alias-hole',
    tables: [viotWithFunction(0x10, endpoints(0, [0, 0], [0x100, 0x1ff]))],
    pci: {
      '0000:00:01.0': configSpace({ secondary: 1 }),
      '0000:00:02.0': configOf(),
      '0000:01:00.0': configSpace({}),
    },
    offset: 0,
  },
  { rule: 'viot-iort-both', tables: [viot(), behindSmmu()], offset: 0 },
];

// ---- DMAR: a unit for all devices, alone or behind what is wrong ---------------------------------

const scope = (type: number, ...path: readonly number[]) => dmarScope(type, 7, 0, ...path);
const everything = unit(1, 0xfed9_0000);
const nic = { '0000:00:01.0': configOf() };

const dmarCases: readonly Case[] = [
  {
    rule: 'dmar-struct-length',
    tables: [summed(edited(dmar(everything), 0x32, le16(0x100)))],
    offset: 0x32,
  },
  { rule: 'dmar-haw', tables: [summed(edited(dmar(everything), 36, le8(10)))], offset: 36 },
  { rule: 'dmar-opt-out', tables: [summed(edited(dmar(everything), 37, le8(2)))], offset: 37 },
  { rule: 'dmar-drhd-base', how: '0', tables: [dmar(unit(1, 0))], offset: 0x38 },
  {
    rule: 'dmar-drhd-base',
    how: 'twice',
    tables: [dmar(unit(0, 0xfed9_0000), everything)],
    offset: 0x48,
  },
  {
    rule: 'dmar-include-all-order',
    tables: [dmar(everything, unit(0, 0xfed9_1000))],
    offset: 0x40,
  },
  {
    rule: 'dmar-scope-length',
    tables: [dmar(unit(0, 0xfed9_0000, le8(1, 0, 0, 0, 0, 0)))],
    offset: 0x41,
  },
  {
    rule: 'dmar-scope-type',
    tables: [dmar(unit(0, 0xfed9_0000, scope(2, 1, 0)))],
    pci: nic,
    offset: 0x40,
  },
  {
    rule: 'dmar-scope-type',
    how: 'of reserved memory',
    tables: [dmar(unit(1, 0xfed9_0000), structure(1, le16(0, 0), le64(0, 0xfff), scope(2, 1, 0)))],
    pci: nic,
    offset: 0x58,
  },
  {
    rule: 'dmar-scope-missing',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1, 2, 0)))],
    pci: nic,
    offset: 0x40,
  },
  {
    rule: 'dmar-scope-twice',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1, 1, 0)), unit(0, 0xfed9_1000, scope(1, 1, 0)))],
    pci: nic,
    offset: 0x30 + 24 + 16,
  },
  {
    rule: 'dmar-rmrr-range',
    tables: [dmar(everything, structure(1, le16(0, 0), le64(0x1000, 0x1000)))],
    offset: 0x48,
  },
  {
    rule: 'dmar-rmrr-lock',
    tables: [dmar(everything, structure(1, le16(0, 0), le64(0x1000, 0x1fff), scope(1, 1, 0)))],
    pci: nic,
    offset: 0x40 + 24,
  },
  {
    rule: 'dmar-ioapic',
    tables: [summed(edited(dmar(everything), 37, le8(1))), madt(joined([le8(1, 12, 7), zeros(9)]))],
    offset: 44,
  },
  {
    rule: 'dmar-units',
    tables: [
      dmar(
        ...Array.from({ length: 1025 }, (_, i) => unit(i === 0 ? 1 : 0, 0xfe00_0000 + i * 0x1000)),
      ),
    ],
    offset: 0x30 + 1024 * 16,
  },
  { rule: 'dmar-andd-number', tables: [dmar(unit(0, 0xfed9_0000, scope(5, 0, 0)))], offset: 0x40 },
  {
    rule: 'dmar-rhsa-base',
    tables: [dmar(everything, structure(3, le32(0), le64(0xfed9_1000), le32(0)))],
    offset: 0x48,
  },
  { rule: 'dmar-struct-type', tables: [dmar(everything, structure(9))], offset: 0x40 },
  {
    rule: 'dmar-haw',
    how: 'less than the units need',
    tables: [summed(edited(dmar(everything), 36, le8(30)))],
    offset: 36,
  },
  {
    rule: 'dmar-drhd-base',
    how: 'out of reach',
    tables: [dmar(unit(0, 0x7fff_ffff_f000), everything)],
    offset: 0x38,
  },
  {
    rule: 'dmar-include-all-order',
    how: 'none for the rest',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1, 1, 0)))],
    offset: 0x34,
  },
  {
    rule: 'dmar-include-all-order',
    how: 'none for a function that no scope names',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1, 1, 0)))],
    pci: { ...nic, '0000:00:02.0': configOf() },
    offset: 0x34,
  },
  {
    rule: 'dmar-scope-length',
    how: 'no path',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1)))],
    offset: 0x41,
  },
  {
    rule: 'dmar-scope-length',
    how: 'less than its fields',
    tables: [dmar(unit(0, 0xfed9_0000, le8(1, 4, 0, 0)))],
    offset: 0x40,
  },
  {
    rule: 'dmar-scope-type',
    how: 'unknown',
    tables: [dmar(unit(0, 0xfed9_0000, scope(6, 1, 0)))],
    offset: 0x40,
  },
  {
    rule: 'dmar-scope-type',
    how: 'of ports, no bridge',
    tables: [dmar(everything, structure(2, le8(0, 0), le16(0), scope(1, 1, 0)))],
    offset: 0x48,
  },
  {
    rule: 'dmar-scope-type',
    how: 'of reserved memory, an I/O APIC',
    tables: [dmar(everything, structure(1, le16(0, 0), le64(0, 0xfff), scope(3, 1, 0)))],
    offset: 0x58,
  },
  {
    rule: 'dmar-scope-missing',
    how: 'a device that no bus has',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1, 32, 0)))],
    offset: 0x40,
  },
  {
    rule: 'dmar-scope-missing',
    how: 'a segment without units',
    tables: [dmar(everything, structure(1, le16(0, 1), le64(0, 0xfff), scope(1, 1, 0)))],
    offset: 0x46,
  },
  {
    rule: 'dmar-scope-missing',
    how: 'a unit for nothing',
    tables: [dmar(unit(0, 0xfed9_1000), everything)],
    offset: 0x30,
  },
  {
    rule: 'dmar-scope-twice',
    how: 'whatever is there',
    tables: [dmar(unit(0, 0xfed9_0000, scope(1, 1, 0)), unit(0, 0xfed9_1000, scope(1, 1, 0)))],
    offset: 0x30 + 24 + 16,
  },
  {
    rule: 'dmar-scope-twice',
    how: 'an I/O APIC',
    tables: [dmar(unit(0, 0xfed9_0000, scope(3, 1, 0)), unit(1, 0xfed9_1000, scope(3, 1, 0)))],
    offset: 0x30 + 24 + 16,
  },
  {
    rule: 'dmar-rmrr-range',
    how: 'out of reach',
    tables: [dmar(everything, structure(1, le16(0, 0), le64(0x7fff_ffff_0000, 0x7fff_ffff_ffff)))],
    offset: 0x48,
  },
  { rule: 'dmar-ioapic', how: 'none at all', tables: [dmar(everything)], offset: 37 },
  { rule: 'dmar-units', how: 'none', tables: [dmar()], offset: 48 },
  {
    rule: 'dmar-andd-number',
    how: 'declared for no scope',
    tables: [dmar(everything, structure(4, zeros(3), le8(1, 0)))],
    offset: 0x47,
  },
  {
    rule: 'dmar-andd-number',
    how: 'declared twice',
    tables: [
      dmar(
        unit(0, 0xfed9_0000, dmarScope(5, 1, 0, 1, 0)),
        structure(4, zeros(3), le8(1, 0)),
        structure(4, zeros(3), le8(1, 0)),
      ),
    ],
    offset: 0x30 + 24 + 9 + 7,
  },
];

// ---- IVRS: a unit with the IOAPIC of the southbridge ---------------------------------------------

const based = (device: number, base: number, ...entries: readonly Uint8Array[]) =>
  joined([le16(device, 0x40), le64(base), le16(0, 0), le32(0), ...entries]);
const amd = (device: number, ...entries: readonly Uint8Array[]) =>
  based(device, 0xfd20_0000, ...entries);
const acpiEntry = (hid: string, uidType: number) =>
  joined([entry(240, 8), new TextEncoder().encode(hid.padEnd(8, '\0')), zeros(8), le8(uidType, 0)]);
const memoryOf = (type: number, flags: number, first: number, last = 0) =>
  block(type, flags, le16(first, last), zeros(8), le64(0x8000_0000, 0x1000));
const ioapic = joined([entry(72, 0), le8(33), le16(0xa0), le8(1)]);
const otherIoapic = joined([entry(72, 0), le8(4), le16(1), le8(1)]);
const ioapicOfMadt = (id: number) => joined([le8(1, 12, id), zeros(9)]);
const everyId = joined([entry(3, 8), entry(4, 0xffff)]);
const good = block(0x10, 0, amd(2, ioapic, everyId));
/** What is behind it. */
const behind = 0x30 + 40;
const extended = (device: number) => block(0x11, 0, amd(device), le64(0, 0), ioapic, everyId);

const ivrsCases: readonly Case[] = [
  { rule: 'ivrs-checksum', tables: [edited(ivrs(good), 20, le8(1))], offset: 9 },
  {
    rule: 'ivrs-type-coverage',
    tables: [ivrs(good, block(0x10, 0, amd(3)), extended(2))],
    offset: behind,
  },
  {
    rule: 'ivrs-range',
    how: 'no end',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic, entry(3, 8))))],
    offset: 0x30 + 24 + 8,
  },
  {
    rule: 'ivrs-range',
    how: 'reversed',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic, entry(3, 8), entry(4, 7))))],
    offset: 0x30 + 24 + 12,
  },
  {
    rule: 'ivrs-entry-length',
    tables: [ivrs(block(0x10, 0, amd(2, entry(72, 0))))],
    offset: 0x30 + 24,
  },
  {
    rule: 'ivrs-last-id',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic, entry(3, 0), entry(4, 8))))],
    offset: null,
  },
  {
    rule: 'ivrs-outside',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic, entry(3, 0), entry(4, 8))))],
    offset: 0x48,
  },
  { rule: 'ivrs-no-ioapic', tables: [ivrs(block(0x10, 0, amd(2)))], offset: 0x30 },
  {
    rule: 'ivrs-no-ioapic',
    how: 'in blocks that Linux does not read',
    tables: [ivrs(good, block(0x11, 0, amd(2), le64(0, 0)))],
    offset: behind,
  },
  {
    rule: 'ivrs-no-ioapic',
    how: 'in a block that Linux does not read',
    tables: [ivrs(block(0x10, 0, amd(2, everyId)), extended(2))],
    offset: 0x30,
  },
  {
    rule: 'ivrs-base',
    how: 'another in a block that Linux does not read',
    tables: [ivrs(block(0x10, 0, based(2, 0xfd30_0000, ioapic, everyId)), extended(2))],
    offset: 0x38,
  },
  {
    rule: 'ivrs-base',
    how: 'none in a block that Linux does not read',
    tables: [ivrs(block(0x10, 0, based(2, 0, ioapic, everyId)), extended(2))],
    offset: 0x38,
  },
  {
    rule: 'ivrs-special',
    how: 'twice in blocks of two types',
    tables: [
      ivrs(
        block(0x10, 0, amd(2, ioapic, ioapic)),
        block(0x11, 0, amd(2), le64(0, 0), ioapic, ioapic, everyId),
      ),
    ],
    offset: 0x30 + 40 + 40 + 8,
  },
  {
    rule: 'ivrs-no-ioapic',
    how: 'not the one of MADT',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic, otherIoapic))), madt(ioapicOfMadt(4))],
    offset: 0x30 + 24,
  },
  {
    rule: 'ivrs-ioapic',
    tables: [ivrs(good), madt(ioapicOfMadt(33), ioapicOfMadt(7))],
    offset: 56,
  },
  {
    rule: 'ivrs-ivmd-align',
    tables: [ivrs(good, block(0x20, 8, zeros(12), le64(0x8000_0001, 0x1000)))],
    offset: behind + 16,
  },
  { rule: 'ivrs-block-type', tables: [ivrs(good, block(0x51, 0))], offset: behind },
  {
    rule: 'ivrs-type-coverage',
    how: 'memory hides the units',
    tables: [ivrs(good, block(0x21, 8, le16(2), zeros(10), le64(0x8000_0000, 0x1000)))],
    offset: 0x30,
  },
  { rule: 'ivrs-base', how: '0', tables: [ivrs(block(0x10, 0, based(2, 0)))], offset: 0x38 },
  {
    rule: 'ivrs-base',
    how: 'between two that can be',
    tables: [ivrs(block(0x10, 0, based(2, 0xfd20_1000)))],
    offset: 0x38,
  },
  {
    rule: 'ivrs-base',
    how: 'twice',
    tables: [ivrs(good, block(0x10, 0, amd(3, entry(2, 9))))],
    offset: behind + 8,
  },
  {
    rule: 'ivrs-capability',
    how: 'in the header',
    tables: [summed(edited(ivrs(good), 0x36, le16(0x10)))],
    offset: 0x36,
  },
  {
    rule: 'ivrs-capability',
    how: 'elsewhere in the function',
    tables: [summed(edited(ivrs(good), 0x36, le16(0x50)))],
    pci: { '0000:00:00.2': amdIommu() },
    offset: 0x36,
  },
  {
    rule: 'ivrs-device-twice',
    tables: [
      ivrs(
        block(0x10, 0, amd(2, entry(3, 0x10), entry(4, 0x20))),
        block(0x10, 0, based(3, 0xfd30_0000, entry(2, 0x18))),
      ),
    ],
    offset: 0x30 + 32 + 24,
  },
  {
    rule: 'ivrs-entry-type',
    how: 'unknown',
    tables: [ivrs(block(0x10, 0, amd(2, entry(9, 0))))],
    offset: 0x48,
  },
  {
    rule: 'ivrs-entry-type',
    how: 'a device of ACPI in an old block',
    tables: [ivrs(block(0x10, 0, amd(2, acpiEntry('AMDI0010', 0))))],
    offset: 0x48,
  },
  {
    rule: 'ivrs-entry-type',
    how: 'a device of ACPI without a name',
    tables: [ivrs(block(0x40, 0, amd(2), zeros(16), acpiEntry('\0', 0)))],
    offset: 0x58,
  },
  {
    rule: 'ivrs-entry-type',
    how: 'a unique ID of a kind that there is not',
    tables: [ivrs(block(0x40, 0, amd(2), zeros(16), acpiEntry('AMDI0010', 3)))],
    offset: 0x58,
  },
  {
    rule: 'ivrs-ivmd-ignored',
    how: 'neither mapped nor excluded',
    tables: [ivrs(good, memoryOf(0x20, 6, 0))],
    offset: behind + 1,
  },
  {
    rule: 'ivrs-ivmd-ignored',
    how: 'for a device behind no unit',
    tables: [ivrs(good, memoryOf(0x21, 7, 4))],
    offset: behind + 4,
  },
  {
    rule: 'ivrs-range',
    how: 'of memory, reversed',
    tables: [ivrs(good, memoryOf(0x22, 7, 9, 8))],
    offset: behind + 4,
  },
  {
    rule: 'ivrs-ivmd-align',
    how: 'nothing',
    tables: [ivrs(good, block(0x20, 8, zeros(12), le64(0x8000_0000, 0)))],
    offset: behind + 16,
  },
  {
    rule: 'ivrs-special',
    how: 'of no known variety',
    tables: [summed(edited(ivrs(good), 0x4f, le8(3)))],
    offset: 0x4f,
  },
  {
    rule: 'ivrs-special',
    how: 'twice',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic, ioapic)))],
    offset: 0x50,
  },
  {
    rule: 'ivrs-units',
    how: 'that name no device',
    tables: [ivrs(block(0x10, 0, amd(2, ioapic)))],
    offset: 0x30,
  },
  { rule: 'ivrs-units', how: 'that are no function', tables: [ivrs(good)], pci: nic, offset: 0x34 },
];

/** A network card, conventional. */
function configOf(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xf4, 0x1a, 0x00, 0x10]);
  bytes[0x0b] = 0x02;
  return bytes;
}

/** The function that a unit of AMD is: its capability is at 0x40. */
function amdIommu(): Uint8Array {
  return configSpace({
    words: [
      [0x40, 0x0f],
      [0x34, 0x40],
      [0x06, 0x10],
    ],
  });
}

const cases = [...iortCases, ...viotCases, ...dmarCases, ...ivrsCases];

describe('a table that is wrong has a finding at the place', () => {
  test.each(cases)('$rule $how', ({ rule, tables, pci, config, offset, severity }) => {
    const found = findingsOf(tables, pci, config).filter((finding) => finding.rule === rule);
    expect(found.map((finding) => finding.offset)).toEqual([offset]);
    expect(found[0]?.message).not.toBe('');
    if (severity !== undefined) expect(found[0]?.severity).toBe(severity);
  });

  test('and each rule has a case', () => {
    const named = rules
      .map(({ name }) => name)
      .filter((name) => /^(acpi|iort|viot|dmar|ivrs|mcfg)-/.test(name));
    expect([...new Set(cases.map(({ rule }) => rule))].sort()).toEqual(named);
  });
});

describe('a good table has none', () => {
  test.each([
    ['IORT', [behindSmmu(rc(range(0, 8), range(8, 8)), component(other), itsGroup(1)), mcfg]],
    ['IORT with reserved memory', [revised(iort(smmuV3(), component(one), rmr([one])), 5)]],
    ['IORT, and _DSM', [...memoryOfFunctions, table('DSDT', amlScope('_SB_', rootBus(dsm)))]],
    ['IORT, an index with the flag of revision 5', [messaging(5, 0x11, 1)]],
    ['IORT, a range where revision 0 has no index', [messaging(0, 1, 0)]],
    ['IORT and SRAT', [behindSmmu(component(one)), srat([0, 0], 2)]],
    ['VIOT without the rest', [viot(bus0)]],
    ['DMAR', [dmar(unit(0, 0xfed9_1000, scope(1, 1, 0), scope(3, 31, 7)), everything)]],
    ['IVRS', [ivrs(good, extended(2), memoryOf(0x21, 7, 8))]],
  ])('%s', (_what, tables) => {
    const functions = { ...nic, '0000:00:00.2': amdIommu() };
    expect(findingsOf(tables, functions)).toEqual([]);
  });

  test('VIOT', () => {
    const others = viotWithFunction(8, endpoints(0, [0, 0], [0, 7]));
    expect(findingsOf([others], nic)).toEqual([]);
  });
});

test('kernels before the flag of revision 5 take the DeviceID index for one that counts', () => {
  const acpi = readAcpi([{ name: 'IORT', bytes: messaging(5, 1, 1) }]);
  const machine = machineFromAcpi(acpi, new Map());
  const rulesOn = (kernel: string): string[] =>
    inspect(machine, designOf(kernel), defaultKconfig)
      .findings.map(({ rule }) => rule)
      .filter((rule) => rule === 'iort-index-valid');
  expect(rulesOn('v6.1')).toEqual([]);
  expect(rulesOn('v6.7')).toEqual(['iort-index-valid']);
});

describe('of the ID that a bridge sends in the place of a function', () => {
  const bridge = configSpace({ type: 7, secondary: 1 });
  const pci = { '0000:00:02.0': bridge, '0000:01:03.0': configSpace({}) };
  test.each<[string, readonly Mapping[], string | null]>([
    ['nothing is said where ranges have it', [range(0, 0x200)], null],
    [
      'it is an error that no range has it',
      [range(0, 0x100), range(0x101, 0xff)],
      '0x100 (0000:01:03.0)',
    ],
    [
      'it is an error that it leads to an ITS group alone',
      [range(0x100, 1, { reference: next + 96 }), range(0, 0x100), range(0x101, 0xff)].slice(0, 3),
      '0x100 (0000:01:03.0)',
    ],
  ])('%s', (_what, mappings, told) => {
    const tables = [iortOf(smmuV3(), rc(...mappings), itsGroup(0))];
    const found = findingsOf(tables, pci).filter(({ rule }) => rule === 'iort-rc-no-smmu');
    const errors = found.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ offset }) => offset)).toEqual(told === null ? [] : [next]);
    if (told !== null) expect(errors[0]?.message).toContain(`function's own: ${told}: no IOMMU`);
  });
});
