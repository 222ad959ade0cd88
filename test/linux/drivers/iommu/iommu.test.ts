// drivers/iommu/iommu.c
import { expect, test } from 'vitest';
import {
  Crash,
  explore,
  mutex_lock,
  mutex_unlock,
  type Task,
  write,
} from '../../../../src/explore/index.ts';
import {
  apply,
  base,
  EBUSY,
  EINVAL,
  ENODEV,
  type iommu_device,
} from '../../../../src/linux/index.ts';
import { designOf } from '../../../../src/series/index.ts';
import { idsOf, imbalances, inLab, type Lab, labIn, missing, type Plan } from '../../lab.ts';

const one: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 1]]] };

/** A lab in which the IOMMU is bound and the client is bound behind it. */
function translated(body: (lab: Lab) => void, plan: Plan = one): void {
  inLab(plan, (lab) => {
    lab.addAll();
    plan.iommus.forEach((_, i) => {
      expect(lab.bind(lab.iommu(i))).toBe(true);
    });
    expect(lab.bind(lab.client())).toBe(true);
    body(lab);
  });
}

test('the first caller puts the device into a group, the second finds it and returns 0', () => {
  inLab(one, ({ k, run, addAll, bind, iommu, client }) => {
    addAll();
    bind(iommu());
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    expect(run(() => k.iommu_probe_device(client()))).toBe(0);
    const group = client().iommu_group.value;
    expect(group).not.toBeNull();
    expect(run(() => k.iommu_probe_device(client()))).toBe(0);
    expect(client().iommu_group.value).toBe(group);
    expect(group?.devices.value.length).toBe(1);
  });
});

test('on a bus without an IOMMU driver probing is -ENODEV and leaves nothing behind', () => {
  inLab(one, ({ k, run, addAll, client, world }) => {
    addAll();
    expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
    expect(world.heap).toEqual([]);
  });
});

