import { describe, expect, test } from 'vitest';
import { EINVAL, ENODEV, EPROBE_DEFER, ERR_PTR } from '../../../src/linux/index.ts';
import type { Lab, Plan } from '../../linux/lab.ts';
import { configure, errors, inStep, one, two } from './lab.ts';

interface Case {
  readonly plan: Plan;
  /** How many IOMMUs are bound before the device is configured. */
  readonly bound: number;
  readonly before: unknown;
  readonly after: number;
}

const cases: Readonly<Record<string, Case>> = {
  'no specifiers': { plan: { ...one, clients: [[]] }, bound: 1, before: null, after: -ENODEV },
  'an IOMMU that has not registered': {
    plan: one,
    bound: 0,
    before: ERR_PTR(-EPROBE_DEFER),
    after: -EPROBE_DEFER,
  },
  'a second IOMMU that has not registered': { plan: two, bound: 1, before: null, after: -EINVAL },
};

function configured({ plan, bound }: Case, n: number): unknown {
  return inStep(n, plan, (lab: Lab) => {
    lab.addAll();
    for (let i = 0; i < bound; i++) lab.bind(lab.iommu(i));
    return configure(lab);
  });
}

describe.each(Object.entries(cases))('%s', (_name, of) => {
  test('the answer was a pointer', () => {
    expect(configured(of, 1)).toEqual(of.before);
  });

  test('the answer is an error number', () => {
    expect(configured(of, 2)).toBe(of.after);
  });
});

test('a device that gets its IOMMU gets 0, also when it asks again', () => {
  inStep(2, one, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu());
    expect(configure(lab)).toBe(0);
    expect(configure(lab)).toBe(0);
  });
});

test('without a node the answer is -ENODEV', () => {
  inStep(2, one, ({ k, run, client }) => {
    expect(run<unknown>(() => k.of_iommu_configure(client(), null, null))).toBe(-ENODEV);
  });
});

test.each([
  [1, []],
  [2, ['its IOMMU cannot be configured: -EINVAL']],
])('after %i, an error that is neither -ENODEV nor deferral is told as %j', (n, said) => {
  inStep(n, two, (lab) => {
    lab.addAll();
    lab.bind(lab.iommu(0));
    expect(lab.bind(lab.client())).toBe(true); // it never keeps the driver from probing
    expect(errors(lab)).toEqual(said);
  });
});
