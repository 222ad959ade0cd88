import { expect, test, vi } from 'vitest';
import { parseFdt } from '../../../src/firmware/index.ts';
import { Recorder } from '../../../src/machine/boot/record/recorder.ts';
import { explainerOf, kconfigFor, machineFromDevicetree } from '../../../src/machine/index.ts';
import { designOf, newestKernel } from '../../../src/series/index.ts';
import { times } from '../../growth/growing.ts';
import { client, smmu, tree } from '../../growth/trees.ts';

function explainer(n: number) {
  const nodes = [smmu(0), ...times(n, (i) => client(i, 1, i))];
  const machine = machineFromDevicetree(parseFdt(tree(nodes)), new Map());
  const design = designOf(newestKernel);
  const config = kconfigFor(machine, { cmdline: null, kconfig: {} }, design);
  return { machine, explainer: explainerOf(machine, design, config) };
}

/** How many calls are looked at to explain each device of a machine. */
function looked(n: number): number {
  let count = 0;
  const { calls } = Recorder.prototype;
  const spy = vi.spyOn(Recorder.prototype, 'calls').mockImplementation(function* (
    this: Recorder,
    from,
  ) {
    for (const call of calls.call(this, from)) {
      count++;
      yield call;
    }
  });
  try {
    const { machine, explainer: of } = explainer(n);
    for (const device of machine.devices)
      expect(of.explain(device).steps.length).toBeGreaterThan(1);
  } finally {
    spy.mockRestore();
  }
  return count;
}

test('to explain each of four times the devices is about four times the work', () => {
  const few = looked(25);
  expect(few).toBeGreaterThan(500);
  expect(looked(100)).toBeLessThan(few * 6);
});
