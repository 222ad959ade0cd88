import { describe, expect, test } from 'vitest';
import { defaultKconfig, type Kconfig, withCommandLine } from '../../../src/linux/index.ts';
import { type BootPlan, usualPlan } from '../../../src/machine/boot/plan/plan.ts';
import {
  asCaptured,
  type Explanation,
  explain,
  inspect,
  kconfigFor,
  parseCapture,
} from '../../../src/machine/index.ts';
import { designOf, kernels } from '../../../src/series/index.ts';
import { be32, node, type Prop, prop } from '../../firmware/fdt-builder.ts';
import { answersOf, filesOf, machineOf } from '../capture/packed-captures.ts';
import { machineOf as built, compatible, host, phandle, reg64 } from '../trees.ts';
import { capabilityOffset, extendedOffset, propertyOffset } from './blob-offsets.ts';

function explained(
  capture: string,
  device: string,
  kernel = 'v7.3',
  config: Kconfig = defaultKconfig,
): Explanation {
  return explain(machineOf(capture), device, designOf(kernel), config);
}

function fileOf(capture: string, path: string): Uint8Array {
  const bytes = filesOf(capture).get(path);
  if (bytes === undefined) throw new Error(`${capture} has no ${path}`);
  return bytes;
}

function textsOf({ steps }: Explanation, what: string): string[] {
  return steps.filter((step) => step.what === what).map(({ text }) => text);
}

function failureOf({ steps }: Explanation) {
  const failed = steps.filter((step) => step.failed);
  expect(failed).toHaveLength(1);
  return failed[0];
}

const bridge0 = '/pcie@10000000';

describe('a host bridge, which has no iommus', () => {
  const smmu = (...more: Prop[]) =>
    node('iommu@1000', [compatible('arm,smmu-v3'), reg64(0x1000), phandle(1), ...more]);
  const cells = prop('#iommu-cells', be32(1));
  const bridge = (...map: number[]): Explanation => {
    const machine = built([smmu(cells), host(0x4000000, [prop('iommu-map', be32(...map))])]);
    return explain(machine, '4000000.pcie', designOf('v7.3'), defaultKconfig);
  };

  test('ends at a map that is none', () => {
    expect(failureOf(bridge(0, 1, 0))).toMatchObject({
      what: 'map',
      property: 'iommu-map',
      text: expect.stringMatching(/has 12 bytes, which are no list of entries$/),
    });
  });

  test('shows a map that is one, which is not for itself', () => {
    const explanation = bridge(0, 1, 0, 0x100);
    expect(failureOf(explanation)).toMatchObject({ what: 'description' });
    expect(textsOf(explanation, 'map')).toEqual([
      'its iommu-map is for the functions below it: it has 0x0 to 0xff',
    ]);
  });

  test('an IOMMU that does not come up ends at its own probe', () => {
    const explanation = explain(built([smmu()]), '1000.iommu', designOf('v7.3'), defaultKconfig);
    expect(failureOf(explanation)).toMatchObject({
      what: 'probe',
      text: 'it is an IOMMU, and the probe of its own driver fails',
    });
    expect(explanation.device.reasons[0]).toBe('the probe of its driver fails');
  });
});

describe('a function outside iommu-map', () => {
  const capture = 'dtb-map-partial-k6.12';
  const explanation = explained(capture, '0000:00:03.0');

  test('ends at the property, with the ranges that it has', () => {
    expect(failureOf(explanation)).toMatchObject({
      what: 'map',
      text: 'no entry of iommu-map holds 0x18: it has 0x0 to 0x17',
      table: 'devicetree',
      node: bridge0,
      property: 'iommu-map',
      offset: propertyOffset(fileOf(capture, 'machine.dtb'), bridge0, 'iommu-map'),
    });
  });

  test('is what inspect says of it', () => {
    const { devices } = inspect(machineOf(capture), designOf('v7.3'), defaultKconfig);
    expect(explanation.device).toEqual(devices.find(({ name }) => name === '0000:00:03.0'));
  });
});

