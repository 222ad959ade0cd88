import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bug } from '../../../src/explore/index.ts';
import { bugTrace, type TraceEvent } from '../../../src/report/formats/perfetto.ts';
import { edgesOf } from '../../../src/report/lanes/edges.ts';
import { escapeText } from '../../../src/util/index.ts';
import { anyBug, hostile } from '../lanes/any-bug.ts';
import { smallBug, smallWhy } from '../lanes/small-bug.ts';

function traceOf(bug: Bug): readonly TraceEvent[] {
  return bugTrace(bug, { title: 'small, kernel none', token: 'f1/none/small/0:a/b' }).traceEvents;
}

const random = { seed: 20231121, numRuns: 300 };

test('a small bug looks as it did', async () => {
  const trace = bugTrace(smallBug, {
    title: 'small, kernel none',
    token: 'f1/none/small/0:a/b',
    why: smallWhy,
  });
  const lines = trace.traceEvents.map((event) => JSON.stringify(event));
  lines.push(JSON.stringify({ ...trace, traceEvents: [] }));
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../../golden/bug-perfetto.txt');
});

test('every call that begins ends, in its thread, after what is in it', () => {
  fc.assert(
    fc.property(anyBug, (bug) => {
      const open = new Map<number, number>();
      for (const { ph, tid } of traceOf(bug)) {
        if (ph === 'B') open.set(tid, (open.get(tid) ?? 0) + 1);
        if (ph === 'E') open.set(tid, (open.get(tid) ?? 0) - 1);
        expect(open.get(tid) ?? 0).toBeGreaterThanOrEqual(0);
      }
      expect([...open.values()].filter((depth) => depth !== 0)).toEqual([]);
    }),
    random,
  );
});

test('time never goes back', () => {
  fc.assert(
    fc.property(anyBug, (bug) => {
      const times = traceOf(bug).flatMap(({ ts }) => ts ?? []);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }),
    random,
  );
});

test('every flow leads from the slice of one step to the slice of a later one', () => {
  fc.assert(
    fc.property(anyBug, (bug) => {
      const events = traceOf(bug);
      const slices = new Set(
        events.flatMap(({ ph, tid, ts }) => (ph === 'X' ? `${tid} ${ts}` : [])),
      );
      const starts = events.filter(({ ph }) => ph === 's');
      const ends = events.filter(({ ph }) => ph === 'f');
      expect(starts).toHaveLength(edgesOf(bug.steps, bug.tasks).length);
      expect(ends.map(({ id }) => id).toSorted()).toEqual(starts.map(({ id }) => id).toSorted());
      for (const start of starts) {
        const end = ends.find(({ id }) => id === start.id);
        expect(end?.ts).toBeGreaterThan(start.ts ?? 0);
        expect(end?.tid).not.toBe(start.tid);
        expect(slices).toContain(`${start.tid} ${start.ts}`);
        expect(slices).toContain(`${end?.tid} ${end?.ts}`);
      }
    }),
    random,
  );
});

test('there is a thread for each task, in order, and one process', () => {
  const events = traceOf(smallBug);
  expect(events.filter(({ name }) => name === 'thread_name')).toEqual([
    { ph: 'M', pid: 1, tid: 1, name: 'thread_name', args: { name: 'CPU0  bind' } },
    { ph: 'M', pid: 1, tid: 2, name: 'thread_name', args: { name: 'CPU1  register' } },
  ]);
  expect(new Set(events.map(({ pid }) => pid))).toEqual(new Set([1]));
});

test('the step that fails carries the message', () => {
  const [failing, ...others] = traceOf(smallBug).filter(({ cat }) => cat === 'bug');
  expect(others).toEqual([]);
  expect(failing?.args).toMatchObject({ bug: smallBug.message, target: 'dev->iommu->fwspec' });
});

test('no string holds a character that is not what it looks like', () => {
  fc.assert(
    fc.property(anyBug, hostile, hostile, (bug, title, token) => {
      const text = JSON.stringify(bugTrace(bug, { title, token }));
      expect(escapeText(text)).toBe(text);
    }),
    random,
  );
});
