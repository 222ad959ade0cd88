import { describe, expect, it } from 'vitest';
import {
  Cell,
  explore,
  type Program,
  read,
  until,
  update,
  WRITE_ONCE,
  why,
  write,
} from '../../../src/explore/index.ts';
import { lines, onlyBug, race } from '../mini/example.ts';

/** Writers that store one value each, and one task that waits for a 1. */
function waiter(...values: readonly number[]): Program {
  return race((world) => {
    const x = new Cell(world, 'x', 0);
    return [
      function* () {
        yield* until(x, (value) => value === 1);
      },
      ...values.map(
        (value) =>
          function* () {
            yield* WRITE_ONCE(x, value);
          },
      ),
    ];
  });
}

describe('a task that waits for what a cell holds', () => {
  it.each([
    // Both orders of the writers, and where the task that waits can come between or after them.
    { values: [1], classes: 1, stuck: 0 },
    { values: [1, 0], classes: 3, stuck: 1 },
    { values: [1, 1], classes: 4, stuck: 0 },
    { values: [2, 3], classes: 2, stuck: 2 },
    // 6 orders of the writers; a place to go on behind each 1, and none at the end unless it is 1.
    { values: [1, 0, 1], classes: 14, stuck: 2 },
  ])('comes everywhere it can among writers of $values', ({ values, classes, stuck }) => {
    const outcome = explore(waiter(...values));
    const deadlocks = outcome.bugs.find(({ kind }) => kind === 'deadlock')?.classes ?? 0;
    expect({ classes: outcome.executions, stuck: deadlocks, blocked: outcome.blocked }).toEqual({
      classes,
      stuck,
      blocked: 0,
    });
  });

  it('for ever is a deadlock that says what it waits for', () => {
    const bug = onlyBug(explore(waiter(1, 0)));
    expect(bug).toMatchObject({
      kind: 'deadlock',
      object: 'x',
      message: 'A waits for x, which is 0',
    });
    expect(lines(bug)).toEqual(['B write x 1', 'C write x 0']);
    expect(why(waiter(1, 0), bug)?.text).toContain("C's write of x");
  });

  it('is free to be left: waiting is no preemption', () => {
    const outcome = explore(
      race((world) => {
        const x = new Cell(world, 'x', 0);
        return {
          tasks: [
            {
              name: 'A',
              *body() {
                yield* until(x, (value) => value > 0);
                yield* WRITE_ONCE(x, 2);
              },
            },
            {
              name: 'B',
              *body() {
                yield* WRITE_ONCE(x, 1);
              },
            },
          ],
          properties: [{ kind: 'end', name: 'never two', holds: () => x.value !== 2 }],
        };
      }),
    );
    expect(onlyBug(outcome)).toMatchObject({ kind: 'property', preemptions: 0 });
  });

  it('comes after what was done before the update it waits for, and not after a mere write', () => {
    const handover = (ordered: boolean): Program =>
      race((world) => {
        const ready = new Cell(world, 'ready', 0);
        const data = new Cell(world, 'data', 0);
        return [
          function* () {
            yield* write(data, 42);
            if (ordered) yield* update(ready, () => 1);
            else yield* WRITE_ONCE(ready, 1);
          },
          function* () {
            yield* until(ready, (value) => value === 1);
            yield* read(data);
          },
        ];
      });
    expect(explore(handover(true))).toMatchObject({ verdict: 'clean', executions: 1 });
    expect(onlyBug(explore(handover(false)))).toMatchObject({ kind: 'data-race', object: 'data' });
  });

  it('must be told by true or false', () => {
    const program = race((world) => {
      const x = new Cell(world, 'x', 0);
      return [
        function* () {
          yield* until(x, ((value: number) => value) as unknown as (value: number) => boolean);
        },
      ];
    });
    expect(() => explore(program)).toThrow(
      'until() in A waits for x: its predicate must return true or false, not 0',
    );
  });
});
