// What each IOMMU driver does with its clients. The facts are those of v6.7-rc1.
import { describe, expect, test } from 'vitest';
import { Crash } from '../../../src/explore/index.ts';
import {
  type DriverName,
  driverKinds,
  EINVAL,
  ENODEV,
  iommuDrivers,
} from '../../../src/linux/index.ts';
import { endStateOf } from '../../../src/machine/index.ts';
import { imbalances, inLab, type Lab, missing, type Specifier } from '../lab.ts';

interface Facts {
  /** `#iommu-cells`. */
  readonly cells: 0 | 1;
  /** Whether the IDs of a client's specifiers are kept. */
  readonly ids: boolean;
  /** Who shares a group: nobody, the clients of an instance, or all clients. */
  readonly group: 'device' | 'instance' | 'all';
  /** Which of two instances a client with two specifiers gets, or the error. */
  readonly two: 'both' | 'first' | 'last' | typeof EINVAL;
  /** What probing says of a client with `priv` and no fwspec: 0, an error, or what is NULL. */
  readonly noFwspec: 0 | typeof ENODEV | string;
  /** What is still allocated after the only client was released. */
  readonly left: readonly string[];
}

const facts: Readonly<Partial<Record<DriverName, Facts>>> = {
  'arm-smmu': { cells: 1, ids: true, group: 'device', two: 'first', noFwspec: ENODEV, left: [] },
  'arm-smmu-v3': { cells: 1, ids: true, group: 'device', two: 'first', noFwspec: ENODEV, left: [] },
  'virtio-iommu': {
    cells: 1,
    ids: true,
    group: 'device',
    two: 'first',
    noFwspec: ENODEV,
    left: [],
  },
  'apple-dart': { cells: 1, ids: true, group: 'device', two: 'both', noFwspec: 0, left: [] },
  'exynos-sysmmu': {
    cells: 0,
    ids: false,
    group: 'device',
    two: 'both',
    noFwspec: 0,
    left: ['exynos_iommu_owner'], // made by of_xlate; nothing ever frees it
  },
  'rockchip-iommu': {
    cells: 0,
    ids: false,
    group: 'instance',
    two: 'last',
    noFwspec: 0,
    left: ['rk_iommudata', 'iommu_group'], // both belong to the instance
  },
  'sun50i-iommu': {
    cells: 1,
    ids: true,
    group: 'instance',
    two: 'last',
    noFwspec: 0,
    left: ['iommu_group'],
  },
  'sprd-iommu': {
    cells: 0,
    ids: false,
    group: 'instance',
    two: 'first',
    noFwspec: ENODEV,
    left: ['iommu_group'],
  },
  mtk_iommu: { cells: 1, ids: true, group: 'all', two: 'first', noFwspec: ENODEV, left: [] },
  'ipmmu-vmsa': {
    cells: 1,
    ids: true,
    group: 'instance',
    two: 'first',
    noFwspec: 'dev_iommu->fwspec', // by the attach that follows
    left: ['iommu_group'],
  },
  qcom_iommu: { cells: 1, ids: true, group: 'device', two: EINVAL, noFwspec: ENODEV, left: [] },
};

/** A specifier of an instance; the ID is dropped where the driver has none. */
function specifier({ cells }: Facts, instance: number, id: number): Specifier {
  return cells === 0 ? [instance] : [instance, id];
}

function behind(
  driver: DriverName,
  of: Facts,
  clients: readonly (readonly Specifier[])[],
  body: (lab: Lab) => void,
): void {
  inLab({ iommus: [driver, driver], cells: of.cells, clients }, (lab) => {
    lab.addAll();
    for (const i of [0, 1]) expect(lab.bind(lab.iommu(i))).toBe(true);
    body(lab);
  });
}

/** The instances a client sits behind, by number, each with its IDs. */
function attachmentsOf({ k, iommu }: Lab, client: Parameters<typeof endStateOf>[0]): unknown[] {
  const instances = [0, 1].map((i) => k.instanceOf(iommu(i)));
  return endStateOf(client).attachments.map(({ instance, ids }) => [
    instances.indexOf(instance),
    ...ids,
  ]);
}

