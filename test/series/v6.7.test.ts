// "iommu: Avoid more races around device probe": what it changes, and what it leaves as it was.
import { describe, expect, test } from 'vitest';
import { explore, type Task } from '../../src/explore/index.ts';
import { apply, base, type Design } from '../../src/linux/index.ts';
import { endStateOf } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { inLab, type Lab, labIn, missing, type Plan } from '../linux/lab.ts';

const merged = designOf('v6.7');
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

function configure({ k, run, client }: Lab): void {
  run(() => k.of_iommu_configure(client(), client().dma_node, null));
}

/** Whether the probe lock is held when a specifier is handed to the driver, and in the replay. */
function lockedDuring(design: Design): { readonly xlate: boolean[]; readonly probe: boolean[] } {
  const xlate: boolean[] = [];
  const probe: boolean[] = [];
  const spy = apply('spy', design, {
    subject: 'look at the lock',
    replaces: {
      *of_iommu_xlate(k, dev, spec) {
        xlate.push(k.iommu_probe_device_lock.holder !== null);
        return yield* design.functions.of_iommu_xlate(k, dev, spec);
      },
      *iommu_probe_device(k, dev) {
        probe.push(k.iommu_probe_device_lock.holder !== null);
        return yield* design.functions.iommu_probe_device(k, dev);
      },
    },
  });
  inLab(
    one,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      xlate.length = 0;
      probe.length = 0;
      configure(lab);
    },
    { design: spy },
  );
  return { xlate, probe };
}

test('the base parses with no lock', () => {
  expect(lockedDuring(base)).toEqual({ xlate: [false], probe: [false] });
});

test('the merged design parses under the probe lock, and lets it go before the replay', () => {
  expect(lockedDuring(merged)).toEqual({ xlate: [true], probe: [false] });
});

describe('the lock is let go', () => {
  const held = ({ k }: Lab): boolean => k.iommu_probe_device_lock.holder !== null;

  test.each<[string, Plan, number, (lab: Lab) => void]>([
    ['after a parse that succeeds', one, 1, configure],
    ['after a deferral', one, 0, configure],
    ['after an error', two, 1, configure],
    ['when there is no IOMMU', { ...one, clients: [[]] }, 1, configure],
    [
      'when there is no node',
      one,
      1,
      ({ k, run, client }) => run(() => k.of_iommu_configure(client(), null, null)),
    ],
    [
      'when the fwspec is there already',
      two,
      1,
      (lab) => {
        configure(lab);
        configure(lab);
      },
    ],
  ])('%s', (_when, plan, bound, run) => {
    inLab(
      plan,
      (lab) => {
        lab.addAll();
        for (let i = 0; i < bound; i++) lab.bind(lab.iommu(i));
        run(lab);
        expect(held(lab)).toBe(false);
        expect(lab.world.failures).toEqual([]);
      },
      { design: merged },
    );
  });
});

// As a task of its own: lockdep does not look at what happens before the tasks start.
test.each([
  ['the base takes the lock inside, whoever calls', base, []],
  [
    'in the merged design the caller has to, and lockdep says when it does not',
    merged,
    ['lockdep'],
  ],
] as const)('%s', (_guarantee, design, kinds) => {
  const outcome = explore({
    name: 'probe',
    setup(world) {
      const { k, addAll, bind, iommu, client } = labIn(world, one, { design });
      addAll();
      bind(iommu());
      function* body(): Task<unknown> {
        return yield* k.__iommu_probe_device(client(), null);
      }
      return { tasks: [{ name: 'probe', body }] };
    },
  });
  expect(outcome.bugs.map(({ kind }) => kind)).toEqual(kinds);
});

// The patch is about two at once: alone, everything comes out as before.
test.each(['arm-smmu', 'arm-smmu-v3', 'virtio-iommu', 'apple-dart'] as const)(
  'with nothing beside it every device gets what it got before: %s',
  (driver) => {
    const plan: Plan = { ...two, iommus: [driver, driver] };
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [2, 0, 1],
    ];
    for (const order of orders) {
      const [before, after] = [base, merged].map((design) =>
        inLab(
          plan,
          ({ addAll, bind, iommu, client, k }) => {
            addAll();
            k.driver_deferred_probe_enable.value = true;
            const all = [iommu(0), iommu(1), client()];
            for (const index of order) bind(all[index] ?? missing());
            const { attachments, ...state } = endStateOf(client());
            return { ...state, ids: attachments.map(({ ids }) => ids) };
          },
          { design },
        ),
      );
      expect(after).toEqual(before);
    }
  },
);
