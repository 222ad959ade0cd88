// What verify prints of a device that raced, of one that was changed by hand, and of partial answers.
import { describe, expect, test } from 'vitest';
import { answersIn, captureOf, verify } from '../../../src/machine/index.ts';
import { type VerifiedCapture, verifyText } from '../../../src/report/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';
import { machineOf } from '../../machine/capture/packed-captures.ts';
import { type Change, judged, loses, lost } from '../../scenarios/seen/seen-answers.ts';

function printed(name: string, change: Change): string[] {
  const { capture, verification, races } = judged(name, change);
  const { release, partial } = capture;
  const kernel = nearestRelease(release).name;
  return shown({ capture: 'board', release, kernel, partial, verification, races, error: null });
}

function shown(of: VerifiedCapture): string[] {
  const value = ({ value }: { value: string }): string => (value === '-19' ? '-ENODEV' : value);
  const lines = verifyText([of], { width: 80, value });
  // A token is copied whole.
  const wide = lines.filter((line) => line.length > 80 && !line.includes(' fwspec replay '));
  expect(wide).toEqual([]);
  return lines;
}

describe('a device that raced', () => {
  const device = '0000:03:00.0';
  const lines = printed('a64-acpi-smmu-rp-k6.1', (answers) => {
    loses(answers, device);
    const calls = answers.configure_calls;
    const registered = calls.find(({ fn }) => fn === 'iommu_device_register');
    for (const by of [-2, 2])
      calls.push({
        t: (registered?.t ?? Number.NaN) + by,
        fn: 'iort_iommu_configure_id',
        dev: device,
        ret: 0,
      });
  });
  const text = lines.join('\n');

  test('has its sentence, its scenario and its token', () => {
    expect(text).toContain('43 of 44 devices agree, 1 raced');
    expect(text).toMatch(
      / {2}0000:03:00\.0 {2}a race: device works without its IOMMU \(1 preemption\)/,
    );
    expect(text).toContain('this order gives it (scenario bind-iort). It happens because ');
    expect(text).toMatch(/^ {4}replay: fwspec replay f1\/v6\.1\/bind-iort\/\S+$/m);
  });

  test('has a column for each task, and one row for each return', () => {
    expect(text).toMatch(
      /CPU0 {2}driver bind: really_probe\(\) +CPU1 {2}iommu_device_register\(\)/,
    );
    expect(text).toMatch(/iommu_probe_device\(\) returns -ENODEV +yes +-$/m);
    expect(text).toMatch(/iort_iommu_configure_id\(\) returns 0 +- +2\.718446 s$/m);
    expect(text).toMatch(/the trace has 2 of these \d returns in this order/);
    expect(text.replace(/\s+/g, ' ')).toContain('it never shows -ENODEV (1); 1 it does not have;');
  });
});

test('who goes with a device that raced says with which', () => {
  const text = printed('a64-dt-smmu-rp-k6.12', lost('0000:01:00.0')).join('\n');
  expect(text).toContain(
    '  0000:00:02.0  a race: misses another device in its group\n    0000:01:00.0 would be in its group',
  );
});

test('what was done by hand is counted as that', () => {
  const text = printed('a64-dt-smmu-rp-k6.12', (answers) => {
    answers.steps.splice(-1, 0, '3.0 type=0000:03:00.0@identity');
    const group = answers.devices.find(({ name }) => name === '0000:03:00.0')?.group ?? '';
    Object.assign(answers.groups[group] ?? {}, { type: 'identity' });
  }).join('\n');
  expect(text).toMatch(/agree, 2 done by hand$/m);
  expect(text).toContain('done by hand  domain: predicted DMA, observed identity');
});

test('answers that say some things only name them, and what they do not say', () => {
  const machine = machineOf('a64-dt-smmu-rp-k6.12');
  const answers = answersIn(['/sys/kernel/iommu_groups/0/devices/0000:00:02.0']);
  if (answers === null) throw new Error('no answers');
  const asked = { kconfig: {}, cmdline: null };
  const verification = verify(machine, captureOf(answers, machine), nearestRelease('6.12'), asked);
  const races = { raced: [], sought: [] };
  const rest = { release: null, kernel: 'v6.12', partial: true, races, error: null };
  const text = shown({ capture: 'board', verification, ...rest }).join('\n');
  expect(text).toContain('board   kernel v6.12; the answers name none');
  expect(text).toMatch(/compared is what the answers say: group of \d+ devices \(6 with one\)/);
  expect(text).toContain('not said: which drivers came; without one a device may be in no group');
});
