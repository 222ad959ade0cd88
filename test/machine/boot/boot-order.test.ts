// Who comes first: drivers, modules, suppliers and the time-out.
import { describe, expect, test } from 'vitest';
import {
  defaultKconfig,
  iommuDrivers,
  type Kconfig,
  withCommandLine,
} from '../../../src/linux/index.ts';
import {
  type BootEvent,
  type BootPlan,
  type Offer,
  usualPlan,
} from '../../../src/machine/boot/plan/plan.ts';
import { suppliersIn } from '../../../src/machine/boot/suppliers/suppliers.ts';
import type { Capture } from '../../../src/machine/capture/capture.ts';
import { planOf } from '../../../src/machine/capture/plan.ts';
import { type Inspection, inspect, type Machine } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { present } from '../../../src/util/index.ts';
import { be32, node, prop, text } from '../../firmware/fdt-builder.ts';
import { configSpace } from '../pci/config-space.ts';
import { compatible, host, machineOf, phandle, reg64 } from '../trees.ts';

const cells = (name: string, count: number) => prop(`#${name}-cells`, be32(count));
const regulator = node('reg0', [compatible('regulator-fixed'), phandle(9)]);
const smmu = (...props: ReturnType<typeof prop>[]) =>
  node('iommu@1000', [
    compatible('arm,smmu-v3'),
    reg64(0x1000),
    phandle(1),
    cells('iommu', 1),
    ...props,
  ]);
const client = (address: number, id: number) =>
  node(`dma@${address.toString(16)}`, [
    compatible('x'),
    reg64(address),
    prop('iommus', be32(1, id)),
  ]);

/** An SMMU that a regulator powers, and two devices behind it. */
const powered = machineOf([
  regulator,
  smmu(prop('vdd-supply', be32(9))),
  client(0x8000, 8),
  client(0x9000, 9),
]);

describe('a PCI function whose node is disabled', () => {
  const map = prop('iommu-map', be32(0, 1, 0, 0x1_0000));
  const status = (word: string) => prop('status', text(word));
  const child = (word: string) =>
    host(
      0x4000_0000,
      [map],
      [node('net@1,0', [prop('reg', be32(0x800, 0, 0, 0, 0)), status(word)])],
    );

  test.each<[kernel: string, word: string, outcome: string]>([
    ['v6.1', 'disabled', 'translated'],
    ['v6.7-rc1', 'disabled', 'direct'],
    ['v6.12', 'disabled', 'direct'],
    ['v6.12', 'fail-sss', 'direct'],
    ['v6.12', 'okay', 'translated'],
    ['v7.3', 'disabled', 'translated'],
  ])('in %s, with status "%s": %s', (kernel, word, outcome) => {
    const machine = machineOf([smmu(), child(word)], { '0000:00:01.0': configSpace({ type: 0 }) });
    const { devices } = inspect(machine, designOf(kernel), defaultKconfig);
    const found = devices.find(({ name }) => name === '0000:00:01.0');
    expect(found).toMatchObject({ outcome });
    const reason = 'no driver is offered it: its node is disabled';
    expect(found?.reasons).toEqual(outcome === 'direct' ? [reason] : []);
  });
});

