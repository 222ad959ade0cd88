import { describe, expect, test } from 'vitest';
import { parseCapture, type Verification } from '../../../src/machine/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { FormatError } from '../../../src/util/index.ts';
import { answersOf, verificationOf } from './packed-captures.ts';

/** The answers in a capture, changed, against the prediction for its machine. */
function verified(name: string, change: (answers: Answers) => void): Verification {
  const answers: Answers = JSON.parse(answersOf(name));
  change(answers);
  return verificationOf(name, JSON.stringify(answers));
}

interface Answers {
  kernel: string;
  cmdline: string;
  guest_uptime_at_final: string;
  steps?: string[];
  groups: Record<string, { type: string; devices: string[] }>;
  deferred: { device: string; reason?: string }[];
  devices: {
    name: string;
    iommu?: string | undefined;
    group?: string | undefined;
    driver?: string;
  }[];
  fwspec_ids: Record<string, string[]>;
  configure_calls: { t?: number; fn: string; dev: string; ret: number | null }[];
  snapshots?: Record<string, { groups: Answers['groups'] }>;
}

function device({ devices }: Answers, name: string): Answers['devices'][number] {
  const found = devices.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe('an answer that is not the prediction is told', () => {
  const name = 'dtb-plat-two-k6.12';
  const endpoint = 'a000000.virtio_mmio';
  const other = 'a000200.virtio_mmio';

  test.each<[string, (answers: Answers) => void, object[]]>([
    [
      'another ID',
      (answers) => {
        answers.fwspec_ids[endpoint] = ['0x1'];
      },
      [{ device: endpoint, field: 'ids', predicted: ['0x8000'], observed: ['0x1'] }],
    ],
    [
      'no group',
      (answers) => {
        const of = device(answers, endpoint);
        of.group = undefined;
        of.iommu = undefined;
      },
      [
        { device: endpoint, field: 'iommu', predicted: '9050000.smmuv3', observed: null },
        { device: endpoint, field: 'group', predicted: [endpoint], observed: null },
        { device: endpoint, field: 'domain', predicted: 'DMA', observed: null },
      ],
    ],
    [
      'a device that waits',
      (answers) => {
        answers.deferred.push({ device: endpoint });
      },
      [{ device: endpoint, field: 'deferred', predicted: false, observed: true }],
    ],
    [
      'the group of another device',
      (answers) => {
        const peer = device(answers, other);
        device(answers, endpoint).group = peer.group;
      },
      [endpoint, other].map((of) => ({
        device: of,
        field: 'group',
        predicted: [of],
        observed: [endpoint, other],
      })),
    ],
    [
      'another domain, because the command line asked for it',
      (answers) => {
        answers.cmdline += ' iommu.passthrough=1';
        answers.devices = [device(answers, endpoint)];
      },
      [{ device: endpoint, field: 'domain', predicted: 'identity', observed: 'DMA' }],
    ],
    [
      'a device that firmware does not have',
      (answers) => {
        answers.devices.push({ ...device(answers, endpoint), name: '0000:7f:00.0' });
        answers.devices = answers.devices.slice(-1);
      },
      [{ device: '0000:7f:00.0', field: 'device', predicted: 'absent', observed: 'present' }],
    ],
  ])('%s', (_what, change, disagree) => {
    const verification = verified(name, change);
    expect(verification.disagree).toEqual(disagree);
    const concerned = new Set(verification.disagree.map((of) => of.device));
    expect(verification.agree).toBe(verification.devices - concerned.size);
    for (const { field, compared, agree } of verification.fields)
      expect([field, compared - agree]).toEqual([
        field,
        verification.disagree.filter((of) => of.field === field).length,
      ]);
  });

  test('what the last call of a function returned', () => {
    const { disagree } = verified('dtb-map-partial-k6.12', (answers) => {
      answers.configure_calls.push({ fn: 'of_iommu_configure', dev: '0000:01:00.0', ret: -22 });
    });
    expect(disagree).toEqual([
      {
        device: '0000:01:00.0',
        field: 'calls',
        predicted: null,
        observed: 'of_iommu_configure() returns -22',
      },
    ]);
  });
});

describe('of calls in a trace', () => {
  const call = { fn: 'of_iommu_configure', dev: 'a000000.virtio_mmio' };
  /** The calls that a trace shows, as far as they are not what is predicted. */
  function wrong(...calls: object[]): unknown[] {
    const { disagree } = verified('dtb-plat-two-k6.12', (answers) => {
      answers.configure_calls = calls as Answers['configure_calls'];
    });
    return disagree.map(({ observed }) => observed);
  }

  test('those that it does not show are not compared', () => {
    expect(wrong()).toEqual([]);
  });

  test('the one that was repeated last counts', () => {
    const wait = { ...call, t: 1, ret: -22, n: 2 };
    const success = { ...call, t: 2, ret: 0 };
    expect(wrong(wait, success)).toEqual([]);
    expect(wrong({ ...wait, last_t: 3 }, success)).toEqual(['of_iommu_configure() returns -22']);
  });

  test('those for a device that was plugged in do not count', () => {
    const probe = { ...call, fn: 'iommu_probe_device', ret: -22 };
    expect(wrong({ ...probe, caller: 'of_iommu_configure' })).toHaveLength(1);
    expect(wrong({ ...probe, caller: 'iommu_bus_notifier' })).toEqual([]);
  });
});

test('a device that a device link holds back is not asked about again', () => {
  const disagreements = (reason: string): readonly unknown[] =>
    verified('dtb-unknown-iommu-k6.12', (answers) => {
      const [waiting] = answers.deferred;
      if (waiting === undefined) throw new Error('nobody waits');
      answers.deferred[0] = { ...waiting, reason };
      answers.configure_calls.push({ fn: 'of_iommu_configure', dev: waiting.device, ret: 0 });
    }).disagree;
  expect(disagreements('')).toHaveLength(1);
  expect(disagreements('pci: supplier 9050000.iommu not ready')).toEqual([]);
});

test('numbers of groups mean nothing', () => {
  const { disagree } = verified('a64-dt-smmu-rp-k6.12', (answers) => {
    answers.groups = Object.fromEntries(
      Object.entries(answers.groups).map(([id, group]) => [`9${id}`, group]),
    );
    for (const of of answers.devices) if (of.group !== undefined) of.group = `9${of.group}`;
  });
  expect(disagree).toEqual([]);
});

test('who still waited after the time-out is -ETIMEDOUT and deferred no longer', () => {
  const { disagree } = verified('dtb-unknown-iommu-k6.12', (answers) => {
    answers.guest_uptime_at_final = '60.0';
  });
  expect(disagree.length).toBeGreaterThan(0);
  expect(new Set(disagree.map(({ field, predicted }) => `${field} ${predicted}`))).toEqual(
    new Set(['deferred false', 'calls of_iommu_configure() returns -110']),
  );
});

describe('agreement says nothing', () => {
  const nothing = (): void => {};
  test.each<[what: string, capture: string, change: (answers: Answers) => void, vacuous: boolean]>([
    ['where there is no IOMMU', 'a64-dt-none-k6.12', nothing, true],
    ['on ACPI, too', 'a64-acpi-none-k7.3', nothing, true],
    ['but it does where there is one', 'a64-dt-smmu-rp-k6.12', nothing, false],
    ['or one that is disabled', 'dtb-smmu-disabled-k6.12', nothing, false],
    ['or one whose driver never comes', 'a64-dt-viommu-never-k6.12', nothing, false],
    [
      'or where the kernel has a group',
      'a64-dt-none-k6.12',
      (answers) => {
        device(answers, 'psci').group = '0';
        answers.groups['0'] = { type: 'DMA', devices: ['psci'] };
      },
      false,
    ],
  ])('%s', (_what, capture, change, vacuous) => {
    expect(verified(capture, change).vacuous).toBe(vacuous);
  });
});

test.each([
  ['5.10.0', 'v6.1'],
  ['6.1.0-56-arm64', 'v6.1'],
  ['6.6.9', 'v6.1'],
  ['6.7.12', 'v6.7'],
  ['6.11.4', 'v6.8'],
  ['6.12.107+deb13-arm64', 'v6.12'],
  ['7.3.4+deb13-arm64', 'v7.3'],
  ['8.0.0-rc1', 'v7.3'],
])('%s is nearest to %s', (release, kernel) => {
  expect(nearestRelease(release).name).toBe(kernel);
});

test.each([
  ['nothing', '', 'capture'],
  ['a list', '[]', 'capture'],
  ['no kernel', '{}', 'kernel'],
  ['a group that is not there', answersWith({ groups: {} }), 'groups\\.0'],
  ['devices that are text', answersWith({ devices: 'none' }), 'devices'],
  [
    'a device without a bus, the second',
    answersWith({ devices: [{ name: 'a', bus: 'platform' }, { name: 'b' }] }),
    'devices\\[1\\]\\.bus',
  ],
])('%s is one clear error', (_what, text, field) => {
  expect(() => parseCapture(text)).toThrow(FormatError);
  expect(() => parseCapture(text)).toThrow(new RegExp(`^${field}: expected `));
});

function answersWith(changes: object): string {
  return JSON.stringify({ ...JSON.parse(answersOf('a64-dt-smmu-rp-k6.12')), ...changes });
}
