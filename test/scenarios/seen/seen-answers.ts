// Captures whose answers are changed, and what is made of the difference.
import { expect } from 'vitest';
import { replay } from '../../../src/explore/index.ts';
import {
  parseCapture,
  type Verification,
  verify,
  type WholeCapture,
} from '../../../src/machine/index.ts';
import {
  decodeToken,
  programOf,
  type Races,
  racesOf,
  scenarioOf,
  unexcused,
} from '../../../src/scenarios/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { answersOf, machineOf } from '../../machine/capture/packed-captures.ts';

export interface Answers {
  steps: string[];
  groups: Record<string, { type: string; devices: string[] }>;
  iommus: Record<string, { path: string; devices: string[] }>;
  deferred: { device: string; reason?: string }[];
  devices: { name: string; bus?: string; iommu?: string; group?: string; driver?: string }[];
  fwspec_ids: Record<string, string[]>;
  configure_calls: { t?: number; fn: string; dev: string | null; ret: number | null }[];
  snapshots?: Record<string, { groups: Answers['groups'] }>;
  iommu_dmesg: string[];
  guest_uptime_at_final: string;
}

export interface Judged {
  readonly capture: WholeCapture;
  readonly verification: Verification;
  readonly races: Races;
}

/** The answers in a capture, changed, and what is made of the difference. */
export function judged(name: string, change: (answers: Answers) => void, most?: number): Judged {
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

export function deviceIn({ devices }: Answers, name: string): Answers['devices'][number] {
  const found = devices.find((device) => device.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** They work without an IOMMU; of what was asked about them the trace has what it shows of that. */
export function loses(answers: Answers, ...names: string[]): void {
  for (const name of names) {
    const device = deviceIn(answers, name);
    delete device.group;
    delete device.iommu;
    delete answers.fwspec_ids?.[name];
    answers.configure_calls = answers.configure_calls?.filter(
      ({ dev, ret }) => dev !== name || ret === -517,
    );
  }
}

/** They wait for ever. */
export function waits(answers: Answers, name: string): void {
  loses(answers, name);
  delete deviceIn(answers, name).driver;
  answers.deferred.push({ device: name });
}

/** The kernel gave it up, says its log, and its IOMMU came all the same. */
export function isGivenUp(answers: Answers, name: string): void {
  loses(answers, name);
  answers.iommu_dmesg.push(`[9.1] pci ${name}: deferred probe timeout, ignoring dependency`);
}

export type Change = (answers: Answers) => void;

export function lost(...names: string[]): Change {
  return (answers) => loses(answers, ...names);
}

const direct = 'device works without its IOMMU';
export const late: string = `${direct}: the deferral time-out went first`;

/** The machine, what happened to which devices, the scenario that gives it, and how it is called. */
type Row = readonly [string, readonly string[], Change, string, string];

export const quickRows: readonly Row[] = [
  ['a64-dt-smmu-flat-k6.12', ['0000:00:02.0'], lost('0000:00:02.0'), 'cover-letter', direct],
  ['a64-acpi-smmu-rp-k6.1', ['0000:03:00.0'], lost('0000:03:00.0'), 'bind-iort', direct],
  ['a64-acpi-viommu-plain-late-k6.12', ['0000:00:02.0'], lost('0000:00:02.0'), 'bind-viot', direct],
  ['iort-named-k6.1', ['LNRO0005:00'], lost('LNRO0005:00'), 'bind-iort', direct],
  [
    'dtb-plat-two-k6.12',
    ['a000000.virtio_mmio'],
    lost('a000000.virtio_mmio'),
    'cover-letter',
    direct,
  ],
  [
    'a64-dt-viommu-plain-late-k6.12',
    ['0000:00:02.0'],
    (answers) => isGivenUp(answers, '0000:00:02.0'),
    'deferral-timeout',
    late,
  ],
];

export const slowRows: readonly Row[] = [
  ['a64-dt-smmu-flat-k6.1', ['0000:00:02.0'], lost('0000:00:02.0'), 'cover-letter', direct],
  [
    'a64-acpi-viommu-plain-late-k7.3',
    ['0000:00:02.0', '0000:00:03.0'],
    lost('0000:00:02.0', '0000:00:03.0'),
    'bind-viot',
    direct,
  ],
  [
    'a64-acpi-smmu-rp-k6.12',
    ['0000:01:00.0', '0000:03:00.0'],
    lost('0000:01:00.0', '0000:03:00.0'),
    'bind-iort',
    direct,
  ],
  ['a64-dt-viommu-late-k6.12', ['0000:00:03.0'], lost('0000:00:03.0'), 'cover-letter', direct],
  ['x86-viommu-late-k7.3', ['0000:00:03.0'], lost('0000:00:03.0'), 'bind-viot', direct],
  [
    'dtb-v2-plain-k6.12',
    ['a000000.virtio_mmio'],
    lost('a000000.virtio_mmio'),
    'cover-letter',
    direct,
  ],
  [
    'a64-dt-smmu-flat-k7.3',
    ['0000:00:02.0'],
    (answers) => isGivenUp(answers, '0000:00:02.0'),
    'deferral-timeout',
    late,
  ],
  [
    'dtb-v2-two-iommus-one-dev-k6.1',
    ['a000000.virtio_mmio'],
    ({ fwspec_ids }) => fwspec_ids['a000000.virtio_mmio']?.pop(),
    'two-iommus',
    'driver probes a device whose description is not complete',
  ],
];

/** All of a capture that differs raced, with a token that shows it again. */
export function expectRaced(...[name, devices, change, scenario, title]: Row): void {
  const { races, verification, capture } = judged(name, change);
  expect(new Set(verification.disagree.map((row) => row.device))).toEqual(new Set(devices));
  expect(races.sought).toEqual([]);
  expect(races.raced.map((raced) => raced.device).toSorted()).toEqual(devices);
  for (const raced of races.raced) {
    expect(raced).toMatchObject({ title, witness: { scenario } });
    expect(raced.witness?.preemptions).toBeLessThanOrEqual(2);
    const { config, shape, schedule, ...what } = decodeToken(raced.witness?.token ?? '');
    const design = nearestRelease(capture.release);
    expect(what.kernel).toBe(design.name);
    const program = programOf(unexcused(scenarioOf(what.scenario)), design, config, shape);
    const { failures } = replay(program, schedule);
    expect(failures.map((failure) => failure.title)).toContain(title.split(': the')[0]);
  }
}