describe('suppliers', () => {
  const gpio = node('gpio@2000', [compatible('gpio'), reg64(0x2000), phandle(2), cells('gpio', 2)]);
  const lists: [string, ...[machine: Machine, options: string, links: string[]]][] = [
    ['a regulator is waited for', powered, '', ['1000.iommu reg0']],
    ['with fw_devlink=on, too', powered, 'fw_devlink=on', ['1000.iommu reg0']],
    ['nobody waits with fw_devlink=off', powered, 'fw_devlink=off', []],
    ['nobody waits with fw_devlink=permissive', powered, 'fw_devlink=permissive', []],
    [
      'an IOMMU is waited for when fw_devlink is strict',
      powered,
      'fw_devlink.strict=1',
      ['1000.iommu reg0', '8000.dma 1000.iommu', '9000.dma 1000.iommu'],
    ],
    [
      'a GPIO controller is waited for by each that has a line of it',
      machineOf([
        gpio,
        node('a@3000', [compatible('a'), reg64(0x3000), prop('reset-gpios', be32(2, 0, 0))]),
        node('b@4000', [compatible('b'), reg64(0x4000), prop('gpios', be32(2, 1, 0))]),
      ]),
      '',
      ['3000.a 2000.gpio', '4000.b 2000.gpio'],
    ],
    [
      'who names a part of a device waits for the device',
      machineOf([
        node(
          'pmic@2000',
          [compatible('pmic'), reg64(0x2000)],
          [node('regulators', [], [node('ldo1', [phandle(7)])])],
        ),
        node('a@3000', [compatible('a'), reg64(0x3000), prop('vdd-supply', be32(7))]),
      ]),
      '',
      ['3000.a 2000.pmic'],
    ],
    [
      'a disabled supplier is not waited for',
      machineOf([
        node('reg0', [
          compatible('regulator-fixed'),
          phandle(9),
          prop('status', Buffer.from('no\0')),
        ]),
        smmu(prop('vdd-supply', be32(9))),
      ]),
      '',
      [],
    ],
    [
      'what is set up before there are devices is not waited for',
      machineOf([
        node('clk', [compatible('fixed-clock'), phandle(5), cells('clock', 0)]),
        smmu(prop('clocks', be32(5))),
      ]),
      '',
      [],
    ],
    [
      'two that wait for each other do not wait',
      machineOf([
        node('a@2000', [compatible('a'), reg64(0x2000), phandle(2), prop('x-supply', be32(3))]),
        node('b@3000', [compatible('b'), reg64(0x3000), phandle(3), prop('y-supply', be32(2))]),
      ]),
      '',
      [],
    ],
  ];

  test.each(lists)('%s', (_what, machine, options, expected) => {
    const { links } = suppliersIn(machine, withCommandLine(options, defaultKconfig));
    expect(links.map(({ consumer, supplier }) => `${consumer.name} ${supplier.name}`)).toEqual(
      expected,
    );
  });
});

describe('an IOMMU that waits for a module', () => {
  /** The first client comes before the IOMMU, the second one after it. */
  const order: Readonly<Record<string, number>> = { '8000.dma': 1, '1000.iommu': 2, '9000.dma': 3 };

  function booted(options: string, ...events: BootEvent[]): Inspection {
    const config: Kconfig = withCommandLine(options, defaultKconfig);
    const offer = (modules: string[], place: number): Offer => ({
      modules,
      order: place,
      takes: true,
    });
    const plan: BootPlan = {
      offerOf: ({ name }) => (name === 'reg0' ? offer(['fixed'], 0) : offer([], order[name] ?? 4)),
      iommuOfferOf: (_driver, { name }) => offer([], order[name] ?? 4),
      suppliers: suppliersIn(powered, config),
      events,
    };
    return inspect(powered, designOf('v6.12'), config, { plan });
  }

  const outcomes = (...of: Parameters<typeof booted>) =>
    booted(...of).devices.map(({ name, outcome }) => `${name} ${outcome}`);
  const load: BootEvent = { what: 'load', module: 'fixed' };
  const timeout: BootEvent = { what: 'timeout' };

  test.each<[string, string, BootEvent[], string, string]>([
    ['keeps its clients waiting', '', [], 'deferred', 'deferred'],
    ['serves all of them once the module comes', '', [load], 'translated', 'translated'],
    [
      'does without at the time-out, but who waits in front of it does, too',
      '',
      [timeout],
      'direct',
      'translated',
    ],
    [
      'and that is not repaired by a module that comes later',
      '',
      [timeout, load],
      'direct',
      'translated',
    ],
    [
      'serves all of them when nobody waits for suppliers',
      'fw_devlink=off',
      [],
      'translated',
      'translated',
    ],
    [
      'is waited for when its module comes before the time-out',
      '',
      [load, timeout],
      'translated',
      'translated',
    ],
    [
      'is served by nobody when the time is over at once, for suppliers have no such end',
      'deferred_probe_timeout=0',
      [],
      'direct',
      'direct',
    ],
  ])('%s', (_what, options, events, first, second) => {
    const all = outcomes(options, ...events);
    expect(all).toContain(`8000.dma ${first}`);
    expect(all).toContain(`9000.dma ${second}`);
  });
});

