// The PCI half of grouping: drivers/iommu/iommu.c, and ACS as drivers/pci/pci.c sees it.
import { describe, expect, test } from 'vitest';
import { sequentially } from '../../../../src/explore/index.ts';
import { isNamedForRedirect } from '../../../../src/linux/drivers/pci/acs-options.ts';
import {
  ACS_ISOLATION,
  apply,
  base,
  bus_type,
  type Design,
  defaultKconfig,
  device,
  type iommu_group,
  type Kconfig,
  type kernel,
  makeKernel,
  type PciTraits,
  pci_acs_enabled,
  type pci_bus,
  pci_dev,
  unknownFunction,
} from '../../../../src/linux/index.ts';
import { designOf } from '../../../../src/series/index.ts';

const endpoint = { pcie_type: 0 };
const rootPort = { pcie_type: 4 };
const upstream = { pcie_type: 5 };
const downstream = { pcie_type: 6 };
const pcieToPci = { pcie_type: 7 };
const integrated = { pcie_type: 9 };
const conventional = { pcie_type: null };
/** The features of an ordinary port: SV, TB, RR, CR, UF and DT. */
const off = { acs: { capability: 0x5f, control: 0 } };
const on = { acs: { capability: 0x5f, control: 0x1d } };
const multi = { multifunction: true };

/** A function: its name, the bridge above it or null, device and function, and what it is. */
type Fn = readonly [name: string, bridge: string | null, devfn: number, traits: Partial<PciTraits>];

interface Topology {
  readonly k: kernel;
  readonly functions: ReadonlyMap<string, device>;
}

/** Functions on their buses: the root bus is 0, and those below bridges are numbered as they come. */
function inTopology<T>(
  fns: readonly Fn[],
  body: (topology: Topology) => T,
  design: Design = base,
  options: Partial<Kconfig> = {},
): T {
  return sequentially((world) => {
    const k = makeKernel(world, design, { ...defaultKconfig, ...options }, null);
    const pci = new bus_type(world, 'pci');
    const root: pci_bus = { number: 0, self: null, parent: null, devices: [] };
    const functions = new Map<string, device>();
    let buses = 0;
    for (const [name, bridge, devfn, traits] of fns) {
      const above = bridge === null ? null : pdevOf(functions, bridge);
      const bus = above === null ? root : (above.subordinate ?? above.busBelow(++buses));
      const description = { name, bus: pci, fwnode: null, dma_node: null, dma_companion: null };
      functions.set(
        name,
        new device(world, name, {
          ...description,
          matches: null,
          pci: new pci_dev(0, bus, devfn, { ...unknownFunction, ...traits }),
        }),
      );
    }
    return body({ k, functions });
  });
}

function deviceOf(functions: ReadonlyMap<string, device>, name: string): device {
  const dev = functions.get(name);
  if (dev === undefined) throw new Error(`no function ${name}`);
  return dev;
}

function pdevOf(functions: ReadonlyMap<string, device>, name: string): pci_dev {
  const { pci } = deviceOf(functions, name);
  if (pci === null) throw new Error(`${name} is no PCI function`);
  return pci;
}

/** The groups that functions get when they are probed in this order, each as the names in it. */
function groupsOf(fns: readonly Fn[], order: readonly string[] = fns.map(([name]) => name)) {
  return inTopology(fns, ({ k, functions }) => {
    const members = new Map<iommu_group, string[]>();
    k.world.runAlone('probe', function* () {
      for (const name of order) {
        const dev = deviceOf(functions, name);
        const group = yield* k.pci_device_group(dev);
        if ('error' in group) throw new Error(`${name} has no group`);
        dev.iommu_group.value = group;
        members.set(group, [...(members.get(group) ?? []), name]);
      }
    });
    // Each member holds a reference: iommu_group_alloc() gives the first.
    for (const [group, names] of members) expect(group.devices_kobj.value).toBe(names.length);
    return [...members.values()].map((names) => names.join(' '));
  });
}

