import { expect, test } from 'vitest';
import {
  Cell,
  call,
  choose,
  cmpxchg,
  kfree,
  kzalloc,
  Mutex,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  RefCount,
  read,
  ref_get,
  ref_put,
  Struct,
  sequentially,
  spawn,
  type Task,
  update,
  type World,
  write,
} from '../../../src/explore/index.ts';

class thing extends Struct {
  readonly value = this.cell('value', 0);
}

/** One of each step, and what it has found. */
function* everything(world: World, found: unknown[]): Task {
  const cell = new Cell(world, 'cell', 1);
  const lock = new Mutex(world, 'lock');
  const ref = new RefCount(world, 'ref');
  yield* write(cell, (yield* read(cell)) + 1);
  found.push(yield* update(cell, (value) => value * 10), yield* cmpxchg(cell, 20, 7), cell.value);
  yield* mutex_lock(lock);
  found.push(yield* mutex_trylock(lock));
  yield* mutex_unlock(lock);
  found.push(yield* mutex_trylock(lock), lock.holder?.name);
  yield* mutex_unlock(lock);
  const made = yield* kzalloc(world, thing);
  yield* call(world, 'inner', function* () {
    yield* write(made.value, yield* choose(world, 3));
    yield* spawn(world, 'child', () => write(cell, 9) as unknown as Task);
    found.push(world.functionName(), made.madeBy);
  });
  yield* kfree(world, made);
  yield* ref_get(ref);
  found.push(world.functionName(), ref.count, cell.value, made.freedBy);
  yield* ref_put(ref);
  found.push(
    yield* call(world, 'catching', function* () {
      try {
        yield* call(world, 'failing', function* (): Task {
          yield* read(cell);
          throw new Error('caught');
        });
      } catch (error) {
        return [(error as Error).message, world.functionName()];
      }
      return null;
    }),
  );
}

/** Somebody listens: each step is an object of its own, and its task stops. */
const deaf = { step() {}, call() {}, return() {} };

function ran(body: (world: World, found: unknown[]) => Task, listens: boolean): unknown {
  const found: unknown[] = [];
  try {
    sequentially((world) => {
      if (listens) world.listener = deaf;
      try {
        world.runAlone('task', () => body(world, found));
      } finally {
        found.push(
          world.functionName(),
          world.failures.map(({ message }) => message),
        );
      }
    });
  } catch (error) {
    return [...found, String(error)];
  }
  return found;
}

test.each<[string, (world: World, found: unknown[]) => Task, readonly unknown[]]>([
  [
    'each kind of step',
    everything,
    [
      ...[2, 20, 7, false, true, 'task', 'inner', 'task', 'task', 2, 9, 'task()'],
      ['caught', 'catching'],
      ...['setup', []],
    ],
  ],
  [
    'a step that is not yielded',
    function* (world) {
      const cell = new Cell(world, 'cell', 1);
      yield* call(world, 'inner', function* () {
        read(cell);
        yield* write(cell, 2);
      });
    },
    ['setup', [], expect.stringContaining('a step was made but not yielded in inner')],
  ],
  [
    'a step that is the last and not yielded',
    function* (world) {
      read(new Cell(world, 'cell', 1));
    },
    ['setup', [], expect.stringContaining('a step was made but not yielded in task')],
  ],
  [
    'a lock that nobody lets go of',
    function* (world) {
      const lock = new Mutex(world, 'lock');
      yield* mutex_lock(lock);
      yield* call(world, 'again', function* () {
        yield* mutex_lock(lock);
      });
    },
    ['setup', [], expect.stringContaining('setup waits for ever in again')],
  ],
  [
    'an object that was freed, and a function that catches everything',
    function* (world, found) {
      const made = yield* kzalloc(world, thing);
      yield* kfree(world, made);
      yield* call(world, 'catching', function* () {
        try {
          yield* read(made.value);
        } catch {}
      });
      found.push('gone on');
    },
    ['setup', [], expect.stringMatching(/->value is touched after .* was freed by task/)],
  ],
  [
    'something that is no step',
    function* (world) {
      yield* call(world, 'yielding', function* () {
        yield 1 as never;
      });
    },
    ['setup', [], expect.stringContaining('1 is yielded in yielding, which is no step')],
  ],
])(
  'with nobody beside it a task does what it does when somebody listens: %s',
  (_name, body, expected) => {
    expect(ran(body, true)).toStrictEqual(expected);
    expect(ran(body, false)).toStrictEqual(expected);
  },
);