/** A device that a capture shows with a driver bound to it, or none. */
function devicesOf(name: string, driver: string | null): Capture['devices'] {
  return [
    {
      name,
      bus: 'platform',
      driver,
      deferred: false,
      iommu: null,
      ids: null,
      group: null,
      domain: null,
      earlierDomains: [],
      earlierDrivers: [],
      calls: new Map(),
    },
  ];
}

function captureOf(change: Partial<Capture>): Capture {
  return {
    partial: false,
    defaultDomain: null,
    release: '6.12.107',
    arch: 'aarch64',
    cmdline: '',
    kconfig: {},
    built: [],
    modules: ['e1000e', 'nvme'],
    steps: [],
    uptime: 5,
    devices: [],
    iommus: [],
    hardware: new Map(),
    log: [],
    trace: [],
    drivers: [],
    notCollected: [],
    ...change,
  };
}

function planned(change: Partial<Capture>, cmdline = ''): BootPlan {
  const config = withCommandLine(cmdline, defaultKconfig);
  return planOf(powered, captureOf({ cmdline, ...change }), config);
}

describe('a device that waits for an IOMMU without a driver', () => {
  const machine = machineOf([
    node('iommu@1000', [
      compatible('vendor,unknown'),
      reg64(0x1000),
      phandle(1),
      cells('iommu', 1),
    ]),
    client(0x8000, 8),
  ]);

  test.each([
    ['', 'once the deferral time-out has passed, its driver binds without an IOMMU'],
    ['deferred_probe_timeout=-1', 'deferred_probe_timeout= is negative: it waits for ever'],
  ])('says what the time-out changes: %s', (options, expected) => {
    const config = withCommandLine(options, defaultKconfig);
    const { devices } = inspect(machine, designOf('v6.12'), config);
    const found = devices.find(({ name }) => name === '8000.dma');
    expect(found).toMatchObject({ outcome: 'deferred' });
    expect(found?.reasons).toContain(expected);
  });
});

test('an IOMMU that waits says for what, and its clients that they get it at the time-out', () => {
  const config = { ...defaultKconfig };
  const usual = usualPlan(powered, config);
  const plan: BootPlan = {
    ...usual,
    suppliers: suppliersIn(powered, config),
    offerOf: (of) => (of.name === 'reg0' ? null : usual.offerOf(of)),
  };
  const { devices } = inspect(powered, designOf('v6.12'), config, { plan });
  const reasonsOf = (name: string) => devices.find((device) => device.name === name)?.reasons;
  expect(reasonsOf('1000.iommu')).toContain('waits for its supplier reg0');
  expect(reasonsOf('9000.dma')).toContain(
    'once the deferral time-out has passed, it gets its IOMMU',
  );
});

test('who waits is tried again before the next device of a module', () => {
  const machine = machineOf([
    smmu(),
    client(0x8000, 8), // is part of the kernel
    node('dma@8800', [compatible('x'), reg64(0x8800)]), // binds at once: whoever waits is tried
    client(0x9000, 9), // comes after that, in the same module
  ]);
  const inModule = (name: string): Offer => ({ modules: [name], order: 9, takes: true });
  const usual = usualPlan(machine, defaultKconfig);
  const plan: BootPlan = {
    ...usual,
    iommuOfferOf: () => inModule('smmu'),
    offerOf: (of) => (of.name === '8000.dma' ? usual.offerOf(of) : inModule('clients')),
    events: [
      { what: 'load', module: 'clients' },
      { what: 'load', module: 'smmu' },
    ],
  };
  const { groups } = inspect(machine, designOf('v6.12'), defaultKconfig, { plan });
  expect(groups.map(({ devices }) => devices)).toEqual([['8000.dma'], ['9000.dma']]);
});