test('the third entry of a map, behind a mask', () => {
  const space = new Uint8Array(64).fill(0x11, 0, 4);
  const map = prop('iommu-map', be32(0x100, 1, 0x9000, 8, 0x200, 1, 0, 8, 8, 1, 0x500, 8));
  const machine = built(
    [
      node('smmu@1', [
        compatible('arm,smmu-v3'),
        reg64(0x9_0000, 0x2_0000),
        prop('#iommu-cells', be32(1)),
        phandle(1),
      ]),
      host(0x1000, [map, prop('iommu-map-mask', be32(0xffff_fff8))]),
    ],
    { '0000:00:01.3': space },
  );
  const pcie = machine.fdt?.root.children.find(({ name }) => name === 'pcie@1000');
  const explanation = explain(machine, '0000:00:01.3', designOf('v7.3'), defaultKconfig);
  // Device 1, function 3: 0x0b.
  expect(explanation.steps.find(({ what }) => what === 'map')).toMatchObject({
    text: '0xb & 0xfffffff8 = 0x8 is in entry 2, which sends 0x8 to 0xf to /smmu@1: 0x8 - 0x8 + 0x500 = 0x500',
    offset: (pcie?.properties.get('iommu-map')?.offset ?? 0) + 32,
  });
  expect(explanation.device.iommus[0]?.ids).toEqual([{ id: 0x500, mask: 0 }]);
});

describe('a conventional device behind a PCIe-to-PCI bridge', () => {
  const capture = 'a64-dt-smmu-p2p-k7.3';
  const bridge = '0000:02:00.0';
  const explanation = explained(capture, '0000:03:04.0');

  test('is known by its own requester ID, and by one that the bridge gives', () => {
    // Bus 3, device 4: 0x320; device 0 of the bridge's secondary bus: 0x300.
    expect(textsOf(explanation, 'alias')).toEqual([
      '0x320: its own requester ID, 03:04.0',
      `0x300: ${bridge}, a PCIe-to-PCI bridge gives what comes from below ID 03:00.0, of the bus below it`,
    ]);
  });

  test('the bridge is one because its PCI Express capability says so', () => {
    const space = fileOf(capture, `pci/${bridge}.bin`);
    const offset = capabilityOffset(space, 0x10) + 2;
    expect((space[offset] ?? 0) >> 4).toBe(7);
    const steps = explanation.steps.filter(({ node }) => node === bridge);
    expect(steps.map(({ what }) => what)).toEqual(['device', 'alias']);
    for (const step of steps) expect(step).toMatchObject({ table: 'config', offset });
  });

  test('the SMMU refuses it, because the ID is taken', () => {
    expect(failureOf(explanation)).toMatchObject({ what: 'probe' });
    expect(failureOf(explanation)?.text).toMatch(/^arm_smmu_probe_device\(\) returns -ENODEV: /);
  });
});

describe('a consumer of a disabled SMMU', () => {
  test('ends at the status of its node', () => {
    const capture = 'dtb-smmu-disabled-k6.12';
    const smmu = '/smmuv3@9050000';
    expect(failureOf(explained(capture, '0000:00:02.0'))).toMatchObject({
      what: 'iommu',
      text: `${smmu} has status "disabled": nobody waits for it`,
      node: smmu,
      property: 'status',
      offset: propertyOffset(fileOf(capture, 'machine.dtb'), smmu, 'status'),
    });
  });
});

describe('a device in a group of five', () => {
  const capture = 'a64-dt-smmu-sriov-k6.12';
  const port = '0000:00:02.0';
  const explanation = explained(capture, '0000:01:10.2', 'v6.12');

  test('each other member has its reason', () => {
    const members = textsOf(explanation, 'member').map((text) => text.split(' ')[0]);
    expect(members).toEqual([port, '0000:01:00.0', '0000:01:10.0', '0000:01:10.4']);
  });

  test('the port above does not isolate: its ACS control register is where the offset says', () => {
    const space = fileOf(capture, `pci/${port}.bin`);
    const offset = extendedOffset(space, 0x0d) + 6;
    expect(space[offset]).toBe(0);
    const step = explanation.steps.find(({ what, node }) => what === 'group' && node === port);
    expect(step).toMatchObject({
      text: `${port} does not isolate: its ACS control is 0x0, which lacks SV RR CR UF`,
      table: 'config',
      property: 'ACS control',
      offset,
    });
  });

  test('a kernel that enables ACS in time puts it with less', () => {
    const newer = explained(capture, '0000:01:10.2', 'v7.3');
    expect(textsOf(newer, 'member')).toEqual([]);
    expect(textsOf(newer, 'group')).toContain(
      `${port} isolates: its ACS control is 0x0 in the dump, and Linux writes 0x1d, SV RR CR UF, because of_iommu_configure() asks for ACS`,
    );
  });
});

