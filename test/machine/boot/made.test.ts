// Devices that drivers make while they probe theirs.
import { describe, expect, test } from 'vitest';
import { apply, defaultKconfig } from '../../../src/linux/index.ts';
import { usualPlan } from '../../../src/machine/boot/plan/plan.ts';
import {
  deviceNamed,
  explain,
  groupsOf,
  inspect,
  type Machine,
} from '../../../src/machine/index.ts';
import type { MachineDevice } from '../../../src/machine/machine.ts';
import { groupsText, inspectText } from '../../../src/report/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { be32, type Node, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, namesOf, phandle, reg64 } from '../trees.ts';

const wide = [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), prop('ranges')];

function bus(name: string, names: readonly string[], children: readonly Node[]): Node {
  return node(name, [compatible(...names), ...wide], children);
}

const leaf = node('leaf@8000', [compatible('a,leaf'), reg64(0x8000), prop('iommus', be32(1, 7))]);

/** What made a device, as `driver of device`. */
function makerOf(machine: Machine, name: string): string | undefined {
  const { made } = machine.devices.find((of) => of.name === name) ?? {};
  return made && `${made.driver} of ${made.by.name}`;
}

describe('the driver that makes a device, and the name that it has then', () => {
  const dsp = (service: Node) =>
    node(
      'remoteproc@4000',
      [compatible('a,dsp'), reg64(0x4000)],
      [node('glink-edge', [], [service])],
    );
  test.each<[string, Node, string, string, string]>([
    [
      'a power-managed bus',
      bus('ocp', ['simple-pm-bus'], [leaf]),
      '8000.leaf',
      'devices/platform/ocp/8000.leaf',
      'simple-pm-bus of ocp',
    ],
    [
      'a module of TI, and the plain bus in it',
      bus('target', ['ti,sysc-omap4', 'ti,sysc'], [bus('in', ['simple-bus'], [leaf])]),
      '8000.leaf',
      'devices/platform/target/target:in/8000.leaf',
      'ti-sysc of target',
    ],
    [
      'glue around a USB controller',
      bus('usb@5000', ['qcom,sc7180-dwc3', 'qcom,dwc3'], [leaf]),
      '8000.leaf',
      'devices/platform/usb@5000/8000.leaf',
      'dwc3-qcom of usb@5000',
    ],
    [
      'what a driver that a driver made makes',
      bus('ocp', ['simple-pm-bus'], [bus('disp', ['nvidia,tegra210-host1x'], [leaf])]),
      '8000.leaf',
      'devices/platform/ocp/ocp:disp/8000.leaf',
      'tegra-host1x of ocp:disp',
    ],
    [
      'banks of a DSP, by the whole path',
      dsp(
        node(
          'fastrpc',
          [compatible('qcom,fastrpc')],
          [node('compute-cb@1', [compatible('qcom,fastrpc-compute-cb'), prop('iommus')])],
        ),
      ),
      '4000.remoteproc:glink-edge:fastrpc:compute-cb@1',
      'devices/platform/4000.remoteproc/4000.remoteproc:glink-edge:fastrpc:compute-cb@1',
      'qcom,fastrpc of 4000.remoteproc',
    ],
    [
      'a service of a service of a DSP',
      dsp(
        node(
          'apr',
          [compatible('qcom,apr-v2')],
          [node('service@7', [compatible('qcom,q6asm')], [node('dais', [compatible('a,dais')])])],
        ),
      ),
      '4000.remoteproc:glink-edge:apr:service@7:dais',
      'devices/platform/4000.remoteproc/4000.remoteproc:glink-edge:apr:service@7:dais',
      'qcom-q6asm of 4000.remoteproc',
    ],
    [
      'a device by its name alone',
      node('wifi', [compatible('qcom,wcn3990-wifi')], [node('wifi-firmware', [prop('iommus')])]),
      'wifi-firmware.0',
      'devices/platform/wifi/wifi-firmware.0',
      'ath10k_snoc of wifi',
    ],
  ])('%s', (_what, tree, name, path, maker) => {
    const machine = machineOf([tree]);
    expect(machine.devices.find((of) => of.name === name)?.path).toBe(path);
    expect(makerOf(machine, name)).toBe(maker);
    expect(machine.notes).toEqual([]);
  });
});

