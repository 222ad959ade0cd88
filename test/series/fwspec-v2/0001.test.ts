import { expect, test } from 'vitest';
import { EINVAL } from '../../../src/linux/index.ts';
import { inStep, one, two } from './lab.ts';

const before = 0;
const after = 1;

test.each([before, after])('a device that is probed gets the DMA operations, after %i', (n) => {
  inStep(n, one, ({ addAll, bind, iommu, client }) => {
    addAll();
    bind(iommu());
    bind(client());
    expect(client().dma_ops.value).toBe('iommu_dma_ops');
  });
});

// The claim is that "configure returned ops" and "is in a group" are the same. They are not, either way.

test.each([
  [before, null],
  [after, 'iommu_dma_ops'],
])('a device that a walk has put in a group, but whose configure fails: after %i, %s', (n, ops) => {
  inStep(n, { ...two, iommus: ['apple-dart', 'apple-dart'] }, (lab) => {
    const { k, addAll, bind, iommu, client } = lab;
    addAll();
    bind(iommu(0));
    const np = client().dma_node;
    // The second DART has not registered: -EINVAL, and what the first one told stays in place ...
    expect(lab.run(() => k.parseIommus(client(), np as NonNullable<typeof np>, null))).toBe(
      -EINVAL,
    );
    // ... which is enough for the next walk over the bus.
    lab.run(() => k.iommu_probe_device(client()));
    expect(client().iommu_group.value).not.toBeNull();
    lab.run(() => k.iommu_fwspec_free(client()));
    bind(client());
    expect(client().dma_ops.value).toBe(ops);
  });
});

test.each([
  [before, 1],
  [after, 0],
])(
  'a device whose fwspec is there, but that no probe took: after %i, %i warnings',
  (n, warnings) => {
    inStep(n, one, ({ k, addAll, bind, iommu, client, run }) => {
      addAll();
      bind(iommu());
      // A parse that nobody followed up with a probe: the early exit answers "configured".
      const np = client().dma_node;
      run(() => k.parseIommus(client(), np as NonNullable<typeof np>, null));
      bind(client());
      expect(client().iommu_group.value).toBeNull();
      expect(client().dma_ops.value).toBeNull();
      expect(k.log.filter(({ level }) => level === 'warn').length).toBe(warnings);
    });
  },
);

// omap-iommu has no of_xlate(), so that configuring its clients always fails: "Fixes:" of 1dc7c8ed7cb3.
test.each([
  [before, null],
  [after, 'arm_iommu_ops'],
])('a client of omap-iommu on ARM, which wants no mapping: after %i, %s', (n, ops) => {
  const config = { CONFIG_ARM64: false, CONFIG_ARM: true, CONFIG_ARM_DMA_USE_IOMMU: true };
  const plan = { iommus: ['omap-iommu'], cells: 0, clients: [[[0]]] } as const;
  inStep(
    n,
    plan,
    ({ addAll, bind, iommu, client }) => {
      addAll();
      bind(iommu());
      bind(client());
      expect(client().iommu_group.value).not.toBeNull();
      expect(client().dma_ops.value).toBe(ops);
    },
    { config },
  );
});
