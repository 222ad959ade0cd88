// Real answers that no boot in order gives: more of them, and those that take a while to find.
import { describe, expect, test } from 'vitest';
import { type Answers, type Change, expectRaced, judged, late, slowRows } from './seen-answers.ts';

describe('a device that has lost something raced where the kernel has an order for it', () => {
  test.each(slowRows)('%s %s', expectRaced);
});

describe('without a record of when modules came', () => {
  const name = 'a64-dt-viommu-expired-late-k7.3';
  const undated: Change = (answers) => {
    delete (answers as Partial<Answers>).steps;
    delete answers.snapshots;
  };

  test('devices that the log says were given up raced with the time-out', () => {
    const { races, verification } = judged(name, undated);
    const devices = new Set(verification.disagree.map((row) => row.device));
    expect(devices.size).toBe(4);
    expect(new Set(races.raced.map(({ device }) => device))).toEqual(devices);
    for (const { title } of races.raced) expect(title).toBe(late);
  });

  test('others did not, unless there is no log and they had the time', () => {
    const silent = (uptime: string, log: string[]): number => {
      const { races } = judged(name, (answers) => {
        undated(answers);
        answers.guest_uptime_at_final = uptime;
        answers.iommu_dmesg = log;
      });
      return races.raced.length;
    };
    expect(silent('40.0', ['[0.2] iommu: Default domain type: Translated'])).toBe(0);
    expect(silent('40.0', [])).toBe(4);
    expect(silent('2.0', [])).toBe(0);
  });
});
