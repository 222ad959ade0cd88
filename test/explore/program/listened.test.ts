import { expect, test } from 'vitest';
import {
  Cell,
  call,
  describeValue,
  type Listener,
  read,
  sequentially,
  type Task,
  write,
} from '../../../src/explore/index.ts';
import { Sequence } from '../../../src/util/index.ts';

/** What is told of a function that calls another one, which survives a third. */
function told(hearsSteps: boolean): unknown[] {
  const found: unknown[] = [];
  const calls: Listener = {
    step: null,
    call: (_task, name, depth) => found.push(['call', name, depth]),
    return: (_task, name, depth, value) => found.push(['return', name, depth, value]),
  };
  sequentially((world) => {
    const cell = new Cell(world, 'cell', 1);
    world.listener = hearsSteps ? { ...calls, step() {} } : calls;
    world.runAlone('task', function* (): Task {
      yield* call(world, 'outer', function* (): Task<number> {
        yield* write(cell, 2);
        const inner = yield* call(world, 'inner', function* (): Task<number> {
          return (yield* read(cell)) + 1;
        });
        return inner + 1;
      });
      yield* call(world, 'last', function* (): Task {});
    });
  });
  return found;
}

test('who hears of no steps hears of the same calls', () => {
  expect(told(false)).toEqual(told(true));
  expect(told(false)).toEqual([
    ['call', 'outer', 0],
    ['call', 'inner', 1],
    ['return', 'inner', 1, 3],
    ['return', 'outer', 0, 4],
    ['call', 'last', 0],
    ['return', 'last', 0, undefined],
  ]);
});

test.each([
  ['an array', (items: string[]) => items],
  ['a sequence', (items: string[]) => Sequence.of(items)],
])('of a long list the first are named: %s', (_kind, of) => {
  const names = Array.from({ length: 100 }, (_, i) => `dev${i}`);
  expect(describeValue(of(names))).toBe(`[${names.join(', ')}]`);
  expect(describeValue(of([...names, 'one more', 'and another']))).toBe(
    `[${names.join(', ')}, and 2 more]`,
  );
});