test.each<[string, Fn[], string[]]>([
  [
    'a port that isolates leaves what is below it alone',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['nic', 'port', 0, endpoint],
    ],
    ['port', 'nic'],
  ],
  [
    'a port that could isolate but does not takes in what is below it',
    [
      ['port', null, 0x10, { ...rootPort, ...off }],
      ['nic', 'port', 0, endpoint],
    ],
    ['port nic'],
  ],
  [
    'a port with fewer features isolates when all that it has are on',
    [
      ['port', null, 0x10, { ...rootPort, acs: { capability: 0x05, control: 0x05 } }],
      ['nic', 'port', 0, endpoint],
    ],
    ['port', 'nic'],
  ],
  [
    'what is behind a PCIe-to-PCI bridge shares the ID of the bridge, and its group',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['bridge', 'port', 0, pcieToPci],
      ['sound', 'bridge', 0x08, conventional],
      ['video', 'bridge', 0x10, conventional],
    ],
    ['port', 'bridge sound video'],
  ],
  [
    'so does what is behind a conventional bridge',
    [
      ['bridge', null, 0x10, conventional],
      ['sound', 'bridge', 0x08, conventional],
    ],
    ['bridge sound'],
  ],
  [
    'functions of one card without ACS can reach each other',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['gpu', 'port', 0, { ...endpoint, ...multi }],
      ['audio', 'port', 1, { ...endpoint, ...multi }],
    ],
    ['port', 'gpu audio'],
  ],
  [
    'functions of one card with ACS on do not',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['gpu', 'port', 0, { ...endpoint, ...multi, ...on }],
      ['audio', 'port', 1, { ...endpoint, ...multi, ...on }],
    ],
    ['port', 'gpu', 'audio'],
  ],
  [
    'a function with ACS on keeps out of the group of its neighbours without',
    [
      ['disk', null, 0x18, { ...conventional, ...multi }],
      ['nic', null, 0x19, { ...integrated, ...multi, ...on }],
      ['usb', null, 0x1a, { ...conventional, ...multi }],
    ],
    ['disk usb', 'nic'],
  ],
  [
    'an integrated function of Intel counts as isolated',
    [
      ['disk', null, 0x18, { ...conventional, ...multi }],
      ['nic', null, 0x19, { ...integrated, ...multi, vendor: 0x8086, device: 0x10d3 }],
    ],
    ['disk', 'nic'],
  ],
  [
    'functions in other slots of a root bus are on their own',
    [
      ['disk', null, 0x08, { ...conventional, ...multi }],
      ['nic', null, 0x10, { ...conventional, ...multi }],
    ],
    ['disk', 'nic'],
  ],
  [
    'virtual functions are single functions',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['nic', 'port', 0, { ...endpoint, ...multi }],
      ['vf0', 'port', 0x80, { ...endpoint, is_virtfn: true }],
      ['vf1', 'port', 0x81, { ...endpoint, is_virtfn: true }],
    ],
    ['port', 'nic', 'vf0', 'vf1'],
  ],
  [
    'each port of a switch that does not isolate is a group, when the root port does',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['up', 'port', 0, upstream],
      ['down0', 'up', 0x00, downstream],
      ['down1', 'up', 0x08, downstream],
      ['disk', 'down0', 0, endpoint],
      ['nic', 'down1', 0, endpoint],
    ],
    ['port', 'up', 'down0 disk', 'down1 nic'],
  ],
  [
    'a root port that does not isolate takes in the whole switch',
    [
      ['port', null, 0x10, rootPort],
      ['up', 'port', 0, upstream],
      ['down', 'up', 0x00, { ...downstream, ...on }],
      ['disk', 'down', 0, endpoint],
    ],
    ['port up down disk'],
  ],
  [
    'a function that uses the ID of another one is in its group',
    [
      ['port', null, 0x10, { ...rootPort, ...on }],
      ['sata', 'port', 0, { ...endpoint, ...multi, ...on, vendor: 0x1b4b, device: 0x9128 }],
      ['ide', 'port', 1, { ...endpoint, ...multi, ...on }],
    ],
    ['port', 'sata ide'],
  ],
])('%s', (_guarantee, fns, groups) => {
  expect(groupsOf(fns)).toEqual(groups);
});

