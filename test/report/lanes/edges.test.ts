import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { record, type TraceStep } from '../../../src/explore/index.ts';
import { Search } from '../../../src/explore/search/search.ts';
import { type Edge, edgesOf } from '../../../src/report/lanes/edges.ts';
import { type Mini, miniPrograms, toProgram } from '../../explore/mini/mini.ts';
import { step } from './small-bug.ts';

/** Steps written as `task op target value`, and the edges among them as `from>to`. */
function edges(lines: readonly string[], shown?: readonly boolean[]): string[] {
  const steps = lines.map((line) => step(line));
  return edgesOf(steps, ['T0', 'T1', 'T2'], shown).map(({ from, to }) => `${from}>${to}`);
}

describe('there is an edge', () => {
  test('from a write to a read of another task that comes after it', () => {
    expect(edges(['0 write x 1', '1 read x 1'])).toEqual(['0>1']);
  });

  test('from a read to a write that comes after it', () => {
    expect(edges(['0 read x 0', '1 write x 1'])).toEqual(['0>1']);
  });

  test('from letting a lock go to taking it, and to finding it taken', () => {
    expect(edges(['0 lock m', '0 unlock m', '1 lock m'])).toEqual(['1>2']);
    expect(edges(['0 lock m taken', '1 lock m busy'])).toEqual(['0>1']);
  });

  test('from the last use of an object to its end, and from there to any later use', () => {
    expect(edges(['0 read A->v 0', '1 free A', '0 write A->w 1', '2 free A'])).toEqual([
      '0>1',
      '1>2',
      '2>3',
    ]);
  });

  test('from starting a task to its first step, and from its last step to waiting for it', () => {
    const lines = ['0 spawn T1', '1 read x 0', '1 read y 0', '0 join T1 NULL'];
    expect(edges(lines)).toEqual(['0>1', '2>3']);
  });
});

describe('there is no edge', () => {
  test('between two reads, or between two looks at a lock that is taken', () => {
    expect(edges(['0 read x 0', '1 read x 0'])).toEqual([]);
    expect(edges(['0 lock m busy', '1 lock m busy'])).toEqual([]);
  });

  test('between different places, or parts of one object', () => {
    expect(edges(['0 write A->v 1', '1 write A->w 1', '1 write v 1'])).toEqual([]);
  });

  test('within one task', () => {
    expect(edges(['0 write x 1', '0 read x 1', '0 free A', '0 read A->v'])).toEqual([]);
  });

  test('that follows from others', () => {
    const lines = ['0 write x 1', '0 write y 1', '1 read y 1', '1 read x 1'];
    expect(edges(lines)).toEqual(['1>2']);
    expect(edges(lines, [true, false, false, true])).toEqual(['0>3']);
  });

  test('to or from taking references, making objects and freeing nothing', () => {
    const lines = ['0 get n 2', '1 put n 1', '0 alloc node A', '1 free NULL', '0 free NULL'];
    expect(edges(lines)).toEqual([]);
  });
});

test('of two tasks with one name, each is started by its own start', () => {
  const lines = ['0 spawn T', '0 spawn T', '2 read x 0', '1 read x 0'].map((line) => step(line));
  expect(edgesOf(lines, ['T0', 'T', 'T #2'])).toEqual([
    { from: 1, to: 2 },
    { from: 0, to: 3 },
  ]);
});

/** An execution: who makes its events, which way they go, whether one comes before another. */
interface Made {
  readonly schedule: readonly number[];
  readonly ways: readonly number[];
  readonly before: readonly (readonly boolean[])[];
}

function executionsOf(mini: Mini, limit: number): Made[] {
  const found: Made[] = [];
  const search = new Search(toProgram(mini), (run) => {
    const schedule = run.task.slice(0, run.length);
    const before = schedule.map((_, a) => schedule.map((__, b) => run.happensBefore(a, b)));
    found.push({ schedule, ways: schedule.map((_, event) => run.wayOf(event)), before });
  });
  search.explore(limit);
  return found;
}

/** For each step, those that come before it in its task or by an edge. */
function orderOf(steps: readonly TraceStep[], edges: readonly Edge[]): Set<number>[] {
  const order: Set<number>[] = [];
  steps.forEach(({ task }, b) => {
    const directly = steps.flatMap((step, a) => (a < b && step.task === task ? [a] : []));
    for (const { from, to } of edges) if (to === b) directly.push(from);
    order.push(new Set(directly.flatMap((a) => [a, ...(order[a] ?? [])])));
  });
  return order;
}

const local: readonly TraceStep['op'][] = ['call', 'return', 'alloc', 'get', 'put', 'note'];

/** The steps that are events: not what a task does on its own after one. */
function eventsOf(steps: readonly TraceStep[]): boolean[] {
  let last = -1;
  return steps.map(({ op, event }) => {
    if (local.includes(op) || event === last) return false;
    last = event;
    return true;
  });
}

const random = { seed: 20231121, numRuns: 300, endOnFailure: true };

test('every edge goes forward, joins different tasks and is needed', () => {
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      for (const { schedule, ways } of executionsOf(mini, 5)) {
        const { steps, tasks } = record(toProgram(mini), schedule, ways);
        const found = edgesOf(steps, tasks);
        for (const edge of found) {
          expect(edge.from).toBeLessThan(edge.to);
          expect(steps[edge.from]?.task).not.toBe(steps[edge.to]?.task);
          const others = found.filter((other) => other !== edge);
          expect(orderOf(steps, others)[edge.to]?.has(edge.from)).toBe(false);
        }
      }
    }),
    random,
  );
});

test('the edges order the steps of random programs as the explorer orders the events', () => {
  let compared = 0;
  fc.assert(
    fc.property(miniPrograms, (any) => {
      // What a property watches is not in a trace.
      const mini = { ...any, watched: false };
      for (const { schedule, ways, before } of executionsOf(mini, 5)) {
        const { steps, tasks } = record(toProgram(mini), schedule, ways);
        const order = orderOf(steps, edgesOf(steps, tasks));
        const isEvent = eventsOf(steps);
        steps.forEach((later, b) => {
          steps.slice(0, b).forEach((earlier, a) => {
            if (!isEvent[a] || !isEvent[b]) return;
            compared++;
            expect(order[b]?.has(a)).toBe(before[earlier.event]?.[later.event]);
          });
        });
      }
    }),
    random,
  );
  expect(compared).toBeGreaterThan(1000);
});
