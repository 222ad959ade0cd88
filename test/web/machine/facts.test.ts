import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { factsOf, type MachineFacts } from '../../../web/machine/facts.ts';
import { layoutOf } from '../../../web/machine/picture/layout.ts';
import { captures, machineOf } from '../../machine/packed-captures.ts';

/** One of each sort: names begin with it. */
const some = captures.filter((_name, i) => i % 24 === 0);
const design = designOf('v7.3');

function factsOfCapture(name: string): MachineFacts {
  const machine = machineOf(name);
  return factsOf(machine, inspect(machine, design, defaultKconfig), design.name);
}

test.each(some)(
  'each device of %s is below what its path in sysfs says, also in the picture',
  (name) => {
    const facts = factsOfCapture(name);
    const { devices, roots } = facts;
    const { boxes, boxOf } = layoutOf(facts);
    for (const [i, { path, parent, root, bus, outcome, iommus }] of devices.entries()) {
      if (bus !== 'pci') continue;
      const above = path.split('/').at(-2);
      expect(parent === null ? roots[root ?? -1]?.name : devices[parent]?.name).toBe(above);
      // The nearest bridge above that comes out in the same field.
      const isIn = (other: number | null): boolean =>
        other !== null &&
        devices[other]?.iommus[0]?.iommu === iommus[0]?.iommu &&
        (iommus.length > 0 || devices[other]?.outcome === outcome);
      let bridge = parent;
      while (bridge !== null && !isIn(bridge)) bridge = devices[bridge]?.parent ?? null;
      const around: number[] = [];
      for (
        let at = boxes[boxOf[i] ?? 0]?.parent ?? null;
        at !== null;
        at = boxes[at]?.parent ?? null
      )
        around.push(at);
      const nearest = around.map((at) => boxes[at]).find((box) => box?.kind === 'device');
      expect(nearest?.device ?? null).toBe(bridge);
    }
  },
);

test('what is handed over is all that inspect says, and plain data', () => {
  const facts = factsOfCapture(some[0] ?? '');
  expect(structuredClone(facts)).toEqual(facts);
  const { devices, absent } = facts.document;
  expect(facts.devices).toHaveLength(devices.length + absent.length);
  for (const device of devices)
    expect(facts.devices.find(({ path }) => path === device.path)).toMatchObject(device);
});