test.each<[string, Partial<PciTraits>, string[]]>([
  ['that is known to isolate does', { vendor: 0x1def, device: 0xe006 }, ['port', 'nic']],
  ['of Zhaoxin in the list does', { vendor: 0x1d17, device: 0x0721 }, ['port', 'nic']],
  ['of Zhaoxin not in it does not', { vendor: 0x1d17, device: 0x0722, ...on }, ['port nic']],
  ['of Cavium not in the list says so itself', { vendor: 0x177d, ...on }, ['port', 'nic']],
])('a root port %s', (_guarantee, traits, groups) => {
  const fns: Fn[] = [
    ['port', null, 0x10, { ...rootPort, ...traits }],
    ['nic', 'port', 0, endpoint],
  ];
  expect(groupsOf(fns)).toEqual(groups);
});

test('who comes before its bridge gets a group of its own, and the bridge another', () => {
  const fns: Fn[] = [
    ['port', null, 0x10, { ...rootPort, ...off }],
    ['nic', 'port', 0, endpoint],
  ];
  expect(groupsOf(fns, ['nic', 'port'])).toEqual(['nic', 'port']);
});

test('pci_device_group() refuses what is not PCI', () => {
  inTopology([], ({ k }) => {
    const platform = new bus_type(k.world, 'platform');
    const dev = new device(k.world, 'soc', {
      name: 'soc',
      bus: platform,
      fwnode: null,
      dma_node: null,
      dma_companion: null,
      pci: null,
      matches: null,
    });
    k.world.runAlone('probe', function* () {
      expect(yield* k.pci_device_group(dev)).toEqual({ error: -22 });
    });
  });
});

