// Any machine, as the page is given it: bridges in bridges, IOMMUs that nobody is behind, groups across everything.

import fc from 'fast-check';
import type { DeviceOutcome } from '../../../src/machine/index.ts';
import type { DeviceFacts, MachineFacts, RootBus } from '../../../web/machine/facts.ts';

const outcomes = ['translated', 'identity', 'direct', 'deferred', 'failed', 'absent'] as const;

interface Drawn {
  readonly outcome: DeviceOutcome;
  readonly pci: boolean;
  /** Which of those before it, of the same root bus, it is below. */
  readonly above: number;
  readonly root: number;
  readonly iommus: readonly number[];
  readonly ids: readonly number[];
  readonly group: number;
  readonly name: string;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  outcome: fc.oneof(fc.constant('translated' as const), fc.constantFrom(...outcomes)),
  pci: fc.boolean(),
  above: fc.nat(4),
  root: fc.nat(1),
  iommus: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }),
  ids: fc.array(fc.nat(0xffff), { maxLength: 4 }),
  group: fc.nat(6),
  name: fc.string({ unit: 'binary', maxLength: 30 }),
});

export const anyFacts: fc.Arbitrary<MachineFacts> = fc
  .record({ devices: fc.array(drawn, { maxLength: 60 }), iommus: fc.nat(4) })
  .map(({ devices, iommus }) => factsFrom(devices, iommus));

function factsFrom(drawn: readonly Drawn[], iommuCount: number): MachineFacts {
  const roots: RootBus[] = [0, 1].map((i) => ({
    name: `pci000${i}:00`,
    host: i < drawn.length && drawn[i]?.pci === false ? i : null,
  }));
  const devices: DeviceFacts[] = [];
  for (const [i, device] of drawn.entries()) {
    const { pci, above, root, outcome, ids } = device;
    const behind = outcome === 'translated' || outcome === 'identity';
    const before = devices.flatMap(({ root: of }, at) => (pci && of === root ? [at] : []));
    devices.push({
      name: `${i} ${device.name}`,
      path: `devices/${i}`,
      bus: pci ? 'pci' : 'platform',
      firmware_node: null,
      outcome,
      errno: null,
      iommus: behind
        ? device.iommus.map((of) => ({
            iommu: `iommu${of}`,
            ids: ids.map((id) => ({ id, mask: 0 })),
          }))
        : [],
      group: behind ? device.group : null,
      domain: behind ? 'DMA' : null,
      reasons: [],
      parent: before[before.length - 1 - above] ?? null,
      root: pci ? root : null,
      node: null,
      compatible: [],
      what: '',
    });
  }
  const groups = [...new Set(devices.flatMap(({ group }) => (group === null ? [] : [group])))];
  return {
    document: {
      version: 1,
      command: 'inspect',
      kernel: 'v7.3',
      machine: { firmware: 'devicetree', model: '', compatible: [] },
      iommus: Array.from({ length: iommuCount }, (_, i) => ({
        name: i === 3 && devices[0] !== undefined ? devices[0].name : `iommu${i}`,
        path: `/iommu@${i}`,
        compatible: [],
        driver: null,
        state: 'registered',
        cells: null,
      })),
      devices: devices.filter(({ outcome }) => outcome !== 'absent'),
      absent: devices.filter(({ outcome }) => outcome === 'absent'),
      groups: groups
        .sort((a, b) => a - b)
        .map((id) => ({
          id,
          type: 'DMA',
          devices: devices.flatMap(({ name, group }) => (group === id ? [name] : [])),
        })),
      findings: [],
      notes: [],
    },
    devices,
    roots,
  };
}
