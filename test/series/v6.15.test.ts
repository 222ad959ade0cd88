// v6.15: "iommu: Get DT/ACPI parsing into the proper probe path", before what v6.15.1 repaired.
import { describe, expect, test } from 'vitest';
import { Crash, mutex_lock, mutex_unlock } from '../../src/explore/index.ts';
import { apply, type Design, type device, ENODEV, type kernel } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { idsOf, inLab, type Lab, missing, type Plan } from '../linux/lab.ts';
import { list } from './listed.ts';

const [v6_12, v6_15, v6_16] = [designOf('v6.12'), designOf('v6.15'), designOf('v6.16')];
const one: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]]] };

const kinds = (lab: Lab): string[] => lab.world.failures.map(({ kind }) => kind);

/** The IOMMU has registered; nobody has offered the client a driver. */
function registered(design: Design, body: (lab: Lab) => void, plan: Plan = one): void {
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      body(lab);
    },
    { design },
  );
}

describe('a device without a driver', () => {
  test('has no group when its IOMMU has registered, in v6.12', () => {
    registered(v6_12, ({ client }) => {
      expect(client().iommu_group.value).toBeNull();
    });
  });

  test.each(['arm-smmu', 'arm-smmu-v3', 'apple-dart', 'exynos-sysmmu'] as const)(
    'has its group when its IOMMU has registered, from v6.15 on: %s',
    (driver) => {
      const plan: Plan =
        driver === 'exynos-sysmmu'
          ? { iommus: [driver], cells: 0, clients: [[[0]]] }
          : { ...one, iommus: [driver] };
      const look = (lab: Lab): void => {
        expect(lab.client().iommu_group.value).not.toBeNull();
        expect(lab.client().dma_ops.value).toBe('iommu_dma_ops');
        expect(lab.client().iommu_group.value?.owner_cnt.value).toBe(0);
        expect(kinds(lab)).toEqual([]);
      };
      registered(v6_15, look, plan);
      registered(v6_16, look, plan);
    },
  );

  test('that comes after its IOMMU has its group at once', () => {
    inLab(
      one,
      ({ k, run, bind, iommu, client }) => {
        run(() => k.device_add(iommu()));
        bind(iommu());
        run(() => k.device_add(client()));
        expect(client().iommu_group.value).not.toBeNull();
      },
      { design: v6_15 },
    );
  });

  test('whose IOMMU is not there yet keeps nothing', () => {
    inLab(
      one,
      ({ addAll, client }) => {
        addAll();
        expect(client().iommu.value).toBeNull();
      },
      { design: v6_15 },
    );
  });

  test('waits behind a virtio-iommu, whose driver does not find itself during the walk', () => {
    const plan: Plan = { ...one, iommus: ['virtio-iommu'] };
    registered(
      v6_15,
      (lab) => {
        expect(lab.client().iommu_group.value).toBeNull();
        expect(lab.bind(lab.client())).toBe(true);
        expect(lab.client().iommu_group.value).not.toBeNull();
        expect(kinds(lab)).toEqual(['warn']);
      },
      plan,
    );
  });
});

test('a driver that comes later claims the group, and nothing is read or probed again', () => {
  const seen: string[] = [];
  const spy = apply('spy', v6_15, {
    subject: 'note the parse and the replay',
    replaces: {
      *parseIommus(k, dev, np, id) {
        seen.push(`parse ${dev.name}`);
        return yield* v6_15.functions.parseIommus(k, dev, np, id);
      },
      *iommu_probe_device(k, dev) {
        seen.push(`probe ${dev.name}`);
        return yield* v6_15.functions.iommu_probe_device(k, dev);
      },
    },
  });
  registered(spy, (lab) => {
    expect(idsOf(lab.client())).toEqual([7]);
    seen.length = 0;
    expect(lab.bind(lab.client())).toBe(true);
    expect(seen).toEqual([]);
    expect(lab.client().iommu_group.value?.owner_cnt.value).toBe(1);
  });
});

