// Whom a device waits for, in each kernel (drivers/of/property.c), and what a probe asks for by itself.
import { describe, expect, test } from 'vitest';
import { defaultKconfig, type Kconfig, withCommandLine } from '../../../src/linux/index.ts';
import { type BootEvent, type BootPlan, usualPlan } from '../../../src/machine/boot/plan/plan.ts';
import { suppliersIn } from '../../../src/machine/boot/suppliers/suppliers.ts';
import { type InspectedDevice, inspect, type Machine } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { present } from '../../../src/util/index.ts';
import { be32, type Node, node, type Prop, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../trees.ts';

const kernels = ['v6.1', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'];
const clockNever = 'its driver waits for a clock or a reset, which never comes';
const disabled = prop('status', text('disabled'));

/** What is offered under every property that says how many cells follow. */
const offers = (...names: string[]): Prop[] => names.map((name) => prop(`#${name}-cells`, be32(0)));
const provider = node('provider', [
  compatible('acme,provider'),
  phandle(9),
  ...offers('clock', 'interconnect', 'mbox', 'io-channel', 'io-backend', 'dma', 'power-domain'),
  ...offers('hwlock', 'nvmem-cell', 'phy', 'pwm', 'reset', 'msi', 'access-controller', 'pse'),
  ...offers('gpio', 'iommu', 'interrupt'),
]);
/** No device: what it is a part of is disabled. */
const unreached = node('soc', [compatible('s'), disabled], [provider]);
const consumer = (...props: Prop[]): Node =>
  node('a@1000', [compatible('a'), reg64(0x1000), ...props]);

/** `consumer supplier`, and `consumer (path)` for a supplier that is no device. */
function waits(machine: Machine, kernel: string, config: Kconfig = defaultKconfig): string[] {
  const { links, absent } = suppliersIn(machine, config, designOf(kernel).release);
  return [
    ...links.map(({ consumer, supplier }) => `${consumer.name} ${supplier.name}`),
    ...[...absent].map(([of, path]) => `${of.name} (${path})`),
  ];
}

describe('a property that names a supplier', () => {
  const always = [
    ...['clocks', 'interconnects', 'mboxes', 'io-channels', 'power-domains'],
    ...['hwlocks', 'extcon', 'nvmem-cells', 'phys', 'wakeup-parent', 'pinctrl-0', 'pinctrl-8'],
    ...['pwms', 'resets', 'leds', 'backlight', 'panel', 'vdd-supply', 'reset-gpio', 'reset-gpios'],
    ...['gpio', 'gpios'],
  ];
  const late = ['io-backends', 'access-controllers', 'pses', 'power-supplies'];
  const never = ['phy-handle', 'pcs-handle', 'x,nr-gpios', 'iommus', 'dmas', '-supply', 'clock'];

  test.each<[kernels: string[], properties: string[]]>([
    [kernels, always],
    [kernels.slice(1), ['msi-parent']],
    [kernels.slice(0, 3), ['interrupt-parent']],
    [kernels.slice(3), late],
    [['v7.3'], ['pinctrl-9', 'pinctrl-10', 'mmc-pwrseq']],
    [[], never],
  ])('in %j: %j', (known, properties) => {
    for (const name of properties) {
      const machine = machineOf([provider, consumer(prop(name, be32(9)))]);
      const found = kernels.filter((kernel) => waits(machine, kernel).length > 0);
      expect([name, ...found]).toEqual([name, ...known]);
    }
  });

  test('counts only while the list can be read', () => {
    const other = node('other', [compatible('acme,other'), phandle(8)]);
    const hidden = node('hidden', [compatible('acme,hidden'), phandle(6)]);
    const machine = machineOf([
      provider,
      other,
      hidden,
      consumer(prop('leds', be32(0, 6)), prop('phys', be32(9, 77, 9)), prop('clocks', be32(8))),
    ]);
    // The other one does not say how long its cells are, which newer kernels take for none.
    const known = kernels.filter((kernel) => waits(machine, kernel).includes('1000.a other'));
    expect(waits(machine, 'v6.1')).toEqual(['1000.a provider']);
    expect(known).toEqual(kernels.slice(1));
  });

  test('is passed over for a GPIO that its own controller holds', () => {
    const hog = consumer(prop('gpios', be32(9)), prop('gpio-hog', new Uint8Array()));
    expect(waits(machineOf([provider, hog]), 'v7.3')).toEqual([]);
  });

  test('may be optional', () => {
    const strict = withCommandLine('fw_devlink.strict=1', defaultKconfig);
    const machine = machineOf([provider, consumer(prop('dmas', be32(9)))]);
    expect(waits(machine, 'v6.12', strict)).toEqual(['1000.a provider']);
    const permissive = withCommandLine('fw_devlink=permissive', strict);
    expect(waits(machine, 'v6.12', permissive)).toEqual([]);
  });
});

describe('interrupts', () => {
  const controller = node('pic', [
    compatible('acme,pic'),
    phandle(8),
    prop('interrupt-controller', new Uint8Array()),
    prop('#interrupt-cells', be32(1)),
  ]);

  const nexus = (...props: Prop[]): Node =>
    node('nexus', [phandle(7), prop('#interrupt-cells', be32(1)), ...props]);
  const other = node('other', [
    compatible('acme,other'),
    phandle(6),
    disabled,
    prop('#interrupt-cells', be32(1)),
  ]);
  const through = (numbers: number[], ...props: Prop[]): string[] =>
    waits(
      machineOf([
        controller,
        provider,
        other,
        nexus(...props),
        consumer(prop('interrupt-parent', be32(7)), prop('interrupts', be32(...numbers))),
      ]),
      'v7.3',
    );
  /** Addresses of two cells and an interrupt; to the controller with one cell, to the provider with none. */
  const map = (...words: number[]): Prop[] => [
    prop('#address-cells', be32(2)),
    prop('interrupt-map', be32(...words)),
  ];
  const ofAll = prop('interrupt-map-mask', be32(0, 0, 7));

  test.each<[what: string, numbers: number[], props: Prop[], expected: string[]]>([
    ['go through a nexus', [3], map(0, 0x1000, 3, 8, 9), ['1000.a pic']],
    ['by the address of the device, unless its mask says no', [3], map(0, 7, 3, 8, 9), []],
    ['and only by what its mask leaves', [0x13], [...map(0, 7, 3, 8, 9), ofAll], ['1000.a pic']],
    [
      'to the first row that matches',
      [3],
      [...map(0, 0, 3, 8, 9, 0, 0, 3, 9, 0, 0), ofAll],
      ['1000.a pic'],
    ],
    [
      'but not to a controller that is disabled',
      [3],
      [...map(0, 0, 3, 6, 9, 0, 0, 3, 8, 9), ofAll],
      ['1000.a pic'],
    ],
    ['as far as each comes to something', [3, 5, 3], [...map(0, 0, 5, 8, 9), ofAll], []],
    [
      'to the nexus itself, which takes some',
      [3],
      [...map(0, 0, 3, 7, 0, 0, 9), ofAll],
      ['1000.a (/nexus)'],
    ],
  ])('%s', (_what, numbers, props, expected) => {
    expect(through(numbers, ...props)).toEqual(expected);
  });

  test('that nexuses hand on to each other for ever come to nothing', () => {
    const ring = (name: string, own: number, next: number) =>
      node(name, [
        phandle(own),
        prop('#address-cells', be32(0)),
        prop('#interrupt-cells', be32(1)),
        prop('interrupt-map', be32(1, next, 1, 1)),
        prop('interrupt-map-mask', be32(0)),
      ]);
    const wired = consumer(prop('interrupt-parent', be32(7)), prop('interrupts', be32(1)));
    expect(waits(machineOf([ring('x', 7, 8), ring('y', 8, 7), wired]), 'v7.3')).toEqual([]);
  });

  test('are of the node that has no map and passes them on', () => {
    const router = node('router', [
      compatible('acme,router'),
      phandle(7),
      prop('#interrupt-cells', be32(1)),
      prop('interrupt-parent', be32(8)),
    ]);
    const wired = consumer(prop('interrupt-parent', be32(7)), prop('interrupts', be32(3)));
    expect(waits(machineOf([controller, router, wired]), 'v7.3')).toEqual(['1000.a router']);
  });

  test('that a bridge hands on are its own in newer kernels', () => {
    const wired = consumer(
      prop('#address-cells', be32(1)),
      prop('#interrupt-cells', be32(1)),
      prop('interrupt-map', be32(0, 1, 8, 5, 0, 2, 9, 0, 2, 77, 0)),
    );
    const machine = machineOf([controller, provider, wired]);
    expect(waits(machine, 'v6.8')).toEqual([]);
    expect(waits(machine, 'v6.12')).toEqual(['1000.a pic', '1000.a provider']);
  });
});

describe('a device that can do without a supplier at first', () => {
  const machine = machineOf([
    provider,
    consumer(prop('post-init-providers', be32(9)), prop('vdd-supply', be32(9))),
  ]);

  test.each(kernels)('%s', (kernel) => {
    const knows = kernels.indexOf(kernel) >= kernels.indexOf('v6.12');
    expect(waits(machine, kernel)).toEqual(knows ? [] : ['1000.a provider']);
  });
});

describe('a supplier', () => {
  const part = (...props: Prop[]) => node('ldo', [phandle(7), ...props]);
  const named = consumer(prop('vdd-supply', be32(7)));

  test.each<[what: string, trees: Node[], expected: string[]]>([
    ['that is part of a device', [node('pmic', [compatible('p')], [part()])], ['1000.a pmic']],
    [
      'that says what it is, below a device that is no bus',
      [node('pmic', [compatible('p')], [part(compatible('regulator-fixed'))])],
      ['1000.a pmic'],
    ],
    [
      'that is disabled above the device it is part of',
      [node('pmic', [compatible('p'), disabled], [part()])],
      [],
    ],
    ['that is disabled', [node('pmic', [compatible('p')], [part(disabled)])], []],
    ['that is no device, nor part of one', [part()], ['1000.a (/ldo)']],
    [
      'that the kernel sets up before there are devices',
      [node('clocks', [], [part(compatible('fixed-clock'))])],
      [],
    ],
  ])('%s', (_what, trees, expected) => {
    expect(waits(machineOf([...trees, named]), 'v6.12')).toEqual(expected);
  });
});

describe('a circle', () => {
  const a = (...props: Prop[]) => node('a', [compatible('a'), phandle(1), ...props]);
  const b = (props: Prop[], children: Node[] = []) =>
    node(
      'b',
      [compatible('simple-bus'), phandle(2), prop('ranges', new Uint8Array()), ...props],
      children,
    );
  const c = (...props: Prop[]) => node('c', [compatible('c'), phandle(3), ...props]);
  const needs = (...of: number[]) => of.map((number) => prop(`x${number}-supply`, be32(number)));

  test.each<[what: string, trees: Node[], expected: string[]]>([
    ['of three', [a(...needs(2)), b(needs(3)), c(...needs(1))], []],
    ['does not loosen what leads to it', [a(...needs(2)), b(needs(3)), c(...needs(2))], ['a b']],
    ['goes from a part to what it is part of', [a(...needs(3)), b([...needs(1)], [c()])], []],
    [
      'is made by a graph that both ends name',
      [
        a(...needs(2)),
        b(
          [],
          [node('port', [], [node('endpoint', [phandle(4), prop('remote-endpoint', be32(5))])])],
        ),
        node('d', [compatible('d'), ...needs(2)]),
        node(
          'e',
          [compatible('e'), ...needs(2)],
          [node('port', [], [node('endpoint', [phandle(5), prop('remote-endpoint', be32(4))])])],
        ),
      ],
      ['a b', 'd b'],
    ],
  ])('%s', (_what, trees, expected) => {
    expect(waits(machineOf(trees), 'v6.12')).toEqual(expected);
  });
});

describe('without fw_devlink', () => {
  const smmu = (...props: Prop[]) =>
    node('iommu@9000', [
      compatible('arm,smmu-v3'),
      reg64(0x9000),
      phandle(1),
      prop('#iommu-cells', be32(1)),
      ...props,
    ]);
  const behind = (...props: Prop[]) => consumer(prop('iommus', be32(1, 8)), ...props);
  const pins = (of: number) => prop('pinctrl-0', be32(of));
  const domain = prop('power-domains', be32(9));
  const controller = (...props: Prop[]) =>
    node('pinctrl', [compatible('acme,pins'), ...props], [node('state', [phandle(6)])]);
  const load: BootEvent = { what: 'load', module: 'late' };
  const timeout: BootEvent = { what: 'timeout' };

  /** Drivers of what provides something come as modules, if at all. */
  function found(machine: Machine, kernel: string, ...events: BootEvent[]): InspectedDevice {
    const config = withCommandLine('fw_devlink=off', defaultKconfig);
    const usual = usualPlan(machine, config);
    const plan: BootPlan = {
      ...usual,
      suppliers: suppliersIn(machine, config, designOf(kernel).release),
      offerOf: (of) =>
        /^(?:provider|pinctrl)$/.test(of.name)
          ? { modules: ['late'], order: 0, takes: true }
          : usual.offerOf(of),
      events,
    };
    const { devices } = inspect(machine, designOf(kernel), config, { plan });
    return present(
      devices.find(({ name }) => name === '1000.a'),
      'the consumer',
    );
  }
  const outcomes = (machine: Machine, ...events: BootEvent[]) =>
    ['v6.1', 'v6.12', 'v7.3'].map((kernel) => found(machine, kernel, ...events).outcome);

  test('pin control comes before the IOMMU, where that is asked for in a probe', () => {
    const machine = machineOf([smmu(), controller(), behind(pins(6))]);
    expect(outcomes(machine)).toEqual(['deferred', 'deferred', 'translated']);
    expect(outcomes(machine, load)).toEqual(['translated', 'translated', 'translated']);
    expect(found(machine, 'v6.12').reasons).toContain(
      'waits for its pin controller, which pinctrl provides',
    );
  });

  test('pin control has no time-out', () => {
    const machine = machineOf([smmu(), controller(), behind(pins(6))]);
    expect(outcomes(machine, timeout)).toEqual(['deferred', 'deferred', 'translated']);
  });

  test('a controller does not wait for itself, nor anybody for a state that is no node', () => {
    const self = node(
      'a@1000',
      [compatible('a'), reg64(0x1000), prop('iommus', be32(1, 8)), pins(6)],
      [node('state', [phandle(6)])],
    );
    expect(found(machineOf([smmu(), self]), 'v6.12').outcome).toBe('translated');
    const nothing = found(machineOf([smmu(), behind(pins(77))]), 'v6.12');
    expect(nothing).toMatchObject({ outcome: 'failed', errno: -22 });
  });

  test('a power domain comes after it: the device waits and has its group', () => {
    const machine = machineOf([smmu(), provider, behind(domain)]);
    expect(outcomes(machine)).toEqual(['translated', 'translated', 'translated']);
    expect(found(machine, 'v6.12').reasons).toContain(
      'waits for its power domain, which provider provides',
    );
    expect(found(machine, 'v6.12', load).reasons).toEqual([]);
  });

  test('an IOMMU whose power domain never comes fails with -110 at the time-out', () => {
    const machine = machineOf([smmu(domain), provider, behind()]);
    expect(outcomes(machine)).toEqual(['deferred', 'deferred', 'deferred']);
    expect(outcomes(machine, timeout)).toEqual(['direct', 'direct', 'direct']);
    const config = withCommandLine('fw_devlink=off', defaultKconfig);
    const usual = usualPlan(machine, config);
    const { devices } = inspect(machine, designOf('v6.12'), config, {
      plan: {
        ...usual,
        suppliers: suppliersIn(machine, config),
        offerOf: (of) => (of.name === 'provider' ? null : usual.offerOf(of)),
        events: [timeout],
      },
    });
    expect(devices.find(({ name }) => name === '9000.iommu')).toMatchObject({
      outcome: 'failed',
      errno: -110,
    });
  });

  const clocks = (...words: number[]) => prop('assigned-clocks', be32(...words));
  const rates = (...words: number[]) => prop('assigned-clock-rates', be32(...words));
  const parents = (...words: number[]) => prop('assigned-clock-parents', be32(...words));
  const fixed = node('osc', [compatible('fixed-clock'), phandle(5), prop('#clock-cells', be32(0))]);

  test.each<[what: string, props: Prop[], waits: boolean]>([
    ['with a rate', [clocks(9), rates(24)], true],
    ['with a rate of 64 bits', [clocks(9), prop('assigned-clock-rates-u64', be32(0, 24))], true],
    ['with a rate of 0, which is none', [clocks(9), rates(0)], false],
    ['without anything to be set', [clocks(9)], false],
    ['with the second rate', [clocks(5, 9), rates(0, 24)], true],
    ['of nothing, and then one', [clocks(0, 9), rates(24, 24)], true],
    ['that the kernel sets up early', [clocks(5), rates(24)], false],
    ['with a parent that is not there', [clocks(5), parents(9)], true],
    ['that gets a parent', [clocks(9), parents(5)], true],
    ['that keeps its parent', [clocks(9), parents(0)], false],
  ])('a clock %s has to be there', (_what, props, waits) => {
    const machine = machineOf([smmu(), provider, fixed, behind(...props)]);
    expect(found(machine, 'v6.12', timeout).reasons.join()).toBe(
      waits ? 'waits for a clock that is to be set, which provider provides' : '',
    );
    expect(found(machine, 'v6.12', load)).toMatchObject({ outcome: 'translated', reasons: [] });
  });

  test.each<[what: string, errno: number, props: Prop[]]>([
    ['no clock for a parent', -2, [parents(5)]],
    ['a list that cannot be read', -22, [clocks(77), rates(1)]],
  ])('%s is an error of the probe', (_what, errno, props) => {
    const broken = machineOf([smmu(...props), fixed, behind()]);
    const { devices } = inspect(broken, designOf('v6.12'), defaultKconfig);
    expect(devices.find(({ name }) => name === '9000.iommu')).toMatchObject({ errno });
  });

  test('an IOMMU whose clock never comes takes its clients along', () => {
    const machine = machineOf([smmu(clocks(9), rates(1)), provider, behind()]);
    expect(outcomes(machine)).toEqual(['deferred', 'deferred', 'deferred']);
    expect(outcomes(machine, load)).toEqual(['translated', 'translated', 'translated']);
  });

  test.each<[iommu: string, props: Prop[], waits: boolean]>([
    ['apple,t8103-dart', [prop('clocks', be32(9))], true],
    ['apple,t8103-dart', [prop('clocks', be32(5, 9))], true],
    ['apple,t8103-dart', [prop('clocks', be32(5))], false],
    ['apple,t8103-dart', [prop('clocks', be32(9, 77))], false],
    ['apple,t8103-dart', [prop('resets', be32(9))], false],
    ['arm,smmu-v3', [prop('clocks', be32(9))], false],
    ['rockchip,iommu', [prop('clocks', be32(9))], false],
    ['rockchip,iommu', [prop('clocks', be32(9)), prop('clock-names', text('iface'))], true],
    ['rockchip,iommu', [prop('clocks', be32(9)), prop('clock-names', text('other'))], false],
    ['allwinner,sun50i-h6-iommu', [prop('clocks', be32(5)), prop('resets', be32(9))], true],
  ])('the driver of %s gets what it needs, whatever fw_devlink says: %#', (iommu, props, waits) => {
    const of = node('iommu@9000', [
      compatible(iommu),
      reg64(0x9000),
      prop('#iommu-cells', be32(1)),
      ...props,
    ]);
    const config = withCommandLine('fw_devlink=off', defaultKconfig);
    const { devices } = inspect(machineOf([of, unreached, fixed]), designOf('v6.12'), config);
    const found = devices.find(({ name }) => name === '9000.iommu');
    expect([found?.outcome, found?.reasons.includes(clockNever)]).toEqual([
      waits ? 'deferred' : 'direct',
      waits,
    ]);
  });

  test.each<
    [iommu: string, clockList: number[], kernel: string, outcome: string, errno: number | null]
  >([
    ['rockchip,iommu', [9], 'v7.3', 'deferred', -517],
    ['rockchip,iommu', [9], 'v6.12', 'direct', null],
    ['rockchip,iommu', [8, 9], 'v7.3', 'direct', null],
    ['rockchip,iommu', [9, 8], 'v7.3', 'deferred', -517],
    ['samsung,exynos-sysmmu', [8, 8], 'v7.3', 'direct', null],
    ['sprd,iommu-v1', [8], 'v6.12', 'direct', null],
    ['apple,t8103-dart', [8], 'v6.12', 'failed', -2],
    ['apple,t8103-dart', [9, 8], 'v6.12', 'deferred', -517],
  ])('%s with clocks %j on %s: %s', (iommu, clockList, kernel, outcome, errno) => {
    const of = node('iommu@9000', [
      compatible(iommu),
      reg64(0x9000),
      prop('#iommu-cells', be32(1)),
      prop('clocks', be32(...clockList)),
    ]);
    const off = node('off', [compatible('c'), disabled, phandle(8), ...offers('clock')]);
    const config = withCommandLine('fw_devlink=off', defaultKconfig);
    const { devices } = inspect(machineOf([of, unreached, off]), designOf(kernel), config);
    const found = devices.find(({ name }) => name === '9000.iommu');
    expect([found?.outcome, found?.errno]).toEqual([outcome, errno]);
  });

  test('pins that are good as the boot loader left them are not waited for', () => {
    const asLeft = prop('pinctrl-use-default', new Uint8Array());
    const inState = node('pinctrl', [compatible('p')], [node('state', [phandle(6), asLeft])]);
    for (const pinctrl of [controller(asLeft), inState]) {
      const machine = machineOf([smmu(), pinctrl, behind(pins(6))]);
      expect(outcomes(machine)).toEqual(['translated', 'translated', 'translated']);
    }
  });

  test("two power domains are the driver's own affair", () => {
    const two = prop('power-domains', be32(9, 9));
    const machine = machineOf([smmu(two), provider, behind()]);
    expect(outcomes(machine)).toEqual(['translated', 'translated', 'translated']);
  });
});

test('to set a clock that is disabled is an error', () => {
  const off = node('cru', [compatible('p'), disabled, phandle(9), ...offers('clock')]);
  const sets = [prop('assigned-clocks', be32(9)), prop('assigned-clock-rates', be32(1))];
  const { devices } = inspect(
    machineOf([off, consumer(...sets)]),
    designOf('v6.12'),
    defaultKconfig,
  );
  expect(devices.find(({ name }) => name === '1000.a')).toMatchObject({
    outcome: 'failed',
    errno: -2,
  });
});

describe('nothing in a tree can bring', () => {
  const inspected = (...trees: Node[]) => {
    const { devices } = inspect(machineOf(trees), designOf('v6.12'), defaultKconfig);
    return devices.find(({ name }) => name === '1000.a');
  };

  test('a pin controller that is disabled', () => {
    const controller = node('pinctrl', [compatible('p'), disabled], [node('state', [phandle(6)])]);
    const found = inspected(controller, consumer(prop('pinctrl-0', be32(6))));
    expect(found?.outcome).toBe('deferred');
    expect(found?.reasons).toContain('waits for its pin controller, which never comes');
    expect(found?.reasons).toContain('it goes on waiting when the deferral time-out has passed');
  });

  test('a clock below what is disabled', () => {
    const found = inspected(
      unreached,
      consumer(prop('assigned-clocks', be32(9)), prop('assigned-clock-rates', be32(1))),
    );
    expect(found?.reasons).toContain('waits for a clock that is to be set, which never comes');
    expect(found?.reasons).toContain('it goes on waiting when the deferral time-out has passed');
  });

  test('a power domain that is disabled', () => {
    const off = node('power', [
      compatible('p'),
      disabled,
      phandle(9),
      prop('#power-domain-cells', be32(0)),
    ]);
    const found = inspected(off, consumer(prop('power-domains', be32(9))));
    expect(found?.reasons).toContain('waits for its power domain, which never comes');
    expect(found?.reasons).toContain(
      'once the deferral time-out has passed, it is probed, and that fails',
    );
  });

  test('a supplier that is no device', () => {
    const found = inspected(node('reg', [phandle(7)]), consumer(prop('vdd-supply', be32(7))));
    expect(found?.reasons).toContain('waits for its supplier /reg, which is no device');
    expect(found?.reasons).toContain('it goes on waiting when the deferral time-out has passed');
  });
});

test('who waits for a part of a device without a driver waits for ever', () => {
  const machine = machineOf([
    node('pmic', [compatible('p')], [node('ldo', [phandle(7)])]),
    consumer(prop('vdd-supply', be32(7))),
  ]);
  const usual = usualPlan(machine, defaultKconfig);
  const outcome = (supply: Machine): string | undefined => {
    const { devices } = inspect(supply, designOf('v6.12'), defaultKconfig, {
      plan: {
        ...usual,
        suppliers: suppliersIn(supply, defaultKconfig),
        offerOf: (of) => (of.name === 'pmic' ? null : usual.offerOf(of)),
        events: [{ what: 'timeout' }],
      },
    });
    return devices.find(({ name }) => name === '1000.a')?.outcome;
  };
  expect(outcome(machine)).toBe('deferred');
  const whole = machineOf([
    node('pmic', [compatible('p'), phandle(7)]),
    consumer(prop('vdd-supply', be32(7))),
  ]);
  expect(outcome(whole)).toBe('direct');
  // The end of an edge stands for the device that has it, not for a part.
  const edge = (...props: Prop[]) =>
    node('ports', [], [node('port@0', [], [node('endpoint', props)])]);
  const graph = machineOf([
    node('pmic', [compatible('p')], [edge(phandle(7))]),
    node('a@1000', [compatible('a'), reg64(0x1000)], [edge(prop('remote-endpoint', be32(7)))]),
  ]);
  expect(outcome(graph)).toBe('direct');
});

test('the edges of a graph that a camera on a bus has are not those of the bus', () => {
  const port = (...props: Prop[]) => node('port', [], [node('endpoint', props)]);
  const bus = (...camera: Prop[]) =>
    node(
      'i2c',
      [compatible('i')],
      [node('camera', camera, [port(prop('remote-endpoint', be32(7)))])],
    );
  const other = node('csi', [compatible('c')], [port(phandle(7))]);
  expect(waits(machineOf([other, bus(compatible('acme,camera'))]), 'v6.12')).toEqual([]);
  expect(waits(machineOf([other, bus()]), 'v6.12')).toEqual([]);
});
