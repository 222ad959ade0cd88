import { describe, expect, test } from 'vitest';
import { asAsked, inspect } from '../../../src/machine/index.ts';
import { changesBetween, type InspectDocument, inspectJson } from '../../../src/report/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { machineOf } from '../../machine/capture/packed-captures.ts';

function documentOf(kernel: string, cmdline: string | null = null): InspectDocument {
  const design = designOf(kernel);
  const asked = { kconfig: {}, cmdline };
  const { machine, config, options } = asAsked(
    machineOf('a64-dt-smmu-rp-k7.3'),
    null,
    design,
    asked,
  );
  return inspectJson(inspect(machine, design, config, options), kernel);
}

describe('what changes between two answers', () => {
  const before = documentOf('v7.3');

  test('is nothing where they are equal', () => {
    expect(changesBetween(before, documentOf('v7.3'))).toEqual([]);
  });

  test('with iommu.passthrough=1 is the domain of every translated device, and its outcome', () => {
    const changes = changesBetween(before, documentOf('v7.3', 'iommu.passthrough=1'));
    const translated = before.devices.filter(({ outcome }) => outcome === 'translated');
    expect(translated.length).toBeGreaterThan(3);
    expect(changes.map(({ device }) => device)).toEqual(translated.map(({ name }) => name));
    for (const { fields } of changes)
      expect(fields).toEqual([
        { field: 'outcome', before: 'translated', after: 'identity' },
        { field: 'domain', before: 'DMA', after: 'identity' },
      ]);
  });

  test('is not the number of a group, but who is in it', () => {
    const [first, second, ...others] = before.groups;
    if (first === undefined || second === undefined) throw new Error('no groups');
    const renumbered = {
      ...before,
      groups: [{ ...first, id: second.id }, { ...second, id: first.id }, ...others],
      devices: before.devices.map((device) => {
        if (device.group === first.id) return { ...device, group: second.id };
        return device.group === second.id ? { ...device, group: first.id } : device;
      }),
    };
    expect(changesBetween(before, renumbered)).toEqual([]);
    const joined = {
      ...before,
      groups: [{ ...first, devices: [...first.devices, ...second.devices] }, ...others],
      devices: before.devices.map((device) =>
        device.group === second.id ? { ...device, group: first.id } : device,
      ),
    };
    const moved = changesBetween(before, joined);
    expect(moved.map(({ device }) => device).sort()).toEqual(
      [...first.devices, ...second.devices].sort(),
    );
    expect(moved.flatMap(({ fields }) => fields.map(({ field }) => field))).toEqual(
      moved.map(() => 'group'),
    );
  });

  test('is a device that only one of them has', () => {
    const gone = { ...before, devices: before.devices.slice(1) };
    const [device] = before.devices;
    const [change] = changesBetween(before, gone);
    expect(change?.device).toBe(device?.name);
    expect(change?.fields[0]).toMatchObject({ field: 'outcome', after: 'absent' });
    expect(changesBetween(gone, before)[0]?.fields[0]).toMatchObject({ before: 'absent' });
  });
});