describe('IORT', () => {
  /** Nodes by type, from the raw table: offset of each, and of its first mapping. */
  function nodesOf(table: Uint8Array, type: number): { node: number; mapping: number }[] {
    const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
    const found = [];
    for (let at = view.getUint32(40, true); at < table.length; at += view.getUint16(at + 1, true)) {
      if (table[at] !== type) continue;
      found.push({ node: at, mapping: at + view.getUint32(at + 12, true) });
    }
    return found;
  }

  test('the mapping of the root complex, and the SMMU that it leads to', () => {
    const capture = 'iort-smmu2-pci-k7.3';
    const [root] = nodesOf(fileOf(capture, 'acpi/IORT.bin'), 2);
    const { steps } = explained(capture, '0000:00:01.0');
    expect(steps).toContainEqual(
      expect.objectContaining({ what: 'description', table: 'IORT', offset: root?.node }),
    );
    expect(steps.find(({ what }) => what === 'map')).toMatchObject({
      table: 'IORT',
      property: 'ID mapping 0',
      offset: root?.mapping,
    });
  });

  test('an ID that no mapping leads to an SMMU', () => {
    const capture = 'iort-partial-k7.3';
    const [root] = nodesOf(fileOf(capture, 'acpi/IORT.bin'), 2);
    const failure = failureOf(explained(capture, '0000:00:03.0'));
    expect(failure).toMatchObject({ what: 'map', table: 'IORT', offset: root?.node });
    expect(failure?.text).toContain('no mapping leads ID 0x18 to an SMMU: it has 0x0 to 0x17');
  });

  test('a name that no named component has', () => {
    const failure = failureOf(explained('iort-named-badname-k7.3', 'LNRO0005:00'));
    expect(failure).toMatchObject({ what: 'description', table: 'IORT' });
    expect(failure?.text).toContain('IORT has no named component called \\_SB_.VR00');
  });
});

test('VIOT: the last range that holds an ID, and its endpoint', () => {
  const capture = 'a64-acpi-viommu-plain-k6.12';
  const table = fileOf(capture, 'acpi/VIOT.bin');
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const { steps } = explained(capture, '0000:01:00.0', 'v6.12', {
    ...defaultKconfig,
    CONFIG_VIRTIO_IOMMU: true,
  });
  const step = steps.find(({ what, table }) => what === 'map' && table === 'VIOT');
  const offset = step?.offset ?? 0;
  expect(table[offset]).toBe(1);
  expect(view.getUint16(offset + 12, true)).toBeLessThanOrEqual(0x100);
  expect(view.getUint16(offset + 14, true)).toBeGreaterThanOrEqual(0x100);
});

describe('IVRS', () => {
  const capture = 'x86-amdvi-p2p-k6.12';
  const table = fileOf(capture, 'acpi/IVRS.bin');
  const config = kconfigFor(machineOf(capture), { kconfig: {}, cmdline: null });

  /** Offset of the first entry of that type whose device ID is this: entries of 4 or 8 bytes. */
  function entryOffset(type: number, devid: number): number {
    const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
    for (let at = 48 + 24; ; at += (table[at] ?? 0) < 0x40 ? 4 : 8)
      if (table[at] === type && view.getUint16(at + 1, true) === devid) return at;
  }

  test('the range that a function is in, and the ID that it sends with', () => {
    const { steps } = explained(capture, '0000:03:04.0', 'v6.12', config);
    expect(steps.find(({ what }) => what === 'map')).toMatchObject({
      text: '0x320: an entry for 0x300 to 0x3ff',
      table: 'IVRS',
      offset: entryOffset(0x43, 0x300),
    });
    expect(steps.find(({ what }) => what === 'alias')?.text).toMatch(/^0x300: IVRS says/);
  });

  test('the IOMMU is behind itself as little as in Linux', () => {
    const failure = failureOf(explained(capture, '0000:00:01.0', 'v6.12', config));
    expect(failure?.text).toBe('it is the IOMMU ivhd0 itself');
  });
});

test('functions behind one bridge share its group, because a unit of DMAR cannot tell them apart', () => {
  const capture = 'x86-vtd-p2p-k6.12';
  const config = kconfigFor(machineOf(capture), { kconfig: {}, cmdline: null });
  const explanation = explained(capture, '0000:03:04.0', 'v6.12', config);
  expect(textsOf(explanation, 'group')[0]).toMatch(
    /that of 0000:02:00\.0, by whose requester ID the IOMMU knows it$/,
  );
});

