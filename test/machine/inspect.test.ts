import { describe, expect, test } from 'vitest';
import { Crash } from '../../src/explore/index.ts';
import { apply, defaultKconfig } from '../../src/linux/index.ts';
import { type Inspection, inspect, type Machine } from '../../src/machine/index.ts';
import { designOf, nearestRelease, newestKernel } from '../../src/series/index.ts';
import { be32, node, prop, text } from '../firmware/fdt-builder.ts';
import { captures, machineOf as machineOfCapture } from './capture/packed-captures.ts';
import { compatible, host, interrupts, machineOf, phandle, reg64 } from './trees.ts';

const design = designOf(newestKernel);

function inspected(machine: Machine): Inspection {
  return inspect(machine, design, defaultKconfig);
}

function device(inspection: Inspection, name: string) {
  const found = inspection.devices.find((candidate) => candidate.name === name);
  expect(found, name).toBeDefined();
  return found as Inspection['devices'][number];
}

const writtenByQemu = captures.filter((name) => name.startsWith('a64-dt-'));

test.each(writtenByQemu)('%s: no error in the tree', (name) => {
  const kernel = nearestRelease(name.replace(/^.*-k/, ''));
  const { findings } = inspect(machineOfCapture(name), kernel, defaultKconfig);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});

describe('an IOMMU', () => {
  const smmu = (...props: ReturnType<typeof prop>[]) =>
    node('iommu@1000', [compatible('arm,smmu-v3'), reg64(0x1000), phandle(1), ...props]);
  const client = node('dma@9000', [compatible('x'), reg64(0x9000), prop('iommus', be32(1, 7))]);

  test('that registers translates for its clients, under their IDs', () => {
    const inspection = inspected(machineOf([smmu(prop('#iommu-cells', be32(1))), client]));
    expect(inspection.iommus).toEqual([
      {
        name: '1000.iommu',
        path: '/iommu@1000',
        compatible: ['arm,smmu-v3'],
        driver: 'arm-smmu-v3',
        state: 'registered',
        cells: 1,
      },
    ]);
    expect(device(inspection, '9000.dma')).toEqual({
      name: '9000.dma',
      path: 'devices/platform/9000.dma',
      bus: 'platform',
      firmware_node: '/dma@9000',
      outcome: 'translated',
      errno: null,
      iommus: [{ iommu: '1000.iommu', ids: [{ id: 7, mask: 0 }] }],
      group: 0,
      domain: 'DMA',
      reasons: [],
      assumes: [
        expect.stringMatching(/^smmu-registers: .* \(1000\.iommu\)$/),
        expect.stringMatching(/^client-drivers: /),
      ],
    });
    expect(inspection.groups).toEqual([{ id: 0, type: 'DMA', devices: ['9000.dma'] }]);
  });

  test('leaves its clients alone when the kernel is told to pass everything through', () => {
    const machine = machineOf([smmu(prop('#iommu-cells', be32(1))), client]);
    const inspection = inspect(machine, design, { ...defaultKconfig, iommu_passthrough: true });
    expect(device(inspection, '9000.dma')).toMatchObject({
      outcome: 'identity',
      domain: 'identity',
    });
  });

  test('that is disabled leaves its clients direct', () => {
    const off = smmu(prop('#iommu-cells', be32(1)), prop('status', text('disabled')));
    const inspection = inspected(machineOf([off, client]));
    expect(inspection.iommus).toMatchObject([{ name: '1000.iommu', state: 'disabled' }]);
    expect(device(inspection, '9000.dma')).toMatchObject({
      outcome: 'direct',
      errno: null,
      reasons: ['its IOMMU 1000.iommu is disabled'],
    });
  });

  test('without a driver keeps its clients waiting until the time runs out', () => {
    const unknown = node('iommu@1000', [
      compatible('vendor,unknown'),
      reg64(0x1000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
    ]);
    const machine = machineOf([unknown, client]);
    const waiting = inspected(machine);
    expect(waiting.iommus).toMatchObject([{ driver: null, state: 'no-driver' }]);
    expect(device(waiting, '9000.dma')).toMatchObject({
      outcome: 'deferred',
      errno: -517,
      reasons: [
        'waits for 1000.iommu, for which the model has no driver',
        'once the deferral time-out has passed, its driver binds without an IOMMU',
      ],
    });
    const config = { ...defaultKconfig, deferred_probe_timeout: 0 };
    const expired = inspect(machine, design, config);
    expect(device(expired, '9000.dma')).toMatchObject({ outcome: 'direct', errno: -110 });
  });

  test('of a second kind does not register before v6.8, and says so', () => {
    const other = node('iommu@2000', [
      compatible('arm,smmu-v2'),
      ...interrupts(),
      reg64(0x2000),
      phandle(2),
      prop('#iommu-cells', be32(1)),
    ]);
    const machine = machineOf([smmu(prop('#iommu-cells', be32(1))), other, client]);
    const registered = inspected(machine).iommus.map(({ state }) => state);
    expect(registered).toEqual(['registered', 'registered']);
    const inspection = inspect(machine, designOf('v6.7'), defaultKconfig);
    expect(inspection.iommus).toMatchObject([{ state: 'failed' }, { state: 'registered' }]);
    expect(device(inspection, '1000.iommu')).toMatchObject({ outcome: 'failed', errno: -16 });
    expect(device(inspection, '9000.dma')).toMatchObject({
      outcome: 'deferred',
      reasons: [
        'waits for 1000.iommu, which has not registered',
        'once the deferral time-out has passed, its driver binds without an IOMMU',
      ],
    });
  });

  test('shows ID and mask of an SMMUv2 apart', () => {
    const machine = machineOf([
      node('iommu@1000', [
        compatible('arm,smmu-v2'),
        ...interrupts(),
        reg64(0x1000),
        phandle(1),
        prop('#iommu-cells', be32(2)),
      ]),
      node('dma@9000', [compatible('x'), reg64(0x9000), prop('iommus', be32(1, 0x7000, 0xff))]),
    ]);
    expect(device(inspected(machine), '9000.dma').iommus).toEqual([
      { iommu: '1000.iommu', ids: [{ id: 0x7000, mask: 0xff }] },
    ]);
  });

  test('with malformed #iommu-cells has no number of cells', () => {
    const inspection = inspected(machineOf([smmu(prop('#iommu-cells', new Uint8Array(3)))]));
    expect(inspection.iommus).toMatchObject([{ cells: null }]);
  });
});

test('functions behind a host bridge that waits are not there', () => {
  const machine = machineOf([
    node('iommu@1000', [compatible('x'), reg64(0x1000), phandle(1), prop('#iommu-cells', be32(1))]),
    host(0x4000, [prop('iommus', be32(1, 0)), prop('iommu-map', be32(0x8, 1, 0x8, 1))]),
  ]);
  const inspection = inspected(machine);
  expect(device(inspection, '4000.pcie').outcome).toBe('deferred');
  expect(device(inspection, '0000:00:01.0')).toMatchObject({
    outcome: 'absent',
    errno: null,
    reasons: [
      'assumed: the input does not show which PCI functions there are',
      'not found: its host bridge is not scanned: 4000.pcie waits for its IOMMU',
      'once the deferral time-out has passed, its driver binds without an IOMMU',
    ],
  });
});

test('a kernel that crashes at boot is a finding, not an error', () => {
  const broken = apply('broken', design, {
    subject: 'follow NULL',
    replaces: {
      *of_iommu_configure() {
        throw new Crash('null-deref', 'dev->iommu', 'dev->iommu is NULL');
      },
    },
  });
  const machine = machineOf([node('dma@9000', [compatible('x'), reg64(0x9000)])]);
  expect(inspect(machine, broken, defaultKconfig).findings).toMatchObject([
    { rule: 'kernel-crash', severity: 'error', message: expect.stringContaining('is NULL') },
  ]);
});

test('a machine of thousands of devices and several IOMMUs is inspected in seconds', () => {
  const iommus = Array.from({ length: 10 }, (_, i) =>
    node(`iommu@${(0x1000 + i).toString(16)}`, [
      compatible('arm,smmu-v3'),
      reg64(0x1000 + i),
      phandle(i + 1),
      prop('#iommu-cells', be32(1)),
    ]),
  );
  const clients = Array.from({ length: 3000 }, (_, i) =>
    node(`dma@${(0x100000 + i).toString(16)}`, [
      compatible('x'),
      reg64(0x100000 + i),
      prop('iommus', be32(1 + (i % 10), i)),
    ]),
  );
  const inspection = inspected(machineOf([...iommus, ...clients]));
  const translated = inspection.devices.filter(({ outcome }) => outcome === 'translated');
  expect(translated.length).toBe(3000);
  expect(inspection.findings).toEqual([]);
}, 30_000);