describe('the plan of a captured boot', () => {
  function eventsOf(change: Partial<Capture>, cmdline = ''): string[] {
    const { events } = planned(change, cmdline);
    return events.map(({ what, ...which }) => [what, ...Object.values(which)].join(' '));
  }
  const steps = (...texts: string[]): Capture['steps'] =>
    texts.map((text) => ({ time: Number(text.split(' ')[0]), what: text.replace(/^\S+ /, '') }));

  test.each<[string, string, Capture['steps'], number, string[]]>([
    [
      'modules come in the order of the steps',
      '',
      steps('1 load nvme', '2 load e1000e'),
      5,
      ['load nvme', 'load e1000e'],
    ],
    [
      'without steps in the order in which they are listed',
      '',
      [],
      5,
      ['load e1000e', 'load nvme'],
    ],
    [
      'time runs out after ten seconds',
      '',
      steps('1 load nvme', '2 load e1000e'),
      13,
      ['load nvme', 'load e1000e', 'timeout'],
    ],
    [
      'but not while modules keep coming',
      '',
      steps('1 load nvme', '9 load e1000e'),
      18,
      ['load nvme', 'load e1000e'],
    ],
    [
      'nor while one is being loaded',
      '',
      steps('1 load nvme', '12 load e1000e'),
      18,
      ['load nvme', 'load e1000e'],
    ],
    [
      'but while nobody does anything',
      '',
      steps('1 load nvme', '2 load e1000e', '18 final snapshot'),
      18,
      ['load nvme', 'load e1000e', 'timeout'],
    ],
    [
      'or when there is more of it',
      'deferred_probe_timeout=20',
      steps('1 load nvme', '2 load e1000e'),
      13,
      ['load nvme', 'load e1000e'],
    ],
    [
      'or no end to it',
      'deferred_probe_timeout=-1',
      steps('1 load nvme', '2 load e1000e'),
      99,
      ['load nvme', 'load e1000e'],
    ],
    [
      'once only',
      'deferred_probe_timeout=3',
      steps('1 load nvme', '2 snapshot', '9 load e1000e'),
      99,
      ['load nvme', 'timeout', 'load e1000e'],
    ],
    [
      'what is part of the kernel gives nobody more time',
      'deferred_probe_timeout=3',
      steps('1 load nvme', '2 load e1000e', '3 snapshot', '5.5 load uart'),
      6.5,
      ['load nvme', 'load e1000e', 'timeout'],
    ],
    [
      'a module that cannot go stays',
      '',
      steps('1 load nvme', '2 load e1000e', '3 rmmod=nvme', '3 step rmmod=nvme failed: busy'),
      5,
      ['load nvme', 'load e1000e'],
    ],
    [
      'another goes',
      '',
      steps('1 load nvme', '2 load e1000e', '3 rmmod=nvme'),
      5,
      ['load nvme', 'load e1000e', 'unload nvme'],
    ],
    [
      'virtual functions are made',
      '',
      steps('1 load nvme', '2 load e1000e', '3 sriov=0000:01:00.0@3'),
      5,
      ['load nvme', 'load e1000e', 'sriov 0000:01:00.0'],
    ],
  ])('%s', (_what, cmdline, steps, uptime, expected) => {
    expect(eventsOf({ steps, uptime }, cmdline)).toEqual(expected);
  });

  test.each<[compatible: string[], takes: boolean | null]>([
    [['simple-pm-bus'], true],
    [['simple-mfd'], true],
    [['acme,bus', 'simple-pm-bus', 'simple-bus'], true],
    [['acme,bus', 'simple-bus'], false],
    [['acme,bus'], null],
  ])('a bus of a devicetree has a driver: %j', (names, takes) => {
    const machine = machineOf([node('bus', [compatible(...names)])]);
    const { offerOf } = planOf(machine, captureOf({}), defaultKconfig);
    const [of] = machine.devices;
    expect(offerOf(present(of, 'the bus'))?.takes ?? null).toBe(takes);
  });

  test.each([true, false])('a device has a driver if it waits: %j', (deferred) => {
    const machine = machineOf([node('thing', [compatible('acme,thing')])]);
    const devices = devicesOf('thing', null).map((of) => ({ ...of, deferred }));
    const { offerOf } = planOf(machine, captureOf({ devices }), defaultKconfig);
    expect(offerOf(present(machine.devices[0], 'the device')) !== null).toBe(deferred);
  });

  test.each<[drivers: string[], there: boolean]>([
    [[], true],
    [['gpio-keys'], false],
    [['gpio-keys', 'virtio-mmio'], true],
  ])('a module that cannot be loaded is no driver where a list lacks it: %j', (drivers, there) => {
    const machine = machineOf([node('slot', [compatible('virtio,mmio')])]);
    const change = {
      drivers,
      steps: steps('1 load virtio_mmio'),
      devices: devicesOf('slot', null),
    };
    const { offerOf } = planOf(machine, captureOf(change), defaultKconfig);
    expect(offerOf(present(machine.devices[0], 'the slot')) !== null).toBe(there);
  });

  test.each<[string, string, string[]]>([
    ['a device that no longer waits', 'deferred probe timeout, ignoring dependency', ['timeout']],
    ['a device that still does', 'deferred probe pending: (reason unknown)', ['timeout']],
    ['another delay', 'deferred probe pended', []],
  ])('the log tells when time ran out: %s', (_what, message, expected) => {
    const log = ['[    2.0] iommu: strict', `[    6.5] nvme 0000:00:01.0: ${message}`];
    const late = steps('1 load nvme', '6 snapshot', '7 load e1000e', '14 final snapshot');
    expect(eventsOf({ log, steps: late, uptime: 14 })).toEqual([
      'load nvme',
      ...expected,
      'load e1000e',
    ]);
  });
});

