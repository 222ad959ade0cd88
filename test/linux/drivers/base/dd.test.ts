// drivers/base/dd.c, drivers/base/platform.c
import { describe, expect, test } from 'vitest';
import { explore, type Task, write } from '../../../../src/explore/index.ts';
import {
  apply,
  base,
  type device,
  device_driver,
  EBUSY,
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
  ETIMEDOUT,
} from '../../../../src/linux/index.ts';
import { bind } from '../../../../src/scenarios/setup.ts';
import { Sequence } from '../../../../src/util/index.ts';
import { inLab, type Lab, labIn, missing, type Plan } from '../../lab.ts';

const plan: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 1]]] };

/** A driver that answers so. */
function answering({ world }: Lab, answer: number, managed = false): device_driver {
  return new device_driver(
    world,
    'test driver',
    function* () {
      return answer;
    },
    { driver_managed_dma: managed },
  );
}

describe('driver_deferred_probe_check_state', () => {
  // Modules, initcalls done, seconds left to wait.
  test.each([
    ['waits before the end of initcalls', true, false, 10, -EPROBE_DEFER],
    ['waits before the end of initcalls without time too', true, false, 0, -EPROBE_DEFER],
    ['waits before the end of initcalls without modules', false, false, 0, -EPROBE_DEFER],
    ['waits as long as there is time', true, true, 10, -EPROBE_DEFER],
    ['waits for ever when the time-out is negative', true, true, -1, -EPROBE_DEFER],
    ['gives up when the time is over', true, true, 0, -ETIMEDOUT],
    ['does not wait for modules that cannot come', false, true, 0, -ENODEV],
    ['does not wait for modules whatever the time-out', false, true, 10, -ENODEV],
  ])('%s', (_guarantee, CONFIG_MODULES, done, seconds, answer) => {
    inLab(
      plan,
      ({ k, run, client }) => {
        k.initcalls_done.value = done;
        k.driver_deferred_probe_timeout.value = seconds;
        expect(run(() => k.driver_deferred_probe_check_state(client()))).toBe(answer);
      },
      { config: { CONFIG_MODULES } },
    );
  });

  test.each([
    [true, 10],
    [false, 0],
  ])('the time-out of a kernel with modules: %s is %i s', (CONFIG_MODULES, seconds) => {
    inLab(plan, ({ k }) => expect(k.driver_deferred_probe_timeout.value).toBe(seconds), {
      config: { CONFIG_MODULES },
    });
  });
});

describe('deferral', () => {
  test('a device whose IOMMU has not registered waits on the pending list, unbound', () => {
    inLab(plan, ({ k, addAll, bind, client }) => {
      addAll();
      expect(bind(client())).toBe(false);
      expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
      expect([...k.deferred_probe_active_list.value]).toEqual([]);
    });
  });

  test('a device is on the list once, however often it defers', () => {
    inLab(plan, ({ k, addAll, bind, client }) => {
      addAll();
      bind(client());
      bind(client());
      expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
    });
  });

  test.each([-EPROBE_DEFER, EPROBE_DEFER])(
    'a driver that answers %i defers its device',
    (answer) => {
      inLab({ ...plan, clients: [[]] }, (lab) => {
        const { k, run, client } = lab;
        run(() => k.__driver_attach(client(), answering(lab, answer)));
        expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
      });
    },
  );

  test('registration triggers nothing; the end of the IOMMU driver’s probe does', () => {
    inLab(plan, ({ k, run, addAll, bind, iommu, client }) => {
      addAll();
      bind(client());
      k.driver_deferred_probe_enable.value = true;
      run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('virtio-iommu')));
      expect(client().driver.value).toBeNull();
      run(() => k.iommu_device_unregister(k.instanceOf(iommu())));
      expect(k.deferred_trigger_count.value).toBe(0);
      bind(iommu());
      expect(client().driver.value).toBe(client().matches);
      expect(client().dma_ops.value).toBe('iommu_dma_ops');
      expect([...k.deferred_probe_pending_list.value]).toEqual([]);
      expect([...k.deferred_probe_active_list.value]).toEqual([]);
    });
  });

  test('before it is enabled a trigger does nothing', () => {
    inLab(plan, ({ k, run, addAll, bind, client }) => {
      addAll();
      bind(client());
      run(() => k.driver_deferred_probe_trigger());
      expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
      expect(k.deferred_trigger_count.value).toBe(0);
    });
  });

  // Whoever fills the active list queues the work after that: once more would find what it finds.
  test('a trigger queues no work for what another has put on the active list', () => {
    inLab(plan, ({ k, run, client }) => {
      k.driver_deferred_probe_enable.value = true;
      k.deferred_probe_active_list.value = Sequence.of<device>().with([client()]);
      run(() => k.driver_deferred_probe_trigger());
      // Work that is queued here runs at once, and leaves nothing.
      expect(k.deferred_probe_active_list.value.includes(client())).toBe(true);
      expect(k.deferred_trigger_count.value).toBe(1);
    });
  });

  test('the work retries in the order in which devices deferred', () => {
    const order: string[] = [];
    const design = apply('spy', base, {
      subject: 'note who is retried',
      replaces: {
        *bus_probe_device(k, dev) {
          order.push(dev.name);
          yield* base.functions.bus_probe_device(k, dev);
        },
      },
    });
    inLab(
      { ...plan, clients: [[[0, 1]], [[0, 2]], [[0, 3]]] },
      ({ k, run, addAll, bind, iommu, client }) => {
        addAll();
        for (const index of [2, 0, 1]) bind(client(index));
        k.driver_deferred_probe_enable.value = true;
        k.deferred_probe_work.value = true; // queued: this test does its work
        bind(iommu());
        run(() => k.deferred_probe_work_func());
        expect(order).toEqual([client(2).name, client(0).name, client(1).name]);
      },
      { design },
    );
  });

  /** The first try defers; meanwhile a supplier may come. The end: is the device bound? */
  function boundInTheEnd(supplierComes: boolean): boolean[] {
    const ends: boolean[] = [];
    const outcome = explore({
      name: 'late supplier',
      setup(world) {
        // Of this world alone: another may be run in between.
        let tries = 0;
        const design = apply('late supplier', base, {
          subject: 'the first try defers',
          replaces: {
            *of_dma_configure_id(k) {
              tries++;
              if (tries > 1) return 0;
              if (supplierComes) yield* k.driver_deferred_probe_trigger();
              return -EPROBE_DEFER;
            },
          },
        });
        const { k, client } = labIn(world, plan, { design });
        k.driver_deferred_probe_enable.value = true;
        const holds = (): boolean => ends.push(client().driver.value !== null) > 0;
        return {
          tasks: [{ name: 'bind', body: () => bind(k, client()) }],
          properties: [{ kind: 'end', name: 'end', holds }],
        };
      },
    });
    expect(outcome.bugs).toEqual([]);
    return [...new Set(ends)];
  }

  test('a trigger during a probe that defers retries at once', () => {
    expect(boundInTheEnd(true)).toEqual([true]);
  });

  test('without one the device goes on waiting', () => {
    expect(boundInTheEnd(false)).toEqual([false]);
  });

  test('a device that binds is taken off the list', () => {
    inLab(plan, ({ k, addAll, bind, iommu, client }) => {
      addAll();
      bind(client());
      bind(iommu());
      expect([...k.deferred_probe_pending_list.value]).toEqual([client()]);
      bind(client());
      expect([...k.deferred_probe_pending_list.value]).toEqual([]);
    });
  });
});