test('two devices with one stream ID: the name of the other, in a kernel as old as v6.1 too', () => {
  for (const [capture, kernel] of [
    ['dtb-v2-mask-func-k7.3', 'v7.3'],
    ['dtb-v2-mask-func-k6.1', 'v6.1'],
  ] as const) {
    const explanation = explained(capture, '0000:00:04.1', kernel);
    expect(textsOf(explanation, 'group')[0]).toMatch(
      /that of 0000:00:04\.0: arm_smmu_device_group\(\) finds an ID that both have$/,
    );
  }
});

test('a device waits for an IOMMU that no driver binds to, by its compatible', () => {
  const explanation = explained('dtb-unknown-iommu-k6.12', '0000:00:03.0', 'v6.12');
  expect(explanation.device.outcome).toBe('deferred');
  expect(failureOf(explanation)).toMatchObject({ what: 'driver', property: 'compatible' });
});

describe('an IOMMU that has not registered', () => {
  test('because one device cannot be probed, which the chain of any other names', () => {
    // VIOT of QEMU knows no endpoint for the ID that the bridge of a conventional device gives.
    const explanation = explained('a64-dt-viommu-k7.3', '0000:00:02.0', 'v7.3');
    expect(failureOf(explanation)).toMatchObject({
      what: 'driver',
      text: '0000:00:01.0 has not registered: iommu_device_register() returns -ENOENT, because 0000:02:03.0 cannot be probed',
    });
  });

  test('in time: the device whose driver came after the time-out has none', () => {
    const name = 'dtb-late-smmu-timeout3-k6.12';
    const { machine, config, options } = asCaptured(
      machineOf(name),
      parseCapture(answersOf(name)),
      designOf('v6.12'),
      {
        kconfig: {},
        cmdline: null,
      },
    );
    const explanation = explain(machine, '0000:00:03.0', designOf('v6.12'), config, options);
    expect(explanation.device.outcome).toBe('direct');
    expect(failureOf(explanation)?.text).toBe(
      'the time for which devices wait had run out before its IOMMU registered',
    );
  });

  test('because the module of its driver was not loaded', () => {
    const name = 'a64-dt-viommu-never-k6.12';
    const capture = parseCapture(answersOf(name));
    const { machine, config, options } = asCaptured(machineOf(name), capture, designOf('v6.12'), {
      kconfig: {},
      cmdline: '',
    });
    const explanation = explain(machine, '0000:00:02.0', designOf('v6.12'), config, options);
    expect(failureOf(explanation)?.text).toBe(
      '0000:00:01.0 has not registered: virtio-iommu does not come: its module is not loaded',
    );
  });

  test('because pin control comes first, whatever fw_devlink says', () => {
    const name = 'dtb-suppliers-nodl-k6.12';
    const design = designOf('v6.12');
    const asked = { kconfig: {}, cmdline: null };
    const capture = parseCapture(answersOf(name));
    const { machine, config, options } = asCaptured(machineOf(name), capture, design, asked);
    const explanation = explain(machine, 'a000000.virtio_mmio', design, config, options);
    expect(failureOf(explanation)?.text).toMatch(
      /^it waits for its pin controller, which \S+ provides$/,
    );
  });

  test('because it waits for a supplier', () => {
    const machine = machineOf('dtb-map-partial-k6.12');
    const [smmu, supplier] = ['9050000.smmuv3', '9000000.pl011'].map((name) =>
      machine.devices.find((of) => of.name === name),
    );
    if (smmu === undefined || supplier === undefined) throw new Error('they are there');
    const usual = usualPlan(machine, defaultKconfig);
    const plan: BootPlan = {
      ...usual,
      offerOf: (of) => (of === supplier ? null : usual.offerOf(of)),
      suppliers: { ...usual.suppliers, links: [{ consumer: smmu, supplier }] },
    };
    const explanation = explain(machine, '0000:00:01.0', designOf('v6.12'), defaultKconfig, {
      plan,
    });
    expect(failureOf(explanation)?.text).toBe(
      '9050000.smmuv3 has not registered: it waits for its supplier 9000000.pl011',
    );
  });
});

