import { describe, expect, test } from 'vitest';
import { asAsked, explainerOf, partAt, readingsOf } from '../../src/machine/index.ts';
import { designOf, newestKernel } from '../../src/series/index.ts';
import { machineOf, sourcesOf } from './capture/packed-captures.ts';

function readings(name: string) {
  const design = designOf(newestKernel);
  const told = { ...machineOf(name), sources: sourcesOf(name) };
  const asked = { kconfig: {}, cmdline: null };
  const { machine, config, options } = asAsked(told, null, design, asked);
  const explainer = explainerOf(machine, design, config, options);
  return { machine, explainer, found: readingsOf(machine, explainer) };
}

describe.each(['a64-dt-smmu-rp-k7.3', 'a64-acpi-smmu-rp-k7.3', 'x86-vtd-switch-k7.3'])(
  '%s',
  (name) => {
    const { machine, explainer, found } = readings(name);

    test('every place that a chain names is found again, with the device', () => {
      let places = 0;
      for (const of of machine.devices)
        for (const { table, node, offset, size, what } of explainer.explain(of).steps) {
          if (offset === null) continue;
          places++;
          const all = found.get((table === 'config' ? node : table) ?? '') ?? [];
          const reading = all.find(
            (one) => one.offset === offset && one.size === size && one.what === what,
          );
          expect(reading?.devices).toContain(of.name);
        }
      expect(places).toBeGreaterThan(5);
    });

    test('a part that is named has the byte in it, and each place of a chain has a part', () => {
      let parts = 0;
      for (const [source, all] of found) {
        if (machine.devices.some((of) => of.name === source)) continue;
        for (const { offset, property } of all) {
          const part = partAt(machine, source, offset);
          // A node is where it begins, which is in no property.
          if (property === null) continue;
          parts++;
          expect(part, `${source} ${offset} ${property}`).not.toBeNull();
          expect(offset).toBeGreaterThanOrEqual(part?.offset ?? Infinity);
          expect(offset).toBeLessThan((part?.offset ?? 0) + (part?.size ?? 0));
        }
      }
      expect(parts).toBeGreaterThan(0);
    });
  },
);

test('nobody has read a byte behind the end', () => {
  const { machine } = readings('a64-acpi-smmu-rp-k7.3');
  expect(partAt(machine, 'IORT', 1 << 20)).toBeNull();
  expect(partAt(machine, 'NONE', 0)).toBeNull();
  const tree = readings('a64-dt-smmu-rp-k7.3');
  expect(partAt(tree.machine, 'devicetree', 1 << 26)).toBeNull();
});
