// `groups`: who is in a group with whom and why, and what can be given to a guest.
import { describe, expect, test } from 'vitest';
import {
  asCaptured,
  type Capture,
  companyOf,
  devicesNamed,
  explainerOf,
  type GroupsReport,
  groupsOf,
  type Passthrough,
  parseCapture,
} from '../../src/machine/index.ts';
import { groupsText } from '../../src/report/index.ts';
import { designOf, nearestRelease } from '../../src/series/index.ts';
import { answersOf, captures, machineOf } from './capture/packed-captures.ts';

const nothing = { kconfig: {}, cmdline: null };

function shown(
  name: string,
  asked?: string,
  kernel?: string,
): { readonly capture: Capture; readonly report: GroupsReport } {
  const capture = parseCapture(answersOf(name));
  const design = kernel === undefined ? nearestRelease(capture.release) : designOf(kernel);
  const { machine, config, options } = asCaptured(machineOf(name), capture, design, nothing);
  const devices = asked === undefined ? [] : devicesNamed(machine, asked);
  return { capture, report: groupsOf(machine, design, config, options, null, devices) };
}

function answer(name: string, device: string, kernel?: string): Passthrough {
  const [found] = shown(name, device, kernel).report.passthrough;
  if (found === undefined) throw new Error(`${device} is asked about`);
  return found;
}

/** Sets of names in one group, of the devices that both sides know. */
function together(groups: readonly (readonly string[])[], known: ReadonlySet<string>): string[] {
  return groups
    .map((names) =>
      names
        .filter((name) => known.has(name))
        .sort()
        .join(' '),
    )
    .filter((names) => names !== '')
    .sort();
}

test.each(captures.filter((name) => /^x86-.*k(?:6\.12|7\.3)$/.test(name)))(
  'the groups of %s are those that its kernel made, each member with a reason',
  (name) => {
    const { capture, report } = shown(name);
    const observed = new Map<string, string[]>();
    for (const { name, group } of capture.devices)
      if (typeof group === 'string') observed.set(group, [...(observed.get(group) ?? []), name]);
    const members = report.groups.flatMap(({ devices }) => devices);
    const known = new Set(members.map((of) => of.name));
    expect(together([...observed.values()], known)).toEqual(
      together(
        report.groups.map(({ devices }) => devices.map((of) => of.name)),
        known,
      ),
    );
    expect(members.filter(({ reason }) => reason === '')).toEqual([]);
    for (const { devices } of report.groups)
      expect(devices.filter(({ tie }) => tie === 'new').length).toBeLessThanOrEqual(1);
    // Everything is in a group or in none, once.
    const all = [...members, ...report.direct].map((of) => of.name);
    expect(new Set(all).size).toBe(all.length);
  },
);