test.each<[string, Kconfig, string]>([
  [
    'nothing said',
    defaultKconfig,
    'DMA: CONFIG_IOMMU_DEFAULT_DMA_STRICT=y, and nothing on the command line',
  ],
  [
    'passed through',
    withCommandLine('iommu.passthrough=1', defaultKconfig),
    'identity: iommu.passthrough=1, or iommu=pt, on the command line',
  ],
  [
    'lazy by command line',
    withCommandLine('iommu.strict=0', defaultKconfig),
    'DMA-FQ: iommu.strict=0 on the command line',
  ],
  [
    'lazy by configuration',
    { ...defaultKconfig, CONFIG_IOMMU_DEFAULT_DMA_LAZY: true },
    'DMA-FQ: CONFIG_IOMMU_DEFAULT_DMA_LAZY=y, and nothing on the command line',
  ],
])('the word that decided the default domain: %s', (_what, config, word) => {
  const explanation = explained('dtb-map-partial-k6.12', '0000:00:01.0', 'v7.3', config);
  expect(textsOf(explanation, 'domain')).toEqual([word]);
});

test('a strict domain where lazy ones are usual is the driver\u2019s', () => {
  const config = withCommandLine('iommu.strict=0', defaultKconfig);
  const explanation = explained('a64-dt-viommu-plain-late-k6.12', '0000:00:02.0', 'v6.7', config);
  expect(textsOf(explanation, 'domain')).toEqual([
    'DMA: the driver of its IOMMU cannot flush late',
  ]);
});

test.each(['v6.1', 'v6.7'])('the rule for a group is the same on %s', (kernel) => {
  const explanation = explained('a64-dt-smmu-rp-k6.1', '0000:01:00.0', kernel);
  expect(textsOf(explanation, 'group')[0]).toBe('group 0: that of 0000:00:02.0, which is above it');
});

test('a name that no device has is answered with near ones', () => {
  expect(() => explained('dtb-map-partial-k6.12', '0000:00:01.7')).toThrow(
    expect.objectContaining({
      code: 'cli/unknown-device',
      hint: expect.stringContaining('0000:00:01.0'),
    }),
  );
});

test.each([
  ['a64-dt-smmu-multi-k6.1', 'v6.1'],
  ['dtb-v2-mask-func-k6.1', 'v6.1'],
  ['iort-named-k6.1', 'v6.1'],
  ['a64-dt-smmu-multi-k6.12', 'v6.12'],
  ['a64-dt-smmu-legacy-k7.3', 'v7.3'],
  ['dtb-v2-mask-func-k7.3', 'v7.3'],
  ['iort-named-k6.12', 'v6.12'],
])(
  'every device of %s is explained: one test failed, or it has a group with reasons',
  (capture, kernel) => {
    const machine = machineOf(capture);
    const design = designOf(kernel);
    const { devices, groups } = inspect(machine, design, defaultKconfig);
    for (const { name, group } of devices.filter(({ bus }) => bus === 'pci')) {
      const explanation = explain(machine, name, design, defaultKconfig);
      if (group === null) {
        failureOf(explanation);
        continue;
      }
      const members = groups.find(({ id }) => id === group)?.devices ?? [];
      const named = textsOf(explanation, 'member').map((text) => text.split(' ')[0]);
      expect([...named, name].sort()).toEqual([...members].sort());
    }
  },
);

test.each(kernels.map((kernel) => [kernel.design.name, kernel.design] as const))(
  'a machine can be inspected and explained with %s, and the two agree',
  (_name, design) => {
    const machine = machineOf('dtb-map-partial-k6.12');
    const { devices } = inspect(machine, design, defaultKconfig);
    const { device, steps } = explain(machine, '0000:00:01.0', design, defaultKconfig);
    expect(devices).toContainEqual(device);
    expect(device.outcome).toBe('translated');
    expect(steps.map(({ what }) => what)).toContain('domain');
  },
);

test('the trace has the calls for the device, and of others only what they returned', () => {
  const machine = machineOf('a64-dt-smmu-sriov-k6.12');
  const asked = [machine, '0000:01:10.2', designOf('v6.12'), defaultKconfig] as const;
  const { trace } = explain(...asked, { traced: true });
  expect(explain(...asked).trace).toBe(null);
  const calls = (trace ?? []).filter(({ op }) => op === 'call').map(({ target }) => target);
  expect(calls).toContain('pci_device_group(0000:01:10.2)');
  expect(calls).toContain('iommu_group_get(0000:00:02.0)');
  expect(calls).not.toContain('pci_device_group(0000:00:02.0)');
});
