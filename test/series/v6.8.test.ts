// v6.8: six patches of the series, and "iommu: Retire bus ops".
import { describe, expect, test } from 'vitest';
import { Crash } from '../../src/explore/index.ts';
import { apply, type Design, EINVAL, ENODEV, EPROBE_DEFER } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { idsOf, inLab, type Lab, type Plan } from '../linux/lab.ts';

const [v6_7, v6_8] = [designOf('v6.7'), designOf('v6.8')];
const one: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 7]]] };
const two: Plan = {
  iommus: ['virtio-iommu', 'virtio-iommu'],
  clients: [
    [
      [0, 7],
      [1, 8],
    ],
  ],
};

function configure({ k, run, client }: Lab): unknown {
  return run(() => k.of_iommu_configure(client(), client().dma_node, null));
}

test.each<[string, Plan, number, number]>([
  ['0 when the device is behind its IOMMU', one, 1, 0],
  ['-ENODEV when no IOMMU is described', { ...one, clients: [[]] }, 1, -ENODEV],
  ['-EPROBE_DEFER when the IOMMU has not registered', one, 0, -EPROBE_DEFER],
  ['-EINVAL when the second of two has not registered', two, 1, -EINVAL],
])('of_iommu_configure() returns %s', (_what, plan, bound, error) => {
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      for (let i = 0; i < bound; i++) lab.bind(lab.iommu(i));
      expect(configure(lab)).toBe(error);
      expect(lab.k.iommu_probe_device_lock.holder).toBeNull();
    },
    { design: v6_8 },
  );
});

test('what was built before an error stays in the fwspec', () => {
  inLab(
    two,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu(0));
      configure(lab);
      expect(idsOf(lab.client())).toEqual([7]);
    },
    { design: v6_8 },
  );
});

test.each([
  ['one kind of IOMMU driver registers', v6_7, [true, false]],
  ['IOMMU drivers of several kinds register', v6_8, [true, true]],
] as const)('%s', (_how, design, registered) => {
  inLab(
    { iommus: ['arm-smmu-v3', 'apple-dart'], clients: [] },
    ({ addAll, bind, iommu }) => {
      addAll();
      expect([bind(iommu(0)), bind(iommu(1))]).toEqual(registered);
    },
    { design },
  );
});

/** The devices that a virtio-iommu's driver is asked about. */
function asked(design: Design): string[] {
  const names: string[] = [];
  const spy = apply('spy', design, {
    subject: 'note who is probed',
    drivers: ({ 'virtio-iommu': ops }) => ({
      'virtio-iommu': {
        ...ops,
        *probe_device(k, dev) {
          names.push(dev.name);
          return yield* ops.probe_device(k, dev);
        },
      },
    }),
  });
  inLab(
    one,
    ({ addAll, bind, iommu }) => {
      addAll();
      bind(iommu());
    },
    { design: spy },
  );
  return names;
}

describe('a walk over a bus', () => {
  test('asks the driver about every device up to v6.7', () => {
    expect(asked(v6_7)).toEqual(['1000.iommu', '100000.dev']);
  });

  test('asks it about no device without a fwspec from v6.8 on', () => {
    expect(asked(v6_8)).toEqual([]);
  });
});

test.each(['arm-smmu', 'arm-smmu-v3', 'virtio-iommu'] as const)(
  'the driver %s follows the fwspec that the core has looked for',
  (driver) => {
    inLab(
      { ...one, iommus: [driver] },
      ({ k, run, addAll, client }) => {
        addAll();
        expect(() => run(() => k.opsOf(driver).probe_device(k, client()))).toThrow(Crash);
      },
      { design: v6_8 },
    );
  },
);
