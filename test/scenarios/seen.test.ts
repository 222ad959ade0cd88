// Real answers that no boot in order gives: whether an order of events does.
import { describe, expect, test } from 'vitest';
import { replay } from '../../src/explore/index.ts';
import {
  parseCapture,
  type Verification,
  verify,
  type WholeCapture,
} from '../../src/machine/index.ts';
import {
  decodeToken,
  programOf,
  type Races,
  racesOf,
  scenarioOf,
} from '../../src/scenarios/index.ts';
import { nearestRelease } from '../../src/series/index.ts';
import { answersOf, machineOf } from '../machine/packed-captures.ts';

interface Answers {
  steps: string[];
  groups: Record<string, { type: string; devices: string[] }>;
  iommus: Record<string, { devices: string[] }>;
  deferred: { device: string; reason?: string }[];
  devices: { name: string; iommu?: string; group?: string; driver?: string }[];
  fwspec_ids: Record<string, string[]>;
  configure_calls: { t?: number; fn: string; dev: string | null; ret: number | null }[];
  snapshots?: Record<string, { groups: Answers['groups'] }>;
  iommu_dmesg: string[];
}

interface Judged {
  readonly capture: WholeCapture;
  readonly verification: Verification;
  readonly races: Races;
}

/** The answers in a capture, changed, and what is made of the difference. */
function judged(name: string, change: (answers: Answers) => void, most?: number): Judged {
  const answers: Answers = JSON.parse(answersOf(name));
  change(answers);
  const machine = machineOf(name);
  const capture = parseCapture(JSON.stringify(answers));
  const design = nearestRelease(capture.release);
  const asked = { kconfig: {}, cmdline: null };
  const verification = verify(machine, capture, design, asked);
  const races = racesOf({ machine, capture, design, asked }, verification, most);
  return { capture, verification, races };
}

function deviceIn({ devices }: Answers, name: string): Answers['devices'][number] {
  const found = devices.find((device) => device.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** It works without an IOMMU. */
function loses(answers: Answers, name: string): void {
  const device = deviceIn(answers, name);
  delete device.group;
  delete device.iommu;
  delete answers.fwspec_ids[name];
}

const direct = 'device works without its IOMMU';

describe('a device that lost its IOMMU raced where the kernel has an order for it', () => {
  test.each<[string, string, string]>([
    ['a64-dt-smmu-flat-k6.12', '0000:00:02.0', 'cover-letter'],
    ['a64-acpi-viommu-plain-late-k6.12', '0000:00:02.0', 'bind-viot'],
    ['a64-acpi-viommu-plain-k7.3', '0000:00:03.0', 'bind-viot'],
    ['a64-acpi-smmu-rp-k6.1', '0000:03:00.0', 'bind-iort'],
    ['dtb-plat-two-k6.12', 'a000000.virtio_mmio', 'cover-letter'],
  ])('%s, %s', (name, device, scenario) => {
    const { races, verification, capture } = judged(name, (answers) => loses(answers, device));
    expect(new Set(verification.disagree.map((row) => row.device))).toEqual(new Set([device]));
    const [raced, ...others] = races.raced;
    expect(others).toEqual([]);
    expect(raced).toMatchObject({ device, title: direct, witness: { scenario, preemptions: 1 } });
    expect(races.sought).toEqual([]);

    const { config, shape, schedule, ...what } = decodeToken(raced?.witness?.token ?? '');
    const design = nearestRelease(capture.release);
    expect(what.kernel).toBe(design.name);
    const program = programOf(scenarioOf(what.scenario), design, config, shape);
    const { failures } = replay(program, schedule);
    expect(failures.map(({ title }) => title)).toContain(direct);
  });
});

test('who would share the group of a device that raced is no mistake either', () => {
  const { races } = judged('a64-dt-smmu-rp-k6.12', (answers) => loses(answers, '0000:01:00.0'));
  const told = races.raced.map(({ device, witness }) => [device, witness === null]);
  expect(told).toEqual([
    ['0000:01:00.0', false],
    ['0000:00:02.0', true],
    ['0000:00:02.1', true],
    ['0000:02:00.0', true],
  ]);
});

describe('what no order gives remains a disagreement', () => {
  const name = 'dtb-plat-two-k6.12';
  const endpoint = 'a000000.virtio_mmio';

  test.each<[string, (answers: Answers) => void]>([
    [
      'another ID',
      (answers) => {
        answers.fwspec_ids[endpoint] = ['0x7777'];
      },
    ],
    [
      'the group of another device',
      (answers) => {
        const { group = '' } = deviceIn(answers, 'a000200.virtio_mmio');
        deviceIn(answers, endpoint).group = group;
      },
    ],
    [
      'another type of domain',
      (answers) => {
        const { group = '' } = deviceIn(answers, endpoint);
        (answers.groups[group] as { type: string }).type = 'identity';
      },
    ],
    [
      'an IOMMU that never registered',
      (answers) => {
        for (const { name: of, group } of [...answers.devices])
          if (group !== undefined) loses(answers, of);
        answers.iommus = {};
      },
    ],
    [
      'a reason that the kernel log has',
      (answers) => {
        loses(answers, endpoint);
        answers.iommu_dmesg.push(
          `[1.0] virtio-mmio ${endpoint}: Failed to add to iommu group 0: -22`,
        );
      },
    ],
    [
      'another last return',
      (answers) => {
        loses(answers, endpoint);
        const call = { t: 99, fn: 'of_iommu_configure', dev: endpoint, ret: -22 };
        answers.configure_calls.push(call);
      },
    ],
  ])('%s', (_what, change) => {
    const { races, verification } = judged(name, change);
    expect(verification.disagree).not.toEqual([]);
    expect(verification.aside).toEqual([]);
    expect(races.raced).toEqual([]);
  });

  test('a device that waits for ever, where all orders were looked at', () => {
    const { races } = judged(name, (answers) => {
      loses(answers, endpoint);
      delete deviceIn(answers, endpoint).driver;
      answers.deferred.push({ device: endpoint });
    });
    expect(races.raced).toEqual([]);
    expect(races.sought).toMatchObject([{ device: endpoint, complete: true }]);
  });

  test('a device on a kernel whose orders all give it its IOMMU', () => {
    const { races } = judged('a64-dt-smmu-flat-k7.3', (answers) => loses(answers, '0000:00:02.0'));
    expect(races.raced).toEqual([]);
    expect(races.sought).toMatchObject([{ device: '0000:00:02.0', complete: true }]);
  });

  test('a search that was cut short says so', () => {
    const { races } = judged(name, (answers) => loses(answers, endpoint), 2);
    expect(races.raced).toEqual([]);
    expect(races.sought).toMatchObject([{ device: endpoint, executions: 2, complete: false }]);
  });
});

test('the order of a witness stands beside that of the trace', () => {
  const name = 'a64-acpi-viommu-plain-late-k6.12';
  const device = '0000:00:02.0';
  const { races, capture } = judged(name, (answers) => loses(answers, device));
  const order = races.raced[0]?.witness?.order ?? [];
  const theirs = capture.trace.filter(
    ({ fn, device: of }) => of === device || fn === 'iommu_device_register',
  );
  const shown = order.flatMap(({ function: fn, returned, time }) =>
    time === null ? [] : [{ fn, returned, time }],
  );
  expect(shown).toEqual(theirs.map(({ fn, returned, time }) => ({ fn, returned, time })));
  expect(order.some(({ witness, time }) => witness && time !== null)).toBe(true);
  const hidden = order.filter(({ witness, time }) => witness && time === null);
  expect(hidden.map(({ returned }) => returned)).toContain(-19);
});
