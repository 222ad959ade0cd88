import { expect, test } from 'vitest';
import { base } from '../../src/linux/index.ts';
import { patches } from '../../src/series/fwspec-v2/index.ts';
import { bisected, designOf, kernels, mainKernels } from '../../src/series/index.ts';

test('the way through the series begins with the kernel it was posted for and has every patch', () => {
  const [first, ...others] = bisected;
  expect(first?.subject).toBe(null);
  expect(designOf(first?.kernel ?? '').functions).toEqual(base.functions);
  expect(others.map(({ subject }) => subject)).toEqual(patches.map(({ subject }) => subject));
});

test('every kernel is compared when nobody says, or is a step on the way through the series', () => {
  const steps = bisected.map(({ kernel }) => kernel);
  expect([...mainKernels, ...steps].sort()).toEqual(
    kernels.map(({ design }) => design.name).sort(),
  );
});
