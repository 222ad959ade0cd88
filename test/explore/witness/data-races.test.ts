import { describe, expect, it } from 'vitest';
import {
  Cell,
  explore,
  join,
  type Program,
  READ_ONCE,
  read,
  spawn,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';
import { race } from '../mini/example.ts';

describe('data races', () => {
  const twoAccesses = (a: typeof write, b: typeof read): Program =>
    race((world) => {
      const cell = new Cell(world, 'cell', 0);
      return [
        function* () {
          yield* a(cell, 1);
        },
        function* () {
          yield* b(cell);
        },
      ];
    });

  it.each([
    ['plain', write, 'plain', read, 1],
    ['marked', WRITE_ONCE, 'plain', read, 1],
    ['plain', write, 'marked', READ_ONCE, 1],
    ['marked', WRITE_ONCE, 'marked', READ_ONCE, 0],
  ])('a %s write and a %s read (%#)', (_a, store, _b, load, bugs) => {
    const outcome = explore(twoAccesses(store as typeof write, load as typeof read));
    expect(outcome.executions).toBe(2);
    expect(outcome.bugs.map(({ kind }) => kind)).toEqual(bugs === 1 ? ['data-race'] : []);
  });

  it('do not exist between accesses that a lock, a start or a wait puts in order', () => {
    const outcome = explore(
      race((world) => {
        const cell = new Cell(world, 'cell', 0);
        return [
          function* () {
            yield* write(cell, 1);
            const child = yield* spawn(world, 'child', function* () {
              yield* write(cell, 2);
            });
            yield* join(child);
            yield* read(cell);
          },
        ];
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'clean', executions: 1 });
  });

  it('are found between accesses that are not neighbours', () => {
    const outcome = explore(
      race((world) => {
        const cell = new Cell(world, 'cell', 0);
        return [1, 2, 3].map(
          (value) =>
            function* () {
              yield* write(cell, value);
            },
        );
      }),
    );
    expect(outcome.executions).toBe(6);
    expect(outcome.bugs.map(({ id, classes }) => [id, classes])).toEqual([
      ['data-race:A+B:cell', 6],
      ['data-race:A+C:cell', 6],
      ['data-race:B+C:cell', 6],
    ]);
  });
});
