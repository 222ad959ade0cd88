import { expect, test } from 'vitest';
import { ENODEV, EPROBE_DEFER, NO_IOMMU } from '../../../src/linux/index.ts';
import { prop, text } from '../../firmware/fdt-builder.ts';
import { missing, type Plan } from '../../linux/lab.ts';
import { configure, inStep, one } from './lab.ts';

const disabled: Plan = { ...one, iommuProps: [prop('status', text('disabled'))] };
const none: Plan = { ...one, clients: [[]] };

test.each([
  ['no specifiers', none],
  ['an IOMMU that is disabled', disabled],
])('%s: the parse ended in 1 and ends in -ENODEV', (_name, plan) => {
  const parsed = (n: number): number =>
    inStep(n, plan, ({ k, run, addAll }) => {
      addAll();
      const dev = k.devices().at(-1) ?? missing(); // a node that is disabled makes no device
      return run(() => k.parseIommus(dev, dev.dma_node ?? missing(), null));
    });
  expect(parsed(2)).toBe(NO_IOMMU);
  expect(parsed(3)).toBe(-ENODEV);
});

test.each([2, 3])('after %i, nobody who calls of_iommu_configure() sees the difference', (n) => {
  const answer = (plan: Plan, bound: boolean): unknown =>
    inStep(n, plan, (lab) => {
      lab.addAll();
      if (bound) lab.bind(lab.iommu());
      return configure(lab);
    });
  expect(answer(none, true)).toBe(-ENODEV);
  expect(answer(disabled, false)).toBe(-ENODEV);
  expect(answer(one, false)).toBe(-EPROBE_DEFER);
  expect(answer(one, true)).toBe(0);
});
