// drivers/iommu/of_iommu.c, drivers/of/device.c
import { expect, test } from 'vitest';
import { apply, base, EINVAL, ENODEV, EPROBE_DEFER, ERR_PTR } from '../../../../src/linux/index.ts';
import { prop, text } from '../../../firmware/fdt-builder.ts';
import { idsOf, imbalances, inLab, type Lab, missing, type Plan } from '../../lab.ts';

const NO_IOMMU = 1;
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

function configure({ k, run, client }: Lab): ReturnType<typeof answerOf> {
  return answerOf(run(() => k.of_iommu_configure(client(), client().dma_node, null)));
}

/** The name of the driver, an error, or null. */
function answerOf<T>(answer: T): string | T {
  return answer !== null && typeof answer === 'object' && 'driver' in answer
    ? String(answer.driver)
    : answer;
}

test('without a node there is no IOMMU, and nothing is allocated', () => {
  inLab(one, ({ k, run, client, world }) => {
    expect(run(() => k.of_iommu_configure(client(), null, null))).toBeNull();
    expect(world.heap).toEqual([]);
  });
});

test('a device without iommus has no IOMMU', () => {
  inLab({ ...one, clients: [[]] }, (lab) => {
    expect(
      lab.run(() => lab.k.parseIommus(lab.client(), lab.client().dma_node ?? missing(), null)),
    ).toBe(NO_IOMMU);
    expect(configure(lab)).toBeNull();
  });
});

test('a device behind a registered IOMMU gets its ops, its IDs and a group', () => {
  inLab(one, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    expect(configure(lab)).toBe('virtio-iommu');
    expect(idsOf(lab.client())).toEqual([7]);
    expect(lab.client().iommu_group.value).not.toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

test('IDs come in the order of the specifiers', () => {
  const ids = [3, 1, 2, 1];
  inLab({ ...one, clients: [ids.map((id) => [0, id] as const)] }, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    configure(lab);
    expect(idsOf(lab.client())).toEqual(ids);
  });
});

test('an IOMMU that has not registered leaves a placeholder and defers', () => {
  inLab(one, (lab) => {
    lab.addAll();
    expect(configure(lab)).toEqual(ERR_PTR(-EPROBE_DEFER));
    const fwspec = lab.client().iommu.value?.fwspec.value;
    expect(fwspec?.ops.value).toBeNull();
    expect(fwspec?.iommu_fwnode.value).toBe(lab.iommu().of_node);
    expect(imbalances(lab)).toEqual([]);
  });
});

test('after a deferral the parse starts again with a new fwspec', () => {
  inLab(one, (lab) => {
    lab.addAll();
    configure(lab);
    const placeholder = lab.client().iommu.value?.fwspec.value;
    expect(configure(lab)).toEqual(ERR_PTR(-EPROBE_DEFER));
    expect(placeholder?.freed).toBe(true);
    lab.bind(lab.iommu());
    expect(configure(lab)).toBe('virtio-iommu');
    expect(imbalances(lab)).toEqual([]);
  });
});

test('when the wait is over the device gets no IOMMU, and keeps the placeholder', () => {
  inLab(one, (lab) => {
    lab.addAll();
    lab.k.initcalls_done.value = true;
    lab.k.driver_deferred_probe_timeout.value = 0;
    expect(configure(lab)).toBeNull();
    expect(lab.client().iommu.value?.fwspec.value?.ops.value).toBeNull();
  });
});

test('an IOMMU that firmware disables is no IOMMU', () => {
  inLab({ ...one, iommuProps: [prop('status', text('disabled'))] }, (lab) => {
    // A disabled node is no device, so the lab has only the client, where IOMMUs come first.
    expect(
      lab.run(() => lab.k.parseIommus(lab.iommu(), lab.iommu().dma_node ?? missing(), null)),
    ).toBe(NO_IOMMU);
    expect(lab.iommu().iommu.value).toBeNull();
  });
});

test('a second IOMMU that has not registered makes -EINVAL and leaves the fwspec of the first', () => {
  inLab(two, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    const { k, run, client } = lab;
    expect(run(() => k.parseIommus(client(), client().dma_node ?? missing(), null))).toBe(-EINVAL);
    expect(idsOf(client())).toEqual([7]);
    expect(client().iommu.value?.fwspec.value?.ops.value?.driver).toBe('virtio-iommu');
    expect(client().iommu_group.value).toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

test('that -EINVAL does not reach the driver core: the device binds with direct DMA', () => {
  inLab(two, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    expect(lab.bind(lab.client())).toBe(true);
    expect(lab.client().dma_ops.value).toBeNull();
    expect(lab.client().iommu_group.value).toBeNull();
  });
});

test('the walk of the second registration then probes the device with the IDs of the first', () => {
  inLab(two, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    lab.bind(lab.client());
    lab.bind(lab.iommu(1));
    expect(lab.client().iommu_group.value).not.toBeNull();
    expect(idsOf(lab.client())).toEqual([7]);
    expect(lab.client().dma_ops.value).toBeNull();
  });
});

test('a fwspec with ops is taken as it is, whether or not probing had worked', () => {
  inLab(two, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    expect(configure(lab)).toBeNull(); // -EINVAL
    const before = lab.client().iommu.value?.fwspec.value;
    expect(configure(lab)).toBe('virtio-iommu');
    expect(lab.client().iommu.value?.fwspec.value).toBe(before);
    expect(lab.client().iommu_group.value).toBeNull();
  });
});

test('a device that its driver refuses has no IOMMU, and its fwspec is gone', () => {
  // Registered, but its own probe has not returned: the driver does not find its instance.
  inLab(one, (lab) => {
    const { k, run, iommu, client } = lab;
    lab.addAll();
    run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('virtio-iommu')));
    expect(configure(lab)).toBeNull();
    expect(client().iommu.value).toBeNull();
    expect(imbalances(lab)).toEqual([]);
  });
});

test('a driver without of_xlate is no IOMMU for a devicetree', () => {
  const { of_xlate: _, ...ops } = base.drivers['virtio-iommu'];
  const design = apply('no of_xlate', base, {
    subject: 'a driver that does not know devicetrees',
    drivers: () => ({ 'virtio-iommu': ops }),
  });
  inLab(
    one,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      expect(configure(lab)).toBeNull();
      expect(lab.client().iommu.value).toBeNull();
    },
    { design },
  );
});

test('of_dma_configure_id() lets no error pass but deferral', () => {
  const answers = [-EPROBE_DEFER, -EINVAL, -ENODEV, 0] as const;
  const got = answers.map((answer) => {
    const design = apply('fails', base, {
      subject: 'fail',
      replaces: {
        *parseIommus() {
          return answer === 0 ? NO_IOMMU : answer;
        },
      },
    });
    return inLab(
      one,
      ({ k, run, client }) => run(() => k.of_dma_configure_id(client(), client().dma_node, null)),
      { design },
    );
  });
  expect(got).toEqual([-EPROBE_DEFER, 0, 0, 0]);
});