describe('Linux enables ACS', () => {
  const port: Fn = [
    'port',
    null,
    0x10,
    { ...rootPort, vendor: 0x1b36, device: 0x000c, acs: { capability: 0x5f, control: 0x40 } },
  ];

  function controlAfter(
    steps: readonly ('request' | 'init' | 'configure')[],
    kernel: string,
    options: Partial<Kconfig> = {},
  ) {
    return inTopology(
      [port],
      ({ k, functions }) => {
        const dev = deviceOf(functions, 'port');
        const pdev = pdevOf(functions, 'port');
        k.world.runAlone('probe', function* () {
          for (const step of steps) {
            if (step === 'request') yield* k.pci_request_acs();
            else if (step === 'init') yield* k.pci_acs_init(pdev);
            else yield* k.pci_dma_configure(dev);
          }
        });
        return pdev.acs?.control;
      },
      designOf(kernel),
      options,
    );
  }

  test.each([
    ['v6.7-rc1', ['init'], 0x40],
    ['v6.12', ['request', 'init'], 0x5d],
    ['v6.12', ['init', 'request', 'configure'], 0x40],
    ['v7.3', ['request', 'init'], 0x40],
    ['v7.3', ['init', 'request', 'configure'], 0x5d],
    ['v7.3', ['init', 'configure'], 0x40],
  ] as const)('%s after %j: control is %i', (kernel, steps, control) => {
    expect(controlAfter(steps, kernel)).toBe(control);
  });

  test.each([
    // What isolates is added; what was there stays, but for redirection.
    ['v6.7-rc1', { pci_disable_acs_redir: '0000:00:02.0' }, 0x51],
    ['v6.7-rc1', { pci_disable_acs_redir: 'pci:1b36:c' }, 0x51],
    ['v6.7-rc1', { pci_disable_acs_redir: '00:02.1;00:03.0' }, 0x5d],
    ['v6.7-rc1', { pci_config_acs: '0000000@00:02.0' }, 0x5d],
    // From v6.11 on the rest is as firmware had it.
    ['v6.12', { pci_disable_acs_redir: '00:02.0' }, 0x40],
    ['v6.12', { pci_config_acs: '0000000@0000:00:02.0' }, 0x00],
    ['v6.12', { pci_config_acs: 'xx111x1@pci:0:0' }, 0x5d],
    ['v6.12', { pci_config_acs: '1@00:03.0;1x@00:02.0' }, 0x42],
    ['v6.12', { pci_config_acs: '0000000@0001:00:02.0' }, 0x5d],
    ['v6.12', { pci_config_acs: '2@00:02.0' }, 0x5d],
  ])('%s with %j: control is %i', (kernel, options, control) => {
    expect(controlAfter(['request', 'init'], kernel, options)).toBe(control);
  });

  test.each([
    // Source Validation that drops too much is neither enabled nor missed.
    ['v6.12', 0x80b5, 0x1d, true],
    ['v7.3', 0x80b5, 0x1c, true],
    ['v7.3', 0x8090, 0x1c, true],
    ['v7.3', 0x80b6, 0x1d, true],
    // The command line takes it away, which older kernels mind.
    ['v6.12', 0x80b5, 0x1c, false, { pci_config_acs: 'xxxxxx0@00:02.0' }],
    ['v7.3', 0x80b5, 0x1c, true, { pci_config_acs: 'xxxxxx0@00:02.0' }],
    ['v7.3', 0x80b6, 0x1c, false, { pci_config_acs: 'xxxxxx0@00:02.0' }],
  ] as const)('%s on a switch of IDT, %i: control is %i, isolates: %s', (...row) => {
    const [kernel, device, control, isolates, options = {}] = row;
    const acs = { capability: 0x1d, control: 0x1c };
    inTopology(
      [['port', null, 0x10, { ...downstream, vendor: 0x111d, device, acs }]],
      ({ k, functions }) => {
        const pdev = pdevOf(functions, 'port');
        k.world.runAlone('probe', function* () {
          yield* k.pci_request_acs();
          yield* k.pci_acs_init(pdev);
          yield* k.pci_enable_acs(pdev);
        });
        expect(pdev.acs?.control).toBe(control);
        expect(pci_acs_enabled(pdev, ACS_ISOLATION)).toBe(isolates);
      },
      designOf(kernel),
      options,
    );
  });

  test('a function is named by the way that leads to it', () => {
    const fns: Fn[] = [
      ['port', null, 0x10, rootPort],
      ['up', 'port', 0, upstream],
      ['down', 'up', 0x08, { ...downstream, ...off }],
    ];
    const named = (pci_disable_acs_redir: string) =>
      inTopology(fns, ({ functions }) =>
        isNamedForRedirect({ ...defaultKconfig, pci_disable_acs_redir }, pdevOf(functions, 'down')),
      );
    expect(named('00:02.0/00.0/01.0')).toBe(true);
    expect(named('00:02.0/01.0')).toBe(false);
    expect(named('00:02.0/00.0')).toBe(false);
    expect(named('01:00.0/01.0')).toBe(true);
    expect(named('00:02.0/00.0/00.0/01.0')).toBe(false);
    expect(named('nonsense')).toBe(false);
  });

  test.each([
    [0xfed1_c001, true],
    [0xfed1_c000, false],
    [null, true],
  ])(
    'on a PCH root port by registers of its own, beside an LPC bridge with RCBA %j',
    (rcba, is) => {
      const fns: Fn[] = [
        ['port', null, 0xe0, { ...rootPort, vendor: 0x8086, device: 0x8c10 }],
        ['nic', 'port', 0, endpoint],
      ];
      expect(groupsOf(fns)).toEqual(['port nic']);
      inTopology(fns, ({ k, functions }) => {
        k.world.runAlone('probe', function* () {
          yield* k.pci_request_acs();
          pdevOf(functions, 'port').lpc_rcba = rcba;
          yield* k.pci_acs_init(pdevOf(functions, 'port'));
        });
        expect(pdevOf(functions, 'port').acs_enabled_quirk).toBe(is);
      });
    },
  );
});

test('functions above 0 are known not to be alone only after they were added', () => {
  const seen: boolean[] = [];
  const design = apply('watched', base, {
    subject: 'look at a device that is added',
    replaces: {
      *device_add(_k: kernel, dev: device) {
        seen.push(dev.pci?.multifunction ?? true);
      },
    },
  });
  inTopology(
    [['audio', null, 0x19, endpoint]],
    ({ k, functions }) => {
      const pdev = pdevOf(functions, 'audio');
      k.world.runAlone('scan', function* () {
        yield* k.pci_scan_slot(deviceOf(functions, 'audio'), pdev);
      });
      seen.push(pdev.multifunction);
    },
    design,
  );
  expect(seen).toEqual([false, true]);
});