describe('really_probe', () => {
  function bound(body: (lab: Lab) => void): void {
    inLab(plan, (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      body(lab);
    });
  }

  test('a driver’s own error comes back positive', () => {
    bound((lab) => {
      const { k, run, client } = lab;
      expect(run(() => k.really_probe(client(), answering(lab, -EINVAL)))).toBe(EINVAL);
    });
  });

  test('a driver that fails gives up the domain and the binding; the IOMMU state stays', () => {
    bound((lab) => {
      const { k, run, bind, client } = lab;
      run(() => k.really_probe(client(), answering(lab, -EINVAL)));
      expect(client().driver.value).toBeNull();
      expect(client().dma_ops.value).toBeNull();
      const group = client().iommu_group.value ?? missing();
      const fwspec = client().iommu.value?.fwspec.value;
      expect(group.owner_cnt.value).toBe(0);
      expect(bind(client())).toBe(true);
      expect(client().iommu_group.value).toBe(group);
      expect(client().iommu.value?.fwspec.value).toBe(fwspec);
      expect(group.owner_cnt.value).toBe(1);
      expect(client().dma_ops.value).toBe('iommu_dma_ops');
    });
  });

  test('a bound device is -EBUSY', () => {
    bound((lab) => {
      const { k, run, bind, client } = lab;
      bind(client());
      expect(run(() => k.__driver_probe_device(answering(lab, 0), client()))).toBe(-EBUSY);
    });
  });

  test('a driver that manages DMA itself does not own the default domain', () => {
    bound((lab) => {
      const { k, run, client } = lab;
      expect(run(() => k.really_probe(client(), answering(lab, 0, true)))).toBe(0);
      expect(client().iommu_group.value?.owner_cnt.value).toBe(0);
    });
  });

  test('and when it fails it has nothing to give back', () => {
    bound((lab) => {
      const { k, run, client, world } = lab;
      run(() => k.really_probe(client(), answering(lab, -ENODEV, true)));
      expect(world.failures).toEqual([]);
    });
  });

  test('a group that somebody else owns makes the bind fail with -EBUSY, unbound', () => {
    bound((lab) => {
      const { k, run, client } = lab;
      run(() => k.of_iommu_configure(client(), client().dma_node, null));
      const group = client().iommu_group.value ?? missing();
      run(function* (): Task {
        yield* write(group.owner_cnt, 1);
        yield* write(group.domain, null);
      });
      expect(run(() => k.really_probe(client(), answering(lab, 0)))).toBe(-EBUSY);
      expect(client().driver.value).toBeNull();
      expect(client().dma_ops.value).toBeNull();
      expect(group.owner_cnt.value).toBe(1);
    });
  });
});