test('a driver that enters no buses makes a device of a bus and nothing below it', () => {
  const machine = machineOf([
    bus('glue', ['qcom,dwc3'], [bus('in', ['simple-bus'], [leaf])]),
    bus('gmi', ['nvidia,tegra20-gmi'], [bus('in', ['simple-bus'], [leaf])]),
  ]);
  expect(namesOf(machine)).toEqual(['glue', 'gmi', 'glue:in', 'gmi:in', '8000.leaf']);
  expect(makerOf(machine, '8000.leaf')).toBe('tegra-gmi of gmi');
  expect(() => deviceNamed(machine, '/glue/in/leaf@8000')).toThrow(
    'dwc3-qcom makes a device of /glue/in above it and does not look below',
  );
});

test('nothing is made of a node that is disabled, or below one', () => {
  const off = prop('status', text('disabled'));
  const machine = machineOf([
    node('usb', [compatible('qcom,dwc3'), off, ...wide], [leaf]),
    bus('ocp', ['simple-pm-bus'], [node('leaf', [compatible('a,leaf'), off])]),
    node(
      'dsp',
      [compatible('a,dsp')],
      [node('fastrpc', [compatible('qcom,fastrpc'), off], [node('bank', [compatible('a,bank')])])],
    ),
  ]);
  expect(namesOf(machine)).toEqual(['ocp', 'dsp']);
});

test('clients without compatible, or below a node without it, are no devices, and named', () => {
  const bare = node('bare@9000', [reg64(0x9000), prop('iommus', be32(1, 9))]);
  const inner = node('inner', [compatible('a,part'), prop('iommus', be32(1, 8))]);
  const machine = machineOf([bus('soc', ['simple-bus'], [bare, node('box', [], [inner])])]);
  expect(namesOf(machine)).toEqual(['soc']);
  expect(machine.notes).toEqual([
    '/soc: without compatible, there or on the way, no device is made of /soc/bare@9000, /soc/box/inner',
  ]);
  expect(() => deviceNamed(machine, '/soc/bare@9000')).toThrow('it has no compatible');
});

test.each<[what: string, name: string, props: Prop[], note: string]>([
  [
    'a management complex',
    'fsl,qoriq-mc',
    [prop('iommu-map', be32(0, 1, 0x100, 0x40, 0x50, 7, 0, 1)), prop('msi-map', be32(5, 1, 9, 1))],
    'what fsl_mc_bus makes, dprc.1 and those of its objects, each known by the ICID of its container, is not shown. By its maps iommu-map: 0x0 to 0x3f are 0x100 to 0x13f of /iommu@1000, 0x50 is nothing, for it names no node; msi-map: 0x5 is 0x9 of /iommu@1000',
  ],
  [
    'one whose boot loader has not filled in the map',
    'fsl,qoriq-mc',
    [prop('iommu-map', be32(0, 1, 0, 0))],
    'what fsl_mc_bus makes, dprc.1 and those of its objects, each known by the ICID of its container, is not shown; its maps hold no ID yet',
  ],
  [
    'a device of some other kind',
    'a,fabric',
    [prop('iommu-map', be32(0, 1, 0, 1, 1, 1, 1, 1, 2, 1, 2, 1, 3, 1, 3, 1, 4, 1, 4, 1))],
    'what its driver makes on a bus of its own is not shown. By its maps iommu-map: 0x0 is 0x0 of /iommu@1000, 0x1 is 0x1 of /iommu@1000, 0x2 is 0x2 of /iommu@1000, 0x3 is 0x3 of /iommu@1000, and 1 more',
  ],
])(
  'what is on the bus of %s is not known, but by which IDs it would be',
  (_what, name, props, note) => {
    const smmu = node('iommu@1000', [compatible('arm,smmu-v3'), reg64(0x1000), phandle(1)]);
    const machine = machineOf([smmu, node('mc', [compatible(name), ...props])]);
    expect(machine.notes).toEqual([`/mc: it has iommu-map, but ${note}`]);
  },
);

test('clients below a device whose driver is not known are named, by that device', () => {
  const inner = node('part', [compatible('a,part'), prop('iommus', be32(1, 8))]);
  const machine = machineOf([bus('glue', ['a,glue', 'a,old'], [leaf, inner])]);
  expect(machine.notes).toEqual([
    '/glue: no driver of a,glue is known that would make devices of /glue/leaf@8000, /glue/part',
  ]);
});

