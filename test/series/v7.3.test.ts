// v7.3 as of 7.3.4.
import { describe, expect, test } from 'vitest';
import { explore } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';
import { inLab, type Lab, type Plan, type Specifier } from '../linux/lab.ts';

function inKernel(kernel: string, plan: Plan, body: (lab: Lab) => void): void {
  inLab(
    plan,
    (lab) => {
      lab.addAll();
      plan.iommus.forEach((_, i) => {
        expect(lab.bind(lab.iommu(i))).toBe(true);
      });
      body(lab);
    },
    { design: designOf(kernel) },
  );
}

test.each([
  ['v6.16', false],
  ['v7.3', true],
])('in %s the clients of a virtio-iommu have groups when it has registered: %s', (kernel, has) => {
  inKernel(kernel, { iommus: ['virtio-iommu'], clients: [[[0, 7]]] }, ({ client }) => {
    expect(client().iommu_group.value !== null).toBe(has);
  });
});

describe('behind three DARTs', () => {
  const streams: Specifier[] = [
    [0, 1],
    [1, 2],
    [2, 3],
  ];
  const plan: Plan = { iommus: ['apple-dart', 'apple-dart', 'apple-dart'], clients: [streams] };

  test.each([
    ['v6.16', false],
    ['v7.3', true],
  ])('in %s a device gets a group: %s', (kernel, has) => {
    inKernel(kernel, plan, ({ client }) => {
      expect(client().iommu_group.value !== null).toBe(has);
    });
  });
});

test.each([
  ['v6.16', 'a field', 1],
  ['v7.3', 'a bit that changes in one step', 0],
])('in %s who translates DMA is %s: %i data race', (kernel, _is, races) => {
  const scenario = scenarioOf('remove-device');
  const shape = builtinShape(scenario, null);
  const { bugs, complete } = explore(programOf(scenario, designOf(kernel), defaultKconfig, shape));
  expect(complete).toBe(true);
  const found = bugs.filter(
    ({ kind, object }) => kind === 'data-race' && object === 'dev->dma_ops',
  );
  expect(found).toHaveLength(races);
});
