// Differences that are nobody's mistake: what was done by hand after the boot, what the tracer lost.
import { describe, expect, test } from 'vitest';
import type { Verification } from '../../../src/machine/index.ts';
import { answersOf, verificationOf } from './packed-captures.ts';

interface Answers {
  steps?: string[];
  groups: Record<string, { type: string; devices: string[] }>;
  iommus: Record<string, { path: string; devices: string[] }>;
  deferred: { device: string }[];
  devices: {
    name: string;
    iommu?: string | undefined;
    group?: string | undefined;
    driver?: string | undefined;
  }[];
  fwspec_ids: Record<string, string[]>;
  configure_calls: { t?: number; fn: string; dev: string; ret: number | null }[];
  iommu_dmesg: string[];
  snapshots?: Record<string, { groups: Answers['groups'] }>;
}

/** The answers in a capture, changed, against the prediction for its machine. */
function verified(name: string, change: (answers: Answers) => void): Verification {
  const answers: Answers = JSON.parse(answersOf(name));
  change(answers);
  return verificationOf(name, JSON.stringify(answers));
}

function device({ devices }: Answers, name: string): Answers['devices'][number] {
  const found = devices.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe('what is nobody’s mistake is told apart', () => {
  const name = 'a64-dt-smmu-rp-k6.12';
  const members = ['0000:00:03.0', '0000:03:00.0'];

  /** The type of the group of both, which is 1. */
  function typed(type: string, change: (answers: Answers) => void = () => {}): Verification {
    return verified(name, (answers) => {
      const group = answers.groups[device(answers, '0000:00:03.0').group ?? ''];
      if (group === undefined) throw new Error('no group');
      change(answers);
      group.type = type;
    });
  }

  test.each<[string, string, (answers: Answers) => void]>([
    [
      'a step that names a device',
      'identity',
      ({ steps }) => steps?.splice(-1, 0, '3.0 type=0000:03:00.0@identity'),
    ],
    [
      'a step that names the file',
      'identity',
      ({ steps }) => steps?.splice(-1, 0, '3.0 echo identity > /sys/kernel/iommu_groups/1/type'),
    ],
    [
      'a snapshot from before',
      'identity',
      (answers) => {
        answers.snapshots = { before: { groups: structuredClone(answers.groups) } };
      },
    ],
    ['a kernel that said it is strict', 'DMA-FQ', () => {}],
  ])('a type that was written, by %s', (_what, type, change) => {
    const { aside, disagree, agree, devices } = typed(type, change);
    expect(disagree).toEqual([]);
    expect(aside).toMatchObject(
      members.map((of) => ({ device: of, field: 'domain', observed: type, why: 'done by hand' })),
    );
    expect(agree).toBe(devices - members.length);
  });

  test.each<[string, (answers: Answers) => void]>([
    ['nothing', () => {}],
    [
      'a step that failed',
      ({ steps }) => {
        steps?.splice(
          -1,
          0,
          '3.0 type=0000:03:00.0@identity',
          '3.1 step type=0000:03:00.0@identity failed',
        );
      },
    ],
    [
      'a step for another device',
      ({ steps }) => steps?.splice(-1, 0, '3.0 type=0000:02:00.0@identity'),
    ],
    [
      'a step for another type',
      ({ steps }) => steps?.splice(-1, 0, '3.0 type=0000:03:00.0@DMA-FQ'),
    ],
  ])('not a type of which %s tells', (_what, change) => {
    const { aside, disagree } = typed('identity', change);
    expect(aside).toEqual([]);
    expect(disagree.map((row) => row.device)).toEqual(members);
  });

  test('a return that the tracer lost, after which a driver came', () => {
    const late = { t: 99, fn: 'of_iommu_configure', dev: '0000:03:00.0', ret: -517 };
    const bound = verified(name, ({ configure_calls }) => configure_calls.push(late));
    expect(bound.disagree).toEqual([]);
    expect(bound.aside).toMatchObject([{ device: late.dev, why: 'lost by the tracer' }]);

    const waits = verified(name, (answers) => {
      answers.configure_calls.push(late);
      delete device(answers, late.dev).driver;
      answers.deferred.push({ device: late.dev });
    });
    expect(waits.aside).toEqual([]);
    expect(waits.disagree.map(({ field }) => field)).toContain('calls');
  });

  test('a return that the tracer lost of a device that is refused an IOMMU, too', () => {
    const late = { t: 99, fn: 'of_iommu_configure', dev: '0000:00:01.0', ret: -517 };
    const { aside, disagree } = verified('dtb-map-mask-overlap-k6.12', (answers) => {
      expect(device(answers, late.dev)).not.toHaveProperty('group');
      answers.configure_calls.push(late);
    });
    expect(disagree).toEqual([]);
    expect(aside).toMatchObject([{ device: late.dev, why: 'lost by the tracer' }]);
  });

  test('but not of a device that lacks its IOMMU: -ENODEV may have followed', () => {
    const late = { t: 99, fn: 'of_iommu_configure', dev: '0000:03:00.0', ret: -517 };
    const { aside, disagree } = verified(name, (answers) => {
      answers.configure_calls.push(late);
      delete device(answers, late.dev).iommu;
      delete device(answers, late.dev).group;
    });
    expect(aside).toEqual([]);
    expect(disagree.filter((row) => row.device === late.dev).map(({ field }) => field)).toEqual(
      expect.arrayContaining(['iommu', 'group', 'calls']),
    );
  });

  describe('a driver that was taken or given by hand', () => {
    const given = 'a64-dt-viommu-expired-late-k6.12';
    const of = '0000:00:03.0';

    /** It works without its IOMMU, which came too late; now it has it all the same. */
    function regained(change: (answers: Answers) => void): Verification {
      return verified(given, (answers) => {
        answers.groups['9'] = { type: 'DMA', devices: [of] };
        Object.assign(device(answers, of), { group: '9', iommu: Object.keys(answers.iommus)[0] });
        change(answers);
      });
    }

    test.each<[string, (answers: Answers) => void]>([
      [
        'steps that name the device',
        ({ steps }) => steps?.splice(-1, 0, `50 unbind=${of}`, `51 bind=${of}@e1000e`),
      ],
      [
        'steps that name its files',
        ({ steps }) => steps?.splice(-1, 0, `50 echo ${of} > /sys/bus/pci/drivers/e1000e/bind`),
      ],
      [
        'a kernel log in which it was given up before it came into its group',
        ({ iommu_dmesg }) => iommu_dmesg.push(`[99.1] e1000e ${of}: Adding to iommu group 9`),
      ],
    ])('is told by %s', (_what, change) => {
      const { aside, disagree } = regained(change);
      expect(disagree).toEqual([]);
      expect(new Set(aside.map(({ device, why }) => `${device} ${why}`))).toEqual(
        new Set([`${of} done by hand`]),
      );
    });

    test.each<[string, (answers: Answers) => void]>([
      ['nothing', () => {}],
      [
        'steps that failed',
        ({ steps }) => steps?.splice(-1, 0, `50 bind=${of}`, `51 step bind=${of} failed: no`),
      ],
      ['steps for another device', ({ steps }) => steps?.splice(-1, 0, '50 bind=0000:00:02.0')],
      ['steps that only name it', ({ steps }) => steps?.splice(-1, 0, `50 show=${of}`)],
    ])('is not told by %s', (_what, change) => {
      const { aside, disagree } = regained(change);
      expect(aside).toEqual([]);
      expect(disagree.map(({ field }) => field)).toContain('group');
    });

    test.each([
      ['dtb-plat-two-k6.12', '0000:01:00.0'],
      ['a64-acpi-smmu-rp-k6.1', '0000:03:00.0'],
    ])('leaves its device in its group, whatever its name: %s %s', (machine, client) => {
      const { aside, disagree, agree, devices } = verified(machine, (answers) => {
        expect(device(answers, client).driver).toBe('e1000e');
        answers.iommu_dmesg.push(`[3.1] e1000e ${client}: Adding to iommu group 5`);
        Object.assign(answers, JSON.parse(JSON.stringify(answers).replaceAll('e1000e', 'mystery')));
        delete device(answers, client).driver;
      });
      expect([...aside, ...disagree]).toEqual([]);
      expect(agree).toBe(devices);
    });

    test('has made way for one that hands the device on', () => {
      const { aside, disagree, agree, devices } = verified('a64-dt-smmu-p2p-k6.12', (answers) => {
        device(answers, '0000:03:04.0').driver = 'vfio-pci';
        answers.iommu_dmesg.push('[1.3] virtio-pci 0000:03:04.0: Adding to iommu group 1');
      });
      expect([...aside, ...disagree]).toEqual([]);
      expect(agree).toBe(devices);
    });

    test('does not give it another ID, another IOMMU, or another device to share with', () => {
      const { disagree, aside } = verified(name, (answers) => {
        const client = device(answers, '0000:03:00.0');
        answers.steps?.splice(-1, 0, `50 unbind=${client.name}`, `51 bind=${client.name}`);
        answers.fwspec_ids[client.name] = ['0x7777'];
        answers.iommus.other = { path: 'devices/platform/other/iommu/other', devices: [] };
        client.iommu = 'other';
      });
      expect(aside).toEqual([]);
      expect(disagree.map(({ field }) => field)).toEqual(['iommu', 'ids']);
    });
  });

  test('a return that is missing from its row says nothing of the call, nor does an earlier one', () => {
    const { disagree, aside } = verified(name, ({ configure_calls }) => {
      const fn = 'of_iommu_configure';
      configure_calls.push({ t: 98, fn, dev: '0000:03:00.0', ret: -22 });
      configure_calls.push({ t: 99, fn, dev: '0000:03:00.0', ret: null });
    });
    expect([...disagree, ...aside]).toEqual([]);
  });
});
