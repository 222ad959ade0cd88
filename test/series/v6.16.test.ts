// v6.16, and v6.15.1: "iommu: Avoid introducing more races", "iommu: Handle yet another race around
// registration".
import { expect, test } from 'vitest';
import { mutex_lock, mutex_unlock } from '../../src/explore/index.ts';
import { apply, type Design, type device, ENODEV, EPROBE_DEFER } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { inLab, type Lab, type Plan } from '../linux/lab.ts';
import { list } from './listed.ts';

const v6_16 = designOf('v6.16');
const one: Plan = { iommus: ['arm-smmu-v3'], clients: [[[0, 7]]] };

/** What `of_iommu_configure()` says to a client whose IOMMU is listed and is walking over the buses. */
function duringWalk(design: Design, before: (dev: device, lab: Lab) => void = () => {}): unknown {
  const answers: unknown[] = [];
  inLab(
    one,
    (lab) => {
      const { k, run, addAll, client } = lab;
      addAll();
      before(client(), lab);
      list(lab);
      answers.push(run(() => k.of_iommu_configure(client(), client().dma_node, null)));
    },
    { design },
  );
  return answers[0];
}

test.each([
  ['v6.15', 0],
  ['v6.16', -EPROBE_DEFER],
  ['v7.3', -EPROBE_DEFER],
])('in %s a client that comes while its IOMMU walks over the buses gets %i', (kernel, error) => {
  expect(duringWalk(designOf(kernel))).toBe(error);
});

test('the walk itself, which has made a dev->iommu, does not wait', () => {
  const answer = duringWalk(v6_16, (dev, { k, run }) => {
    run(function* () {
      yield* mutex_lock(k.iommu_probe_device_lock);
      yield* k.dev_iommu_get(dev);
      yield* mutex_unlock(k.iommu_probe_device_lock);
    });
  });
  expect(answer).toBe(0);
});

/** Whether an IOMMU is ready at the end of its registration, by what the walk over the bus returns. */
function readyAfter(error: number): boolean {
  const design = apply('walk', v6_16, {
    subject: 'a walk with a given end',
    replaces: {
      *bus_iommu_probe() {
        return error;
      },
    },
  });
  return inLab(
    one,
    ({ k, addAll, bind, iommu }) => {
      addAll();
      bind(iommu());
      return k.instanceOf(iommu()).ready.value;
    },
    { design },
  );
}

test('an IOMMU is ready when it has walked over every bus', () => {
  expect(readyAfter(0)).toBe(true);
});

test('an IOMMU whose walk failed is never ready', () => {
  expect(readyAfter(-ENODEV)).toBe(false);
});

test('a device that somebody else has probed meanwhile is left alone', () => {
  const probed: string[] = [];
  let armed = true;
  const design = apply('spy', v6_16, {
    subject: 'probe the device while the lock is free',
    replaces: {
      *platform_dma_configure(k, dev) {
        const ret = yield* v6_16.functions.platform_dma_configure(k, dev);
        if (armed && dev.iommu.value?.fwspec.value) {
          armed = false;
          yield* k.iommu_probe_device(dev);
        }
        return ret;
      },
    },
    drivers: ({ 'arm-smmu-v3': ops }) => ({
      'arm-smmu-v3': {
        ...ops,
        *probe_device(k, dev) {
          probed.push(dev.name);
          return yield* ops.probe_device(k, dev);
        },
      },
    }),
  });
  inLab(
    one,
    ({ world, addAll, bind, iommu, client }) => {
      addAll();
      expect(bind(iommu())).toBe(true);
      expect(probed).toEqual([client().name]);
      expect(client().iommu_group.value).not.toBeNull();
      expect(world.failures).toEqual([]);
    },
    { design },
  );
});