describe('the driver of an IOMMU', () => {
  const smmuDriver = present(
    iommuDrivers.find(({ name }) => name === 'arm-smmu-v3'),
    'arm-smmu-v3',
  );
  const of = present(
    powered.devices.find(({ name }) => name === '1000.iommu'),
    'the SMMU',
  );

  test.each([
    ['is part of the kernel where nobody says more', [], [], []],
    ['comes with its module', ['arm_smmu_v3'], ['arm_smmu_v3'], ['arm_smmu_v3']],
    ['never comes when its module was built and not loaded', ['arm_smmu_v3'], [], null],
  ])('%s', (_what, built, modules, expected) => {
    const offer = planned({ built, modules }).iommuOfferOf(smmuDriver, of);
    expect(offer?.modules ?? null).toEqual(expected);
  });
});

describe('a virtio-iommu in a slot', () => {
  const slot = node('virtio_mmio@5000', [
    compatible('virtio,mmio'),
    reg64(0x5000),
    phandle(1),
    cells('iommu', 1),
  ]);
  const machine = machineOf([slot, client(0x8000, 8)]);
  const config = withCommandLine('deferred_probe_timeout=0', defaultKconfig);
  const bindings = (driver: string | null): Capture['devices'] =>
    devicesOf('5000.virtio_mmio', driver);
  const outcome = (plan?: BootPlan) => {
    const options = plan === undefined ? {} : { plan };
    const { devices } = inspect(machine, designOf('v7.3'), config, options);
    return devices.find(({ name }) => name === '8000.dma');
  };
  const seen = (driver: string | null): BootPlan => {
    const modules = ['virtio_mmio', 'virtio_iommu'];
    return planOf(machine, captureOf({ modules, devices: bindings(driver) }), config);
  };

  test('is there when its driver is bound', () => {
    expect(outcome(seen('virtio-mmio'))).toMatchObject({ outcome: 'translated' });
    expect(outcome(seen('virtio-mmio'))?.assumes?.join() ?? '').not.toContain('virtio-slot');
  });

  test('is not when no driver is: the slot is empty', () => {
    expect(outcome(seen(null))).toMatchObject({ outcome: 'direct' });
  });

  test('is assumed where nothing shows it', () => {
    expect(outcome()).toMatchObject({ outcome: 'translated' });
    expect(outcome()?.assumes?.join()).toContain('virtio-slot');
  });
});