test('every driver of v6.7-rc1 has a row, but those that look for the device themselves', () => {
  const others = ['search', 'self-parsing', 'self-parsing-fwspec', 'bus-probe'];
  expect(Object.keys(facts).sort()).toEqual(
    iommuDrivers
      .flatMap(({ name, kind, later }) => (others.includes(kind) || later ? [] : [name]))
      .sort(),
  );
});

describe.each(Object.entries(facts) as [DriverName, Facts][])('%s', (driver, of) => {
  const ids = (...numbers: number[]): number[] => (of.ids ? numbers : []);

  test('a device with one specifier', () => {
    behind(driver, of, [[specifier(of, 1, 5)]], (lab) => {
      expect(lab.bind(lab.client())).toBe(true);
      expect(attachmentsOf(lab, lab.client())).toEqual([[1, ...ids(5)]]);
      expect(lab.client().dma_ops.value).toBe('iommu_dma_ops');
    });
  });

  test('a device with two specifiers of one instance', () => {
    behind(driver, of, [[specifier(of, 0, 5), specifier(of, 0, 6)]], (lab) => {
      expect(lab.bind(lab.client())).toBe(true);
      expect(attachmentsOf(lab, lab.client())).toEqual([[0, ...ids(5, 6)]]);
    });
  });

  test(`of two instances a device gets: ${of.two}`, () => {
    behind(driver, of, [[specifier(of, 0, 5), specifier(of, 1, 6)]], (lab) => {
      const { k, run, client } = lab;
      if (of.two === EINVAL) {
        expect(run(() => k.parseIommus(client(), client().dma_node ?? missing(), null))).toBe(
          -EINVAL,
        );
        return;
      }
      expect(lab.bind(client())).toBe(true);
      const both = [
        [0, ...ids(5)],
        [1, ...ids(6)],
      ];
      const one = [[of.two === 'first' ? 0 : 1, ...ids(5, 6)]];
      expect(attachmentsOf(lab, client())).toEqual(of.two === 'both' ? both : one);
    });
  });

  test(`a group is for: ${of.group}`, () => {
    const clients = [[specifier(of, 0, 1)], [specifier(of, 0, 2)], [specifier(of, 1, 3)]];
    behind(driver, of, clients, ({ bind, client }) => {
      const groups = [0, 1, 2].map((i) => {
        expect(bind(client(i))).toBe(true);
        return client(i).iommu_group.value;
      });
      expect(groups).not.toContain(null);
      expect(groups[0] === groups[1]).toBe(of.group !== 'device');
      expect(groups[0] === groups[2]).toBe(of.group === 'all');
    });
  });

  test('a device that nothing is known of is -ENODEV', () => {
    behind(driver, of, [[specifier(of, 0, 1)]], ({ k, run, client }) => {
      expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
      expect(client().iommu.value).toBeNull();
    });
  });

  test(`a device that has lost its fwspec and not its priv: ${of.noFwspec}`, () => {
    behind(driver, of, [[specifier(of, 0, 1)]], ({ k, run, client }) => {
      run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
      run(() => k.iommu_fwspec_free(client()));
      const probe = (): number => run(() => k.iommu_probe_device(client()));
      if (typeof of.noFwspec === 'number') expect(probe()).toBe(-of.noFwspec + 0);
      else expect(probe).toThrow(Crash);
    });
  });

  test(`after release there is left: ${of.left.join() || 'nothing'}`, () => {
    behind(driver, of, [[specifier(of, 0, 1)]], (lab) => {
      lab.bind(lab.client());
      lab.run(() => lab.k.iommu_release_device(lab.client()));
      const left = (lab.world.heap as { freed: boolean; className: string }[])
        .filter(({ freed }) => !freed)
        .map(({ className }) => className);
      expect(left).toEqual(of.left);
      expect(imbalances(lab)).toEqual([]);
    });
  });
});

test('a kind is stood for by a driver of that kind', () => {
  for (const [kind, { example }] of Object.entries(driverKinds))
    expect(iommuDrivers.find(({ name }) => name === example)?.kind).toBe(kind);
});
