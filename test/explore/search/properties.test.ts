import { describe, expect, it } from 'vitest';
import { Cell, explore, type Program, type Task, WRITE_ONCE } from '../../../src/explore/index.ts';
import { onlyBug, race } from '../mini/example.ts';

describe('properties', () => {
  it('of the kind always hold in every state on the way, not only at the end', () => {
    const outcome = explore(
      race((world) => {
        const a = new Cell(world, 'a', 0);
        const b = new Cell(world, 'b', 0);
        const task = function* (own: Cell<number>): Task {
          yield* WRITE_ONCE(own, 1);
          yield* WRITE_ONCE(own, 0);
        };
        return {
          tasks: [
            { name: 'A', body: () => task(a) },
            { name: 'B', body: () => task(b) },
          ],
          properties: [
            {
              kind: 'always',
              name: 'not both',
              watched: [a, b],
              holds: () => a.value + b.value < 2,
            },
          ],
        };
      }),
    );
    // All orders of the four writes matter to who watches both cells.
    expect(outcome.executions).toBe(6);
    expect(onlyBug(outcome)).toMatchObject({
      id: 'property:not-both:always',
      classes: 4,
      preemptions: 1,
    });
  });

  it('of the kind sometimes must be reached by some execution', () => {
    const reach = (wanted: number): Program =>
      race((world) => {
        const cell = new Cell(world, 'cell', 0);
        const task = function* (value: number): Task {
          yield* WRITE_ONCE(cell, value);
        };
        return {
          tasks: [
            { name: 'A', body: () => task(1) },
            { name: 'B', body: () => task(2) },
          ],
          properties: [{ kind: 'sometimes', name: 'wanted', holds: () => cell.value === wanted }],
        };
      });
    expect(explore(reach(1))).toMatchObject({ verdict: 'clean', executions: 2 });
    expect(onlyBug(explore(reach(3))).message).toBe('never happens in any execution: wanted');
  });
});
