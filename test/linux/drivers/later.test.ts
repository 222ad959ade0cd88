// IOMMU drivers that v6.7-rc1 does not have: a later design adds them.
import { describe, expect, test } from 'vitest';
import { Crash } from '../../../src/explore/index.ts';
import { type DriverName, defaultKconfig, ENODEV } from '../../../src/linux/index.ts';
import { endStateOf, inspect } from '../../../src/machine/index.ts';
import { builtinShape, lacking, scenarioOf } from '../../../src/scenarios/index.ts';
import { designOf, kernels } from '../../../src/series/index.ts';
import { imbalances, inLab, type Lab, machineOfPlan, type Plan, type Specifier } from '../lab.ts';

interface Facts {
  /** The first kernel of the model that has it, and the last that has not. */
  readonly since: string;
  readonly before: string;
  readonly group: 'device' | 'instance';
  /** What is still allocated after the only client was released. */
  readonly left: readonly string[];
}

const facts: readonly (readonly [DriverName, Facts])[] = [
  ['riscv-iommu', { since: 'v6.15', before: 'v6.12', group: 'device', left: [] }],
  [
    'vsi-iommu',
    { since: 'v7.3', before: 'v6.16', group: 'instance', left: ['iommu_group'] }, // the instance keeps it
  ],
];

describe.each(facts)('%s', (driver, { since, before, group, left }) => {
  const plan = (...clients: (readonly Specifier[])[]): Plan => ({
    iommus: [driver, driver],
    clients,
  });

  function behind(of: Plan, body: (lab: Lab) => void): void {
    inLab(
      of,
      (lab) => {
        lab.addAll();
        for (const i of [0, 1]) expect(lab.bind(lab.iommu(i))).toBe(true);
        body(lab);
      },
      { design: designOf(since) },
    );
  }

  test(`is in ${since}, and in no kernel before it`, () => {
    const names = kernels.map(({ design }) => design.name);
    const shape = builtinShape(scenarioOf('cover-letter'), driver);
    for (const { design } of kernels) {
      const there = names.indexOf(design.name) >= names.indexOf(since);
      expect([design.name, design.drivers[driver] !== undefined]).toEqual([design.name, there]);
      expect(lacking({ design, config: defaultKconfig }, shape)).toBe(
        there ? null : `${design.name} has no ${driver}`,
      );
    }
  });

  test(`on ${before} nobody drives its IOMMU`, () => {
    const drivers = (kernel: string) =>
      inspect(machineOfPlan(plan([[0, 1]])), designOf(kernel), defaultKconfig).iommus.map(
        (of) => of.driver,
      );
    expect(drivers(before)).toEqual([null, null]);
    expect(drivers(since)).toEqual([driver, driver]);
  });

  test('a device is probed when its IOMMU registers, with its ID', () => {
    behind(plan([[1, 5]]), ({ k, iommu, client }) => {
      const { attachments, ...state } = endStateOf(client());
      expect(state).toMatchObject({ grouped: true, domain: 'DMA', dma_ops: 'iommu_dma_ops' });
      expect(attachments.map(({ ids }) => ids)).toEqual([[5]]);
      expect(attachments[0]?.instance).toBe(k.instanceOf(iommu(1)));
    });
  });

  test(`a group is for: ${group}`, () => {
    behind(plan([[0, 1]], [[0, 2]], [[1, 3]]), ({ client }) => {
      const groups = [0, 1, 2].map((i) => client(i).iommu_group.value);
      expect(groups).not.toContain(null);
      expect(groups[0] === groups[1]).toBe(group === 'instance');
      expect(groups[0] === groups[2]).toBe(false);
    });
  });

  test(`after release there is left: ${left.join() || 'nothing'}`, () => {
    behind(plan([[0, 1]]), (lab) => {
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      const live = (lab.world.heap as { freed: boolean; className: string }[])
        .filter(({ freed }) => !freed)
        .map(({ className }) => className);
      expect(live).toEqual(left);
      expect(imbalances(lab)).toEqual([]);
    });
  });
});

test('a driver whose option is off is none', () => {
  const shape = builtinShape(scenarioOf('cover-letter'), 'riscv-iommu');
  const config = { ...defaultKconfig, CONFIG_RISCV_IOMMU: false };
  expect(lacking({ design: designOf('v7.3'), config }, shape)).toBe('CONFIG_RISCV_IOMMU is off');
});

// Neither is so in Linux: both set their driver data before they register.
describe('an instance with no driver data yet', () => {
  function probe(driver: DriverName): number {
    return inLab(
      { iommus: [driver], clients: [[[0, 1]]] },
      ({ k, run, iommu, client }) => {
        run(() => k.device_add(iommu()));
        run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf(driver)));
        return run(() => k.iommu_probe_device(client()));
      },
      { design: designOf('v7.3') },
    );
  }

  test('is none for riscv-iommu', () => {
    expect(probe('riscv-iommu')).toBe(-ENODEV);
  });

  test('is dereferenced by vsi-iommu', () => {
    expect(() => probe('vsi-iommu')).toThrow(Crash);
  });
});
