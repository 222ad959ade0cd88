// Real answers that no boot in order gives: whether an order of events does.
import { describe, expect, test } from 'vitest';
import {
  type Answers,
  type Change,
  deviceIn,
  expectRaced,
  judged,
  loses,
  lost,
  quickRows,
  waits,
} from './seen-answers.ts';

describe('a device that has lost something raced where the kernel has an order for it', () => {
  test.each(quickRows)('%s %s', expectRaced);
});

test('whoever takes the stream that a device lost goes with it', () => {
  const [first, second] = ['0000:01:01.0', '0000:01:02.0'];
  const { races } = judged('a64-acpi-smmu-p2p-k6.1', (answers) => {
    const { group, iommu } = deviceIn(answers, first);
    loses(answers, first);
    Object.assign(deviceIn(answers, second), { group, iommu });
    answers.configure_calls = answers.configure_calls.filter(({ dev }) => dev !== second);
  });
  expect(races.raced.map(({ device, witness }) => [device, witness === null])).toEqual([
    [first, false],
    ['0000:00:04.0', true],
    [second, true],
  ]);
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

/** A device of those that the time-out let go has its IOMMU, and the log says since when. */
function keeps(answers: Answers, name: string, group: string, time: string): void {
  Object.assign(deviceIn(answers, name), { iommu: 'smmu3.0x0000000009050000', group });
  answers.groups[group] ??= { type: 'DMA', devices: [] };
  answers.groups[group].devices.push(name);
  answers.fwspec_ids[name] = ['0x8'];
  answers.configure_calls = answers.configure_calls.filter(({ dev }) => dev !== name);
  answers.iommu_dmesg = answers.iommu_dmesg.filter((line) => !line.includes(` ${name}: `));
  answers.iommu_dmesg.push(`[${time}] virtio-pci ${name}: Adding to iommu group ${group}`);
}

describe('who is tried before its IOMMU at the time-out is a matter of order, too', () => {
  const name = 'dtb-late-smmu-timeout3-k6.12';
  const device = '0000:00:01.0';

  test('a device that is predicted to go without raced', () => {
    const { races } = judged(name, (answers) => keeps(answers, device, '9', '5.49'));
    expect(races.raced.map((of) => [of.device, of.witness])).toEqual([[device, null]]);
  });

  test('and whoever has it in its group goes with it', () => {
    const { races, verification } = judged(name, (answers) => keeps(answers, device, '1', '5.49'));
    const told = races.raced.map((of) => of.device);
    expect(told).toEqual([device, '0000:00:02.0']);
    expect(new Set(verification.disagree.map((row) => row.device))).toEqual(new Set(told));
  });

  test('one that had its IOMMU before the time had run out did not', () => {
    const { races } = judged(name, (answers) => keeps(answers, device, '9', '2.49'));
    expect(races.raced).toEqual([]);
  });

  test('nor did one that has the ID of another', () => {
    const { races } = judged(name, (answers) => {
      keeps(answers, device, '9', '5.49');
      answers.fwspec_ids[device] = ['0x9'];
    });
    expect(races.raced).toEqual([]);
  });
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
      'a group without a domain',
      (answers) => {
        const { group = '' } = deviceIn(answers, endpoint);
        (answers.groups[group] as { type: string }).type = 'unknown';
      },
    ],
    [
      'a group without an IOMMU',
      (answers) => {
        delete deviceIn(answers, endpoint).iommu;
        delete answers.fwspec_ids[endpoint];
      },
    ],
    [
      'one ID more',
      (answers) => {
        answers.fwspec_ids[endpoint]?.push('0x7777');
      },
    ],
    [
      'another IOMMU',
      (answers) => {
        answers.iommus.other = { path: 'devices/platform/other/iommu/other', devices: [] };
        deviceIn(answers, endpoint).iommu = 'other';
      },
    ],
    [
      'a device that firmware does not have',
      (answers) => {
        answers.devices.push({ name: '0000:7f:00.0', bus: 'pci', group: '0' });
      },
    ],
    [
      'a device that shares with everybody',
      ({ devices }) => {
        for (const device of devices) if (device.group !== undefined) device.group = '0';
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
      waits(answers, endpoint);
    });
    expect(races.raced).toEqual([]);
    expect(races.sought).toMatchObject([{ device: endpoint, complete: true }]);
  });

  test.each<[string, string, Change]>([
    ['a64-dt-smmu-flat-k7.3', '0000:00:02.0', lost('0000:00:02.0')],
    ['a64-acpi-smmu-rp-k7.3', '0000:01:00.0', (answers) => waits(answers, '0000:01:00.0')],
    [
      'dtb-v2-two-iommus-one-dev-k6.12',
      endpoint,
      ({ fwspec_ids }) => fwspec_ids[endpoint]?.splice(1),
    ],
  ])('what no order of another kernel gives: %s %s', (machine, device, change) => {
    const { races } = judged(machine, change);
    expect(races.raced).toEqual([]);
    expect(races.sought).toMatchObject([{ device, complete: true }]);
  });

  test.each([
    ['x86-vtd-rp-k6.1', '0000:00:02.0'],
    ['x86-amdvi-rp-k6.12', '0000:00:02.0'],
  ])('a device whose IOMMU is there before any driver comes: %s', (machine, device) => {
    const { races, verification } = judged(machine, lost(device));
    expect(verification.disagree).not.toEqual([]);
    expect(races).toEqual({ raced: [], sought: [] });
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

test.each([
  ['before', -1e-4, ['iort_iommu_configure_id', 'iommu_device_register']],
  ['after', 1e-4, ['iommu_device_register', 'iort_iommu_configure_id']],
])(
  'the witness is one that goes as the trace does: asked %s its IOMMU had registered',
  (_when, by, expected) => {
    const { races } = judged('a64-acpi-smmu-rp-k6.1', (answers) => {
      const device = '0000:03:00.0';
      loses(answers, device);
      const calls = answers.configure_calls;
      const registered = calls.find(({ fn }) => fn === 'iommu_device_register');
      const t = (registered?.t ?? Number.NaN) + by;
      calls.push({ t, fn: 'iort_iommu_configure_id', dev: device, ret: 0 });
    });
    const order = races.raced[0]?.witness?.order ?? [];
    const both = order.filter(({ witness, time }) => witness && time !== null);
    expect(both.map((row) => row.function)).toEqual(expected);
    expect(order.filter(({ witness }) => !witness)).toEqual([]);
  },
);

test.each<[string, string, string, RegExp | null]>([
  [
    'long after',
    '9.0',
    'e1000e',
    /its driver was loaded 8\.\d s after the last IOMMU had registered/,
  ],
  ['before', '0.1', 'e1000e', null],
  ['as another driver is', '9.0', 'nvme', null],
])('that a driver is loaded %s speaks against a race, or not', (_when, time, module, expected) => {
  const device = '0000:03:00.0';
  const { races } = judged('a64-acpi-smmu-rp-k6.1', (answers) => {
    loses(answers, device);
    expect(deviceIn(answers, device).driver).toBe('e1000e');
    answers.steps = [`${time} load ${module}`];
  });
  const cause = races.raced[0]?.cause ?? '';
  if (expected === null) expect(cause).not.toContain('speak against');
  else expect(cause).toMatch(expected);
});
