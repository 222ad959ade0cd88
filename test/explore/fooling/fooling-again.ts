import {
  Cell,
  cmpxchg,
  type Program,
  type Property,
  READ_ONCE,
  type Start,
  type Step,
  sequentially,
  spawn,
  type Task,
  type TaskSpec,
  until,
  update,
  type World,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import type { Try } from './fooling.ts';

// More ways to hear "clean" of the race of two visitors: lists that lie, what is changed when it has been
// looked at, and hands in the explorer's pockets.

const hostile = (value: unknown): never => value as never;

interface Visitors {
  readonly world: World;
  readonly count: Cell<number>;
  readonly visit: () => Task<unknown>;
  readonly tasks: TaskSpec[];
  readonly counted: Property;
}

/** The race, and what is tried. */
function visited(tried: (made: Visitors) => Partial<Start>, rest: Partial<Program> = {}): Program {
  return {
    name: 'p',
    ...rest,
    setup(world) {
      const count = new Cell(world, 'count', 0);
      function* visit(): Task {
        const seen = yield* READ_ONCE(count);
        yield* WRITE_ONCE(count, seen + 1);
      }
      const tasks = ['A', 'B'].map((name) => ({ name, body: visit }));
      const counted: Property = { kind: 'end', name: 'counted', holds: () => count.value === 2 };
      return { tasks, properties: [counted], ...tried({ world, count, visit, tasks, counted }) };
    },
  };
}

/** A list that has everything but what it says when it is gone through. */
class Empty<T> extends Array<T> {
  override *[Symbol.iterator](): ArrayIterator<T> {}
  override filter(): never[] {
    return [];
  }
  override map(): never[] {
    return [];
  }
  override flatMap(): never[] {
    return [];
  }
  override forEach(): void {}
}

function empty<T>(...elements: T[]): T[] {
  const list = new Empty<T>();
  for (const [i, element] of elements.entries()) list[i] = element;
  return list;
}

/** Task B does something when it has been there. */
function afterwards(what: (made: Visitors) => void): (made: Visitors) => Partial<Start> {
  return (made) => ({
    tasks: [
      { name: 'A', body: made.visit },
      {
        name: 'B',
        *body() {
          yield* made.visit();
          what(made);
        },
      },
    ],
  });
}

/** Both tasks do the same. */
const both = (body: () => Task<unknown>): TaskSpec[] => ['A', 'B'].map((name) => ({ name, body }));

const found = 'bug: does not hold at the end: counted';

/** What hides nothing. */
export const tampering: readonly Try[] = [
  [
    'a property that inherits all it has',
    () => visited(({ counted }) => ({ properties: [Object.create(counted)] })),
    found,
  ],
  [
    'a class of properties whose kind is a getter',
    () =>
      visited(({ count }) => {
        let asked = 0;
        class Counted {
          readonly name = 'counted';
          get kind(): 'end' | 'sometimes' {
            return asked++ === 0 ? 'end' : 'sometimes';
          }
          holds(): boolean {
            return count.value === 2;
          }
        }
        return { properties: [new Counted()] };
      }),
    '"kind" of property "counted" in program "p" is a getter',
  ],
  [
    'a Proxy that has properties when it is asked first',
    () => {
      const { setup } = visited(() => ({}));
      return {
        name: 'p',
        setup(world) {
          let asked = 0;
          const get = (start: Start, key: string | symbol): unknown =>
            key === 'properties' && asked++ > 0 ? [] : Reflect.get(start, key);
          return new Proxy(setup(world), { get });
        },
      };
    },
    'not deterministic: the number of properties is 1, and was 0 the first time',
  ],
  [
    'a cell that says itself what is in it',
    () =>
      visited(({ count }) => {
        Object.defineProperty(count, 'value', { get: () => 2, set: () => {} });
        return {};
      }),
    'count says itself what is in a cell',
  ],
  [
    'a task that puts another way to fail in place',
    () =>
      visited(({ world, visit }) => ({
        tasks: both(function* () {
          Reflect.defineProperty(world, 'fail', { value: () => {} });
          yield* visit();
        }),
      })),
    found,
  ],
  [
    'a task that knows whether it is to be taken back',
    () =>
      visited(({ world, count }) => ({
        tasks: both(function* () {
          const seen = yield* READ_ONCE(count);
          yield* WRITE_ONCE(count, world.trail === null ? seen + 1 : 2);
        }),
      })),
    'not deterministic',
  ],
  [
    'a list of properties that says it is empty',
    () => visited(({ counted }) => ({ properties: empty(counted) })),
    found,
  ],
  [
    'a list of tasks that says it is empty',
    () => visited(({ tasks }) => ({ tasks: empty(...tasks) })),
    found,
  ],
  [
    'properties that are a Set',
    () => visited(({ counted }) => ({ properties: hostile(new Set([counted])) })),
    'properties in program "p" must be an array, not a Set',
  ],
  [
    'a list of properties that a task empties',
    () =>
      visited((made) => {
        const properties = [made.counted];
        return { properties, ...afterwards(() => properties.splice(0))(made) };
      }),
    found,
  ],
  [
    'a property whose predicate a task replaces',
    () =>
      visited((made) => {
        const counted = { ...made.counted };
        const tasks = afterwards(() => Object.assign(counted, { holds: () => true }))(made);
        return { properties: [counted], ...tasks };
      }),
    found,
  ],
  [
    'cells to watch that a task takes out of the list',
    () =>
      visited((made) => {
        const watched = [made.count];
        const holds = (): boolean => made.count.value < 2;
        const properties: Property[] = [{ kind: 'always', name: 'low', watched, holds }];
        return { properties, ...afterwards(() => watched.splice(0))(made) };
      }),
    'bug: does not always hold: low',
  ],
  [
    'a task that takes back what went wrong',
    () =>
      visited(
        afterwards(({ world }) => {
          world.fail({ kind: 'warn', object: 'x', message: 'told once' });
          Reflect.set(world.failures, 'length', 0);
        }),
      ),
    'told once',
  ],
  [
    'a task that puts another list of failures in place',
    () =>
      visited(
        afterwards(({ world }) => {
          world.fail({ kind: 'warn', object: 'x', message: 'told once' });
          Object.assign(world, { failures: [] });
        }),
      ),
    'Cannot set property failures',
  ],
  [
    'a failure of a kind that there is not',
    () =>
      visited(
        afterwards(({ world }) =>
          world.fail({ kind: hostile('nothing'), object: 'x', message: 'm' }),
        ),
      ),
    '"nothing" is no kind of bug',
  ],
  [
    'two `sometimes` of one name, of which one never holds',
    () =>
      visited(() => ({
        properties: [true, false].map((holds) => ({
          kind: 'sometimes' as const,
          name: 's',
          holds: () => holds,
        })),
      })),
    'bug: never happens in any execution: s',
  ],
  [
    'a class of cells that says itself what is in them',
    () =>
      visited(({ world }) => {
        class Always2 extends Cell<number> {}
        Object.defineProperty(Always2.prototype, 'value', { get: () => 2, set: () => {} });
        const count = new Always2(world, 'two', 0);
        return { properties: [{ kind: 'end', name: 'two', holds: () => count.value === 2 }] };
      }),
    'says itself what is in a cell',
  ],
  [
    'a kind of property that is a getter',
    () =>
      visited(({ counted }) => {
        let asked = 0;
        const property = Object.defineProperty({ ...counted }, 'kind', {
          get: () => (asked++ === 0 ? 'end' : 'sometimes'),
          enumerable: true,
        });
        return { properties: [property] };
      }),
    '"kind" of property "counted" in program "p" is a getter',
  ],
  [
    'a kind of property that there is not',
    () => visited(({ counted }) => ({ properties: [{ ...counted, kind: hostile('ends') }] })),
    "must be one of 'always', 'end', 'sometimes'",
  ],
  [
    'a property that is a promise of true',
    () =>
      visited(({ counted }) => ({
        properties: [{ ...counted, holds: hostile(async () => true) }],
      })),
    'must say true, false or a string, not a promise',
  ],
  [
    'a property that says 1',
    () => visited(({ counted }) => ({ properties: [{ ...counted, holds: hostile(() => 1) }] })),
    'must say true, false or a string, not 1',
  ],
  [
    'a task that runs another alone, as one step',
    () =>
      visited(({ world, count, visit }) => ({
        tasks: both(function* () {
          yield* READ_ONCE(count);
          world.runAlone('inside', visit);
        }),
      })),
    'runAlone() after setup',
  ],
  [
    'a task that says setup is not over',
    () => visited(afterwards(({ world }) => Object.assign(world, { settingUp: true }))),
    found,
  ],
  [
    'a task that stops what is noted to be taken back',
    () => visited(afterwards(({ world }) => Object.assign(world, { trail: null }))),
    found,
  ],
  [
    'an iterator that ends where it likes',
    () =>
      visited(({ visit }) => ({
        tasks: both(() => {
          const inner = visit();
          let steps = 0;
          const next = (value: never): unknown =>
            steps++ > 0 ? { done: true } : inner.next(value);
          return hostile({ next, [Symbol.iterator]: () => inner });
        }),
      })),
    found,
  ],
  [
    'a step that somebody has made by hand',
    () =>
      visited(({ count }) => ({
        tasks: both(function* () {
          const seen = yield* READ_ONCE(count);
          yield hostile({ kind: 1, address: 0, enabled: () => true, perform: () => seen });
        }),
      })),
    'a plain object is yielded in A, which is no step',
  ],
  [
    'an exploration inside a task',
    () =>
      visited(({ count }) => ({
        tasks: both(function* () {
          const seen = yield* READ_ONCE(count);
          sequentially((inner) => new Cell(inner, 'other', 0));
          yield* WRITE_ONCE(count, seen + 1);
        }),
      })),
    found,
  ],
  [
    'a predicate of until() that writes',
    () =>
      visited(({ tasks, count }) => ({
        tasks: [
          ...tasks,
          {
            name: 'C',
            *body() {
              yield* until(count, () => {
                count.value = 2;
                return true;
              });
            },
          },
        ],
      })),
    'not deterministic',
  ],
  [
    'a change of update() that writes another cell',
    () =>
      visited(({ world, count }) => {
        const other = new Cell(world, 'other', 0);
        return {
          tasks: both(function* () {
            const seen = yield* READ_ONCE(count);
            yield* update(other, (n) => {
              count.value = seen + 1;
              return n + 1;
            });
          }),
        };
      }),
    'not deterministic',
  ],
  [
    'a step whose address is changed on the way',
    () =>
      visited(({ world, count }) => {
        const other = new Cell(world, 'other', 0);
        return {
          tasks: both(function* () {
            const seen = yield* READ_ONCE(count);
            const step: Step<unknown> = WRITE_ONCE(count, seen + 1);
            Object.assign(step, { address: other.address });
            yield* step;
          }),
        };
      }),
    'not deterministic',
  ],
  [
    'names that every object has',
    () =>
      visited(({ visit }) => ({
        tasks: ['__proto__', 'constructor'].map((name) => ({ name, body: visit })),
      })),
    found,
  ],
  [
    'a task that waits for itself',
    () =>
      visited(({ world, count }) => ({
        tasks: both(function* () {
          yield* spawn(world, 'child', function* () {
            yield* until(count, (n) => n > 9);
          });
        }),
      })),
    'child waits for count, which is 0',
  ],
  [
    'a trace of errors that throws',
    () =>
      visited(({ count }) => ({
        tasks: both(function* () {
          yield* READ_ONCE(count);
          const error = new Error('hello');
          Object.defineProperty(error, 'stack', {
            get: () => {
              throw new Error('no stack');
            },
          });
          throw error;
        }),
      })),
    'bug: A throws Error: hello',
  ],
  [
    'a failed cmpxchg() that is taken for a success',
    () =>
      visited(({ count }) => ({
        tasks: both(function* () {
          const seen = yield* READ_ONCE(count);
          yield* cmpxchg(count, seen, seen + 1);
        }),
      })),
    found,
  ],
];

/** What nobody sees. */
export const unseen: readonly Try[] = [
  [
    'a value that a task looks at by hand',
    () =>
      visited(({ world, count }) => {
        const other = new Cell(world, 'other', 0);
        return {
          tasks: [
            {
              name: 'A',
              *body() {
                yield* READ_ONCE(other);
                yield* WRITE_ONCE(other, count.value);
              },
            },
            {
              name: 'B',
              *body() {
                yield* WRITE_ONCE(count, 1);
              },
            },
          ],
          properties: [{ kind: 'end', name: 'early', holds: () => other.value === 0 }],
        };
      }),
    'clean',
  ],
  [
    'a value that a task writes by hand',
    () =>
      visited(({ count }) => ({
        tasks: both(function* () {
          yield* READ_ONCE(count);
          count.value++;
        }),
      })),
    'clean',
  ],
  [
    'a cell that has another address for each task',
    () =>
      visited(({ world, count }) => {
        const other = new Cell(world, 'other', 0);
        const addresses = [count.address, other.address];
        return {
          tasks: addresses.map((address, i) => ({
            name: 'AB'.charAt(i),
            *body() {
              Object.assign(count, { address });
              const seen = yield* READ_ONCE(count);
              Object.assign(count, { address });
              yield* WRITE_ONCE(count, seen + 1);
            },
          })),
        };
      }),
    'clean',
  ],
];