describe('in a boot', () => {
  const iommu = node('iommu@1000', [
    compatible('arm,smmu-v3'),
    reg64(0x1000),
    phandle(1),
    prop('#iommu-cells', be32(1)),
    ...interrupts(),
  ]);
  test.each(['6.1', '7.3'])(
    'of %s the IOMMUs of an OMAP, which are made one after the other, see no other that is not set up',
    (release) => {
      const mmu = (address: number, handle: number) =>
        bus(
          `module@${address}`,
          ['ti,sysc-omap2'],
          [
            node('mmu@0', [
              compatible('ti,omap4-iommu'),
              reg64(address),
              phandle(handle),
              prop('#iommu-cells', be32(0)),
            ]),
          ],
        );
      const client = (name: string, handle: number) =>
        node(name, [compatible('a,dsp'), prop('iommus', be32(handle))]);
      const parts = [mmu(0x1000, 1), mmu(0x2000, 2), client('dsp', 1), client('ipu', 2)];
      const machine = machineOf([bus('ocp', ['simple-pm-bus'], parts)]);
      const { iommus, devices } = inspected(machine, release);
      expect(iommus.map(({ state }) => state)).toEqual(['registered', 'registered']);
      const clients = devices.filter(({ name }) => /dsp|ipu/.test(name));
      expect(clients.map(({ iommus: [first] }) => first?.iommu)).toEqual(['1000.mmu', '2000.mmu']);
    },
  );

  const undriven = node('iommu@2000', [
    compatible('a,iommu'),
    reg64(0x2000),
    phandle(2),
    prop('#iommu-cells', be32(1)),
  ]);
  const inspected = (machine: Machine, release = '7.3') =>
    inspect(machine, nearestRelease(release), defaultKconfig);
  const outcomes = (machine: Machine, release?: string) =>
    Object.fromEntries(inspected(machine, release).devices.map((of) => [of.name, of.outcome]));

  test.each(['6.1', '6.12', '7.3'])(
    'of %s an IOMMU that a driver makes registers, and its client is behind it',
    (release) => {
      const machine = machineOf([bus('ocp', ['simple-pm-bus'], [leaf, iommu])]);
      expect(outcomes(machine, release)['8000.leaf']).toBe('translated');
    },
  );

  test.each([
    ['maker', bus('ocp', ['simple-pm-bus'], [leaf, iommu]), 'simple-pm-bus of ocp'],
    [
      'dsp-service',
      node(
        'dsp',
        [compatible('a,dsp'), ...wide],
        [node('fastrpc', [compatible('qcom,fastrpc'), ...wide], [leaf, iommu])],
      ),
      'qcom,fastrpc of dsp',
    ],
  ])('that it is made is an assumption: %s', (name, tree, about) => {
    const { devices } = inspected(machineOf([tree]));
    const assumes = devices.find((of) => of.name === '8000.leaf')?.assumes ?? [];
    expect(assumes).toContainEqual(expect.stringMatching(`^${name}: .*\\(${about}\\)$`));
    const top = devices.find((of) => of.name === 'ocp' || of.name === 'dsp');
    expect(top).not.toHaveProperty('assumes');
  });

  const waiting = machineOf([
    iommu,
    undriven,
    node('usb', [compatible('qcom,dwc3'), prop('iommus', be32(2, 1)), ...wide], [leaf]),
  ]);

  test('nothing is made as long as the maker waits, and that is said', () => {
    const made = inspected(waiting).devices.find(({ name }) => name === '8000.leaf');
    expect(made).toMatchObject({
      outcome: 'absent',
      errno: null,
      group: null,
      reasons: [
        'not made: dwc3-qcom makes it when usb is bound, and usb waits for its IOMMU',
        'once the deferral time-out has passed, it gets its IOMMU',
      ],
    });
    const { steps } = explain(waiting, '8000.leaf', nearestRelease('7.3'), defaultKconfig);
    expect(steps.map(({ text }) => text)).toContain('dwc3-qcom makes it, once usb is bound');
    expect(steps.find(({ failed }) => failed)?.text).toBe(made?.reasons.join('; '));
  });

  test.each<[why: string, reason: string, maker: Prop[]]>([
    ['has no driver', 'usb has no driver', []],
    ['cannot be probed', 'usb cannot be probed: -EINVAL', [prop('pinctrl-0', be32(77))]],
    [
      'waits for what never comes',
      'usb waits for its pin controller, which never comes',
      [prop('pinctrl-0', be32(3))],
    ],
  ])('nothing is made by a maker that %s', (_why, reason, maker) => {
    const pins = node(
      'pins',
      [compatible('p'), prop('status', text('disabled'))],
      [node('state', [phandle(3)])],
    );
    const inner = bus('in', ['simple-pm-bus'], [leaf]);
    const machine = machineOf([
      iommu,
      pins,
      node('usb', [compatible('qcom,dwc3'), ...maker, ...wide], [inner]),
    ]);
    const usual = usualPlan(machine, defaultKconfig);
    const without = reason.includes('driver')
      ? { offerOf: (of: MachineDevice) => (of.name === 'usb' ? null : usual.offerOf(of)) }
      : {};
    const plan = { ...usual, ...without };
    const { devices } = inspect(machine, nearestRelease('7.3'), defaultKconfig, { plan });
    const found = (name: string) => devices.find((of) => of.name === name);
    expect(found('usb:in')?.reasons[0]).toBe(
      `not made: dwc3-qcom makes it when usb is bound, and ${reason}`,
    );
    expect(found('8000.leaf')).toMatchObject({ outcome: 'absent', errno: null });
    expect(found('8000.leaf')?.reasons[0]).toBe(
      'not made: simple-pm-bus makes it when usb:in is bound, and usb:in is not there itself',
    );
    const later = found('8000.leaf')?.reasons.slice(1);
    expect(later).toEqual(
      reason.includes('waits') ? ['nor is it there when the deferral time-out has passed'] : [],
    );
  });

  test('it is made once the maker has given up waiting', () => {
    const config = { ...defaultKconfig, deferred_probe_timeout: 0 };
    const { devices } = inspect(waiting, nearestRelease('7.3'), config);
    expect(devices.map(({ name, outcome }) => [name, outcome])).toContainEqual([
      '8000.leaf',
      'translated',
    ]);
  });

  test.each([
    ['6.1', 'absent', ['not made: v6.1 has no msm-mdss for display']],
    ['6.12', 'translated', []],
    ['7.3', 'translated', []],
  ])('v%s makes what it has a driver for', (release, outcome, reasons) => {
    const machine = machineOf([iommu, bus('display', ['qcom,sm8550-mdss'], [leaf])]);
    const made = inspected(machine, release).devices.find(({ name }) => name === '8000.leaf');
    expect(made).toMatchObject({ outcome, reasons });
  });

  test('what v7.3 alone has is there in a design that is made from it, and in v6.12 not', () => {
    const machine = machineOf([iommu, bus('display', ['qcom,sm8750-mdss'], [leaf])]);
    const patched = apply('mine', nearestRelease('7.3'), { subject: 'nothing' });
    const { devices } = inspect(machine, patched, defaultKconfig);
    expect(devices.find(({ name }) => name === '8000.leaf')?.outcome).toBe('translated');
    expect(outcomes(machine, '6.12')['8000.leaf']).toBe('absent');
  });

  test('what is not there has a heading of its own, in both listings', () => {
    const design = nearestRelease('7.3');
    const listings = [
      inspectText(inspect(waiting, design, defaultKconfig), 'v7.3'),
      groupsText(groupsOf(waiting, design, defaultKconfig), 'v7.3'),
    ];
    for (const lines of listings) {
      const heading = lines.findIndex((line) => /^(?:In no group: n|N)ot there$/.test(line));
      const end = lines.indexOf('', heading);
      const section = lines.slice(heading, end).join(' ');
      expect(section).toContain('8000.leaf');
      expect(section).not.toContain('1000.iommu');
    }
  });

  describe('memory contexts of host1x', () => {
    const host1x = (...rows: number[]): Machine =>
      machineOf([
        iommu,
        undriven,
        node(
          'host1x',
          [compatible('nvidia,tegra234-host1x'), prop('iommu-map', be32(...rows)), ...wide],
          [leaf],
        ),
      ]);
    const contexts = (machine: Machine, release: string) =>
      inspected(machine, release).devices.filter(({ bus }) => bus === 'host1x-context');

    test.each(['6.1', '6.8', '6.12', '6.15', '7.3'])('v%s has one for each row', (release) => {
      const found = contexts(host1x(0, 1, 0x37, 1, 1, 1, 0x42, 1), release);
      expect(found.map(({ name, path, iommus, group }) => [name, path, iommus, group])).toEqual([
        ['host1x-ctx.0', 'devices/platform/host1x/host1x-ctx.0', [behind(0x37)], 0],
        ['host1x-ctx.1', 'devices/platform/host1x/host1x-ctx.1', [behind(0x42)], 1],
      ]);
    });
    const behind = (id: number) => ({ iommu: '1000.iommu', ids: [{ id, mask: 0 }] });

    test.each([
      ['6.12', ['translated', 'absent', 'absent']],
      ['7.3', ['translated', 'translated', 'translated']],
    ])('v%s counts rows, v7.3 IDs', (release, expected) => {
      const found = contexts(host1x(0, 1, 0x37, 3), release);
      expect(found.map(({ outcome }) => outcome)).toEqual(expected);
    });

    test.each([
      ['6.1', 'direct', 'translated', 'tegra-host1x does without, as host1x says'],
      ['6.12', 'failed', 'absent', 'tegra-host1x makes it when host1x is bound, and host1x cannot'],
    ])('v%s: one without an IOMMU takes the others with it', (release, host, child, why) => {
      const machine = host1x(0, 1, 0x37, 1, 7, 1, 0x38, 1);
      const { devices } = inspected(machine, release);
      const outcomeOf = (name: string) => devices.find((of) => of.name === name)?.outcome;
      expect([outcomeOf('host1x'), outcomeOf('8000.leaf')]).toEqual([host, child]);
      expect(devices.find(({ name }) => name === 'host1x')?.reasons).toContain(
        'Context device 1 has no IOMMU!',
      );
      for (const context of contexts(machine, release))
        expect(context).toMatchObject({
          outcome: 'absent',
          reasons: [expect.stringContaining(why)],
        });
    });

    test('host1x waits for the IOMMU of its contexts', () => {
      const { devices } = inspected(host1x(0, 2, 0x37, 1));
      expect(devices.map(({ name, outcome }) => [name, outcome])).toEqual(
        expect.arrayContaining([
          ['host1x', 'deferred'],
          ['host1x-ctx.0', 'absent'],
          ['8000.leaf', 'absent'],
        ]),
      );
    });

    test('are explained by their number', () => {
      const machine = host1x(0, 1, 0x37, 1, 1, 1, 0x42, 1);
      const { steps } = explain(machine, 'host1x-ctx.1', nearestRelease('6.12'), defaultKconfig);
      const texts = steps.map(({ text }) => text);
      expect(texts).toContain('tegra-host1x makes it, once host1x is bound');
      expect(texts).toContain('its number is its ID: 0x1');
      expect(texts).toContain('1000.iommu has taken host1x-ctx.1 with 0x42');
    });

    test('are none where the map is no list of words, and no more than can be shown', () => {
      const odd = machineOf([
        node('host1x', [
          compatible('nvidia,tegra234-host1x'),
          prop('iommu-map', new Uint8Array(5)),
        ]),
      ]);
      expect(namesOf(odd)).toEqual(['host1x']);
      const huge = host1x(0, 1, 0, 0xffffffff);
      expect(huge.devices.length).toBeLessThan(2000);
      expect(huge.notes).toContainEqual(
        expect.stringContaining('of its 4294967295 memory contexts the first 1024'),
      );
    });
  });

  test('a PCI host bridge below a bus that a driver makes devices of is scanned', () => {
    const pcie = node('pcie@9000', [
      compatible('a,pcie'),
      prop('device_type', text('pci')),
      reg64(0x9000),
      prop('iommu-map', be32(0, 1, 0, 0x10)),
    ]);
    const machine = machineOf([iommu, bus('ocp', ['simple-pm-bus'], [pcie])]);
    expect(outcomes(machine)['0000:00:00.0']).toBe('translated');
  });
});
