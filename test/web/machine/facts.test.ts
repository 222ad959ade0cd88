import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { factsOf, type MachineFacts } from '../../../web/machine/facts.ts';
import { layoutOf } from '../../../web/machine/picture/layout.ts';
import { be32, node, prop, text } from '../../firmware/fdt-builder.ts';
import { captures, machineOf } from '../../machine/capture/packed-captures.ts';
import { compatible, host, phandle, reg64, machineOf as treeMachine } from '../../machine/trees.ts';

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
      expect(path.split('/')).toContain(roots[root ?? -1]?.name);
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

test('functions that a map speaks of are on the root bus of their host bridge, whatever bus they are on', () => {
  const smmu = node('smmu', [
    compatible('arm,smmu-v3'),
    reg64(0x1000),
    prop('#iommu-cells', be32(1)),
    phandle(1),
  ]);
  const map = [0x000, 1, 0x000, 1, 0x100, 1, 0x100, 1, 0x200, 1, 0x200, 1];
  const bridge = host(0x4000_0000, [prop('iommu-map', be32(...map))]);
  const machine = treeMachine([smmu, bridge]);
  const { devices, roots } = factsOf(machine, inspect(machine, design, defaultKconfig), '');
  expect(devices.filter(({ bus }) => bus === 'pci').map(({ root }) => root)).toEqual([0, 0, 0]);
  const [root] = roots;
  expect([root?.name, devices[root?.host ?? -1]?.name]).toEqual(['pci0000:00', '40000000.pcie']);
});

test('what is not there is shown, too', () => {
  const gone = node('power', [
    compatible('p'),
    prop('#power-domain-cells', be32(0)),
    phandle(9),
    prop('status', text('disabled')),
  ]);
  const leaf = node('leaf', [compatible('x')]);
  const maker = node('bus', [compatible('simple-pm-bus'), prop('power-domains', be32(9))], [leaf]);
  const machine = treeMachine([gone, maker]);
  const facts = factsOf(machine, inspect(machine, design, defaultKconfig), '');
  expect(facts.document.absent).toHaveLength(1);
  const { boxes, boxOf } = layoutOf(facts);
  const at = facts.devices.findIndex(({ outcome }) => outcome === 'absent');
  expect(boxes[boxes[boxOf[at] ?? -1]?.parent ?? -1]?.name).toBe('absent');
});

test('what is handed over is all that inspect says, and plain data', () => {
  const facts = factsOfCapture(some[0] ?? '');
  expect(structuredClone(facts)).toEqual(facts);
  const { devices, absent } = facts.document;
  expect(facts.devices).toHaveLength(devices.length + absent.length);
  for (const device of devices)
    expect(facts.devices.find(({ path }) => path === device.path)).toMatchObject(device);
});