describe('the driver of a device', () => {
  const regulatorDevice = present(
    powered.devices.find(({ name }) => name === 'reg0'),
    'the regulator',
  );
  const captured = (driver: string | null): Capture['devices'] => devicesOf('reg0', driver);

  test.each<[string, string | null, string[], string[] | null]>([
    ['that is bound comes with its module', 'reg-fixed-voltage', ['fixed'], ['fixed']],
    ['whatever it is', 'some-driver', ['some_driver'], ['some_driver']],
    ['and is part of the kernel where no module was loaded', 'reg-fixed-voltage', [], []],
    ['that is not bound comes when it matches', null, ['fixed'], ['fixed']],
    ['does not come when it is nowhere', null, ['e1000e'], null],
  ])('%s', (_what, driver, modules, expected) => {
    const offer = planned({ modules, devices: captured(driver) }).offerOf(regulatorDevice);
    expect(offer?.modules ?? null).toEqual(expected);
  });
});

describe('the command line', () => {
  test.each([
    ['deferred_probe_timeout=3', { deferred_probe_timeout: 3 }],
    ['deferred_probe_timeout=-1', { deferred_probe_timeout: -1 }],
    ['deferred_probe_timeout=soon', { deferred_probe_timeout: null }],
    ['fw_devlink=off', { fw_devlink: 'off' }],
    ['fw_devlink=sometimes', { fw_devlink: 'rpm' }],
    ['fw_devlink.strict=1', { fw_devlink_strict: true }],
  ])('%s', (words, expected) => {
    expect(withCommandLine(words, defaultKconfig)).toMatchObject(expected);
  });
});

describe('a module that is kept out', () => {
  const usual = (cmdline: string) => usualPlan(powered, withCommandLine(cmdline, defaultKconfig));
  const reg = present(
    powered.devices.find(({ name }) => name === 'reg0'),
    'the regulator',
  );
  const viommu = present(
    iommuDrivers.find(({ name }) => name === 'virtio-iommu'),
    'virtio-iommu',
  );

  test.each<[cmdline: string, comes: boolean]>([
    ['', true],
    ['module_blacklist=fixed', false],
    ['module_blacklist=x,fixed', false],
    ['module_blacklist=fixed module_blacklist=x', true],
    ['modprobe.blacklist=fixed modprobe.blacklist=x', false],
  ])('%s', (cmdline, comes) => {
    expect(usual(cmdline).offerOf(reg) !== null).toBe(comes);
  });

  test.each<[cmdline: string, comes: boolean]>([
    ['module_blacklist=virtio_iommu', false],
    ['module_blacklist=virtio-iommu', true],
    ['modprobe.blacklist=virtio-iommu', false],
    ['module_blacklist=arm_smmu_v3', true],
  ])('is that of an IOMMU if it is a module at all: %s', (cmdline, comes) => {
    expect(usual(cmdline).iommuOfferOf(viommu, reg) !== null).toBe(comes);
  });

  test('is not part of the kernel where somebody tried to load it', () => {
    const steps = [{ time: 1, what: 'load fixed' }];
    expect(planned({ steps }).offerOf(reg)).toMatchObject({ modules: [] });
    expect(planned({ steps }, 'module_blacklist=fixed').offerOf(reg)).toBeNull();
    expect(planned({ steps }, 'modprobe.blacklist=fixed').offerOf(reg)).not.toBeNull();
  });
});