describe('can it be passed through alone?', () => {
  const capture = 'x86-vtd-p2p-k7.3';

  test('yes, when nothing else is in its group', () => {
    expect(answer(capture, '00:06.0')).toMatchObject({
      device: '0000:00:06.0',
      alone: true,
      with: [],
      bridges: [],
      changes: [],
    });
  });

  test('no, when a bridge sends for it and others; the bridge does not count', () => {
    const { alone, with: others, bridges, reasons, changes } = answer(capture, '03:03.0');
    expect({ alone, others, bridges }).toEqual({
      alone: false,
      others: ['0000:03:04.0'],
      bridges: ['0000:02:00.0'],
    });
    expect(reasons.join()).toContain('by whose requester ID the IOMMU knows it');
    expect(changes).toEqual([
      'a slot that is not below the bridge that gives its own ID (0000:02:00.0)',
    ]);
  });

  test('functions of one slot of conventional PCI go together, each way out once', () => {
    const { alone, changes, with: others } = answer(capture, '00:1f.2');
    expect({ alone, others }).toEqual({
      alone: false,
      others: ['0000:00:1f.0', '0000:00:1f.3'],
    });
    expect(changes).toEqual([expect.stringMatching(/all functions of the slot together/)]);
  });

  test('of several, what is to be said of all comes once', () => {
    const { report } = shown(capture, '8086:100e');
    const lines = groupsText(report, 'v7.3', { width: 400 });
    const times = (text: string) => lines.filter((line) => line.includes(text)).length;
    expect(times('Can it be passed through alone?')).toBe(3);
    expect(times('What else to know')).toBe(1);
    expect(times('- no reset is seen')).toBe(1);
    expect(times('- 0000:01:01.0, 0000:01:02.0: a slot that is not below')).toBe(1);
    expect(times('- 0000:03:03.0: a slot that is not below')).toBe(1);
    expect(times('what shares its group would have to go with it')).toBe(1);
  });

  test('a virtual function has the IDs that its physical one gives it', () => {
    const { groups } = shown('x86-amdvi-sriov-k7.3').report;
    const members = groups.flatMap(({ devices }) => devices);
    // 82576 of Intel, and its virtual functions.
    expect(members.find(({ name }) => name === '0000:01:00.0')?.ids).toBe('8086:10c9');
    expect(members.find(({ name }) => name === '0000:01:10.0')).toMatchObject({
      ids: '8086:10ca',
      kind: 'virtual function',
    });
  });

  test('no, for a bridge and for what no IOMMU has', () => {
    expect(answer(capture, '02:00.0').reasons[0]).toMatch(/^it is a bridge/);
    const none = answer('x86-vtd-iommuoff-k6.12', '00:02.0');
    expect(none).toMatchObject({ alone: false, group: null });
    expect(none.changes).toEqual(['a kernel command line without iommu=off']);
  });

  test('a port that isolates is below none: a kernel that enables ACS in time separates', () => {
    const device = '0000:01:10.2';
    const [old, newer] = ['v6.12', 'v7.3'].map((kernel) =>
      answer('a64-dt-smmu-sriov-k6.12', device, kernel),
    );
    expect(old?.alone).toBe(false);
    expect(newer?.alone).toBe(true);
  });

  test.each([
    ['x86-dmar-rmrr-k7.3', '03:00.0', /DMAR: RMRR at 0x3fff0000\): Linux gives/],
    ['x86-ivrs-ivmd-unity-k7.3', '03:00.0', /IVRS: IVMD at 0x3fff0000\): Linux from v6\.6 on/],
    ['dtb-resv-direct-k7.3', '/virtio_mmio@a000000', /fb@7e000000: iommu-addresses\)/],
  ])('no, when firmware wants memory mapped for it: %s', (capture, device, reason) => {
    const { alone, reasons } = answer(capture, device);
    expect(alone).toBe(false);
    expect(reasons.join()).toMatch(reason);
  });

  test.each([
    // The memory is another device's, and a hole is no mapping.
    ['x86-dmar-rmrr-k7.3', '02:00.0'],
    ['dtb-resv-direct-k7.3', '/virtio_mmio@a000200'],
  ])('reserved memory stands in the way of nobody else: %s', (capture, device) => {
    expect(answer(capture, device).reasons.join()).not.toContain('firmware wants');
  });
});

test.each(['x86-vtd-p2p-k7.3', 'a64-dt-smmu-rp-k6.12', 'x86-ivrs-ivmd-unity-k7.3'])(
  'of one device of %s the answer is the same as among all',
  (name) => {
    const capture = parseCapture(answersOf(name));
    const design = nearestRelease(capture.release);
    const { machine, config, options } = asCaptured(machineOf(name), capture, design, nothing);
    const explainer = explainerOf(machine, design, config, options);
    const report = groupsOf(machine, design, config, options, null, machine.devices);
    expect(report.passthrough.some(({ alone }) => alone)).toBe(true);
    expect(report.passthrough.some(({ alone }) => !alone)).toBe(true);
    for (const [i, of] of machine.devices.entries()) {
      const { answer, members } = companyOf(machine, explainer, config, of);
      const group = report.groups.find(({ id }) => id === answer.group);
      expect(answer).toEqual(report.passthrough[i]);
      expect(members).toEqual(group?.devices ?? []);
    }
  },
);