/** A kernel whose platform bus does something else where firmware would be read. */
function withBus(design: Design, configure: (k: kernel, dev: device) => void): Design {
  return apply('bus', design, {
    subject: 'another dma_configure()',
    replaces: {
      *platform_dma_configure(k, dev) {
        if (dev.name.endsWith('.dev')) configure(k, dev);
        return yield* design.functions.platform_dma_configure(k, dev);
      },
    },
  });
}

describe('where the bus reads firmware', () => {
  test('the probe lock is let go, and held again when the driver is asked', () => {
    const held: string[] = [];
    const note = (k: kernel, at: string): void => {
      held.push(`${at}: ${k.iommu_probe_device_lock.holder === null ? 'free' : 'held'}`);
    };
    const spy = apply(
      'spy',
      withBus(v6_15, (k) => note(k, 'dma_configure')),
      {
        subject: 'look at the lock',
        drivers: ({ 'arm-smmu-v3': ops }) => ({
          'arm-smmu-v3': {
            ...ops,
            *probe_device(k, dev) {
              note(k, 'probe_device');
              return yield* ops.probe_device(k, dev);
            },
          },
        }),
      },
    );
    registered(spy, ({ k }) => {
      // The first time is device_add(), before there is an IOMMU.
      expect(held).toEqual(['dma_configure: free', 'dma_configure: free', 'probe_device: held']);
      expect(k.iommu_probe_device_lock.holder).toBeNull();
    });
  });

  test.each([
    ['v6.15', 1],
    ['v6.16', 0],
  ])('in %s a device that has its fwspec is handed to the bus %i times', (kernel, times) => {
    const asked: string[] = [];
    const design = designOf(kernel);
    const spy = withBus(design, (_k, dev) => asked.push(dev.name));
    inLab(
      one,
      (lab) => {
        const { k, run, addAll, client } = lab;
        addAll();
        list(lab, true);
        run(function* () {
          yield* mutex_lock(k.iommu_probe_device_lock);
          yield* k.parseIommus(client(), client().dma_node ?? missing(), null);
          yield* mutex_unlock(k.iommu_probe_device_lock);
        });
        asked.length = 0;
        expect(run(() => k.iommu_probe_device(client()))).toBe(0);
        expect(asked.length).toBe(times);
      },
      { design: spy },
    );
  });

  /** What `iommu_probe_device()` makes of a device to which this happens meanwhile. */
  function meanwhile(design: Design, happen: (k: kernel, dev: device) => void): unknown {
    let armed = false;
    const spy = withBus(design, (k, dev) => {
      if (armed) happen(k, dev);
    });
    return inLab(
      one,
      ({ k, run, addAll, client }) => {
        addAll();
        armed = true;
        return run(() => k.iommu_probe_device(client()));
      },
      { design: spy },
    );
  }

  const gone = (_k: kernel, dev: device): void => {
    dev.iommu.value = null;
  };

  test('v6.15 does not see that dev->iommu has gone, and follows NULL', () => {
    expect(() => meanwhile(v6_15, gone)).toThrow(Crash);
  });

  test('v6.16 sees that dev->iommu has gone: -ENODEV', () => {
    expect(meanwhile(v6_16, gone)).toBe(-ENODEV);
  });
});

test.each([
  ['v6.7', true],
  ['v6.8', false],
  ['v6.12', false],
  ['v6.15', true],
])('in %s a client of an OMAP IOMMU, which reads firmware itself, gets it: %s', (kernel, gets) => {
  const plan: Plan = { iommus: ['omap-iommu'], cells: 0, clients: [[[0]]] };
  registered(
    designOf(kernel),
    ({ client }) => {
      expect(client().iommu_group.value !== null).toBe(gets);
    },
    plan,
  );
});

describe('a StreamID that another device has', () => {
  const plan: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]], [[0, 7]], [[0, 8]]] };
  const groups = (design: Design): boolean[] => {
    let found: boolean[] = [];
    registered(
      design,
      ({ client }) => {
        found = [0, 1, 2].map((i) => client(i).iommu_group.value !== null);
      },
      plan,
    );
    return found;
  };

  test.each(['v6.15', 'v6.16', 'v7.3'])('is -ENODEV in %s, and does not end the walk', (kernel) => {
    expect(groups(designOf(kernel))).toEqual([true, false, true]);
  });
});