test('a device that its driver refuses loses dev->iommu, its fwspec and its references', () => {
  inLab(one, (lab) => {
    const { k, run, addAll, bind, iommu, client, world } = lab;
    addAll();
    bind(iommu());
    // A placeholder has no ops, so the driver answers -ENODEV.
    const node = iommu().of_node ?? missing();
    run(() => k.iommu_fwspec_init(client(), node, null));
    expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
    expect(client().iommu.value).toBeNull();
    expect(client().iommu_group.value).toBeNull();
    expect(world.heap.every(({ freed }) => freed)).toBe(true);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('a probed device has a group with a default domain of DMA, itself in it, once', () => {
  translated(({ client }) => {
    const group = client().iommu_group.value;
    expect(group?.default_domain.value?.type).toBe('DMA');
    expect(group?.domain.value).toBe(group?.default_domain.value);
    expect(group?.devices.value.map(({ dev }) => dev)).toEqual([client()]);
    expect(group?.devices_kobj.value).toBe(1);
    expect(group?.entry.value).toBeNull();
  });
});

test.each([
  ['iommu.passthrough=1', { iommu_passthrough: true }, 'identity'],
  ['iommu.strict=0', { iommu_strict: false }, 'DMA-FQ'],
  ['CONFIG_IOMMU_DEFAULT_PASSTHROUGH', { CONFIG_IOMMU_DEFAULT_PASSTHROUGH: true }, 'identity'],
  [
    'iommu.passthrough=0 over CONFIG_IOMMU_DEFAULT_PASSTHROUGH',
    { CONFIG_IOMMU_DEFAULT_PASSTHROUGH: true, iommu_passthrough: false },
    'DMA',
  ],
  ['no CONFIG_IOMMU_DMA', { CONFIG_IOMMU_DMA: false }, 'identity'],
] as const)('with %s the default domain is as asked for', (_option, config, type) => {
  inLab(
    { ...one, iommus: ['arm-smmu-v3'] },
    ({ addAll, bind, iommu, client }) => {
      addAll();
      bind(iommu());
      bind(client());
      expect(client().iommu_group.value?.default_domain.value?.type).toBe(type);
      // Only a domain of the DMA API brings its operations.
      expect(client().dma_ops.value).toBe(type === 'identity' ? null : 'iommu_dma_ops');
    },
    { config },
  );
});

test('releasing a probed device gives everything back', () => {
  translated((lab) => {
    const { k, run, client, world } = lab;
    const held = world.heap.filter(({ freed }) => !freed).length;
    expect(held).toBeGreaterThan(0);
    run(() => k.iommu_release_device(client()));
    expect(client().iommu.value).toBeNull();
    expect(client().iommu_group.value).toBeNull();
    expect(world.heap.filter(({ freed }) => !freed)).toEqual([]);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('releasing a device that was never probed frees its fwspec', () => {
  inLab(one, (lab) => {
    const { k, run, iommu, client, world } = lab;
    const node = iommu().of_node ?? missing();
    run(() => k.iommu_fwspec_init(client(), node, null));
    run(() => k.iommu_release_device(client()));
    expect(world.heap.every(({ freed }) => freed)).toBe(true);
    expect(imbalances(lab)).toEqual([]);
  });
});

test.each(['arm-smmu', 'arm-smmu-v3', 'virtio-iommu', 'apple-dart'] as const)(
  'bind, bind and release behind %s leaks nothing and balances every reference',
  (driver) => {
    const plan: Plan = { iommus: [driver], clients: [[[0, 1]]] };
    const outcome = explore({
      name: 'life',
      setup(world) {
        const { k, addAll, iommu, client } = labIn(world, plan, { design: designOf('v6.12') });
        addAll();
        return { tasks: [{ name: 'life', body: () => life(k, iommu(), client()) }] };
      },
    });
    expect(outcome.bugs.map(({ message }) => message)).toEqual([]);
    expect([outcome.executions, outcome.complete]).toEqual([1, true]);
  },
);

function* life(k: Lab['k'], iommu: ReturnType<Lab['iommu']>, client: typeof iommu): Task {
  for (const dev of [iommu, client])
    if (dev.matches !== null) yield* k.__driver_attach(dev, dev.matches);
  yield* k.iommu_device_unuse_default_domain(client);
  yield* k.iommu_release_device(client);
}

// ---- registration ------------------------------------------------------------------------------

test('an instance is found by its node from before the walk over the first bus', () => {
  const seen: (string | null)[] = [];
  const spy = apply('spy', base, {
    subject: 'look for the instance while its driver registers it',
    replaces: {
      *bus_iommu_probe(k, bus) {
        const { of_node } = k.iommu_device_list.value.at(0)?.dev ?? missing();
        seen.push((yield* k.iommu_ops_from_fwnode(of_node))?.driver ?? null);
        return yield* base.functions.bus_iommu_probe(k, bus);
      },
    },
  });
  inLab(
    one,
    ({ k, run, addAll, bind, iommu }) => {
      addAll();
      expect(run(() => k.iommu_ops_from_fwnode(iommu().of_node))).toBeNull();
      bind(iommu());
      expect(seen).toEqual(k.iommu_buses.map(() => 'virtio-iommu'));
    },
    { design: spy },
  );
});

test('a second kind of driver is -EBUSY, and is not on the list', () => {
  const plan: Plan = { iommus: ['virtio-iommu', 'arm-smmu'], clients: [[[0, 1]]] };
  inLab(plan, ({ k, run, addAll, bind, iommu }) => {
    addAll();
    bind(iommu(0));
    const second = k.instanceOf(iommu(1));
    expect(run(() => k.iommu_device_register(second, k.opsOf('arm-smmu')))).toBe(-EBUSY);
    expect([...k.iommu_device_list.value]).toEqual([k.instanceOf(iommu(0))]);
    expect(k.iommu_buses.map(({ iommu_ops }) => iommu_ops.value?.driver)).toEqual(
      k.iommu_buses.map(() => 'virtio-iommu'),
    );
  });
});

test('the driver of the IOMMU that was refused does not bind', () => {
  const plan: Plan = { iommus: ['virtio-iommu', 'arm-smmu'], clients: [[[0, 1]]] };
  inLab(plan, ({ addAll, bind, iommu }) => {
    addAll();
    expect(bind(iommu(0))).toBe(true);
    expect(bind(iommu(1))).toBe(false);
  });
});

test('a second instance of the same driver joins the list', () => {
  const plan: Plan = { iommus: ['virtio-iommu', 'virtio-iommu'], clients: [[[0, 1]]] };
  inLab(plan, ({ k, addAll, bind, iommu }) => {
    addAll();
    bind(iommu(0));
    bind(iommu(1));
    expect([...k.iommu_device_list.value]).toEqual([
      k.instanceOf(iommu(0)),
      k.instanceOf(iommu(1)),
    ]);
  });
});

test('unregistering releases the devices behind the instance, and only those', () => {
  const plan: Plan = {
    iommus: ['virtio-iommu', 'virtio-iommu'],
    clients: [[[0, 1]], [[1, 1]]],
  };
  inLab(plan, (lab) => {
    const { k, run, addAll, bind, iommu, client } = lab;
    addAll();
    for (const dev of [iommu(0), iommu(1), client(0), client(1)]) bind(dev);
    run(() => k.iommu_device_unregister(k.instanceOf(iommu(0))));
    expect([...k.iommu_device_list.value]).toEqual([k.instanceOf(iommu(1))]);
    expect(client(0).iommu.value).toBeNull();
    expect(client(0).iommu_group.value).toBeNull();
    expect(client(1).iommu.value?.iommu_dev.value).toBe(k.instanceOf(iommu(1)));
    expect(client(1).iommu_group.value).not.toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

test('an error that is not -ENODEV ends the walk and takes the registration back', () => {
  // Two devices with the same StreamID: the second is -EINVAL.
  const plan: Plan = {
    iommus: ['arm-smmu-v3', 'arm-smmu-v3'],
    clients: [[[0, 1]], [[0, 1]]],
  };
  inLab(plan, ({ k, run, addAll, bind, iommu, client }) => {
    addAll();
    bind(iommu(0));
    for (const dev of [client(0), client(1)])
      run(() => k.parseIommus(dev, dev.dma_node ?? missing(), null));
    const second = k.instanceOf(iommu(1));
    expect(run(() => k.iommu_device_register(second, k.opsOf('arm-smmu-v3')))).toBe(-EINVAL);
    expect([...k.iommu_device_list.value]).toEqual([k.instanceOf(iommu(0))]);
    // The walk had met the first device: its group waits for ever for a default domain.
    const group = client(0).iommu_group.value;
    expect(group?.default_domain.value).toBeNull();
    expect(group?.entry.value).not.toBeNull();
    // bus->iommu_ops is not taken back.
    expect(k.iommu_buses[0]?.iommu_ops.value).toBe(k.opsOf('arm-smmu-v3'));
  });
});

test.each([
  ['an old default domain is put back', true],
  ['without an old one the new default domain stays', false],
])('when a group with a domain refuses another, %s', (_, hadDefault) => {
  let refuse = false;
  const set = base.functions.__iommu_group_set_domain;
  const design = apply('refusing', base, {
    subject: 'attaching can fail',
    replaces: {
      *__iommu_group_set_domain(...args) {
        return refuse ? -EINVAL : yield* set(...args);
      },
    },
  });
  const body = ({ k, run, addAll, bind, iommu, client }: Lab): void => {
    addAll();
    bind(iommu());
    bind(client());
    const group = client().iommu_group.value ?? missing();
    const before = group.default_domain.value;
    run(function* () {
      if (!hadDefault) yield* write(group.default_domain, null);
      refuse = true;
      yield* mutex_lock(group.mutex);
      expect(yield* k.iommu_setup_default_domain(group)).toBe(-EINVAL);
      yield* mutex_unlock(group.mutex);
    });
    expect(group.domain.value).toBe(before);
    expect(group.default_domain.value).not.toBeNull();
    expect(group.default_domain.value === before).toBe(hadDefault);
  };
  inLab(one, body, { design });
});

test('a walk passes over devices that are not behind an IOMMU, and leaves them as they were', () => {
  inLab(
    { iommus: ['virtio-iommu'], clients: [[], [[0, 1]]] },
    ({ addAll, bind, iommu, client }) => {
      addAll();
      expect(bind(iommu())).toBe(true);
      for (const dev of [client(0), client(1), iommu()]) expect(dev.iommu.value).toBeNull();
    },
  );
});

// ---- the group's owner -------------------------------------------------------------------------

test('a bound driver owns the default domain once', () => {
  translated(({ k, run, client }) => {
    const group = client().iommu_group.value;
    expect(group?.owner_cnt.value).toBe(1);
    run(() => k.iommu_device_unuse_default_domain(client()));
    expect(group?.owner_cnt.value).toBe(0);
  });
});

test('giving the default domain back once too often is a warning', () => {
  translated(({ k, run, client, world }) => {
    run(() => k.iommu_device_unuse_default_domain(client()));
    expect(world.failures).toEqual([]);
    run(() => k.iommu_device_unuse_default_domain(client()));
    expect(world.failures.map(({ kind }) => kind)).toEqual(['warn']);
  });
});

test('a group whose domain is not the default one refuses another owner with -EBUSY', () => {
  translated(({ k, run, client }) => {
    const group = client().iommu_group.value ?? missing();
    group.domain.value = null;
    expect(run(() => k.iommu_device_use_default_domain(client()))).toBe(-EBUSY);
    expect(group.owner_cnt.value).toBe(1);
  });
});

test('a device without a group may use the default domain', () => {
  inLab(one, ({ k, run, client }) => {
    expect(run(() => k.iommu_device_use_default_domain(client()))).toBe(0);
  });
});

test('the last reference frees the group and its domain', () => {
  translated(({ k, run, client }) => {
    const group = client().iommu_group.value ?? missing();
    run(() => k.iommu_group_ref_get(group));
    run(() => k.iommu_group_put(group));
    expect(group.freed).toBe(false);
    const domain = group.default_domain.value;
    run(() => k.iommu_group_put(group));
    expect(group.freed).toBe(true);
    expect(domain?.freed).toBe(true);
  });
});

// ---- struct dev_iommu --------------------------------------------------------------------------

test('dev_iommu_get() allocates once', () => {
  inLab(one, ({ k, run, client, world }) => {
    const first = run(() => k.dev_iommu_get(client()));
    expect(run(() => k.dev_iommu_get(client()))).toBe(first);
    expect(world.heap.length).toBe(1);
  });
});

test('dev_iommu_free() of a device without dev->iommu dereferences NULL', () => {
  inLab(one, ({ k, run, client }) => {
    expect(() => run(() => k.dev_iommu_free(client()))).toThrow(Crash);
  });
});

test('dev_iommu_free() does not free what of_xlate put into priv', () => {
  const plan: Plan = { iommus: ['apple-dart'], clients: [[[0, 1]]] };
  inLab(plan, ({ k, run, addAll, bind, iommu, client, world }) => {
    addAll();
    bind(iommu());
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    expect(idsOf(client())).toEqual([]); // the driver keeps its streams to itself
    run(() => k.dev_iommu_free(client()));
    expect(world.heap.filter(({ freed }) => !freed).length).toBe(1);
  });
});

// ---- what the model checks by itself -----------------------------------------------------------

test('an instance that is no IOMMU of this kernel is an error of ours, not of the input', () => {
  inLab(one, ({ k, client }) => {
    expect((): iommu_device => k.instanceOf(client())).toThrow(/internal bug/);
  });
});
