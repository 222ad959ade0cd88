import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorldsKind } from '../../../src/explore/execution/worlds.ts';
import {
  addTo,
  append,
  assign,
  Cell,
  explore,
  join,
  look,
  ModelError,
  Mutex,
  mutex_lock,
  mutex_unlock,
  type Outcome,
  type Program,
  type Property,
  READ_ONCE,
  read,
  StateGraph,
  sample,
  setIn,
  spawn,
  type Task,
  type World,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';
import { Search } from '../../../src/explore/search/search.ts';
import { inc, iommuRace, lastzero } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';

interface Made {
  readonly tasks: readonly (() => Task<unknown>)[];
  readonly end?: () => boolean | string;
}

function program(make: (world: World) => Made, rest: Partial<Program> = {}): Program {
  return {
    name: 'keeps',
    ...rest,
    setup(world) {
      const { tasks, end } = make(world);
      const property: Property[] =
        end === undefined ? [] : [{ kind: 'end', name: 'ends', holds: end }];
      return { tasks: tasks.map((body, i) => ({ name: `T${i}`, body })), properties: property };
    },
  };
}

/** What does not depend on how long it took. */
function gist({ verdict, executions, bugs, outcomes, transitions }: Outcome): unknown {
  return { verdict, executions, transitions, outcomes, bugs: bugs.map(({ steps, ...bug }) => bug) };
}

/** Two tasks that write a cell a few times, each with something of its own after every write. */
function* writer(cell: Cell<number>, times: number, after: () => void): Task {
  for (let i = 0; i < times; i++) {
    yield* WRITE_ONCE(cell, (yield* READ_ONCE(cell)) + 1);
    after();
  }
}

// What a program keeps outside of cells is not undone. None of it may change what is found.
const keeping: readonly [string, Program][] = [
  [
    'a counter in a variable of setup',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      let count = 0;
      const task = (): Task => writer(x, 2, () => count++);
      return { tasks: [task, task], end: () => count === 4 };
    }),
  ],
  [
    'how many are inside, and the most there ever were',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      const lock = new Mutex(world, 'lock');
      let inside = 0;
      let most = 0;
      const task = function* (): Task {
        yield* mutex_lock(lock);
        most = Math.max(most, ++inside);
        yield* write(x, (yield* read(x)) + 1);
        inside--;
        yield* mutex_unlock(lock);
      };
      return { tasks: [task, task, task], end: () => most === 1 && x.value === 3 };
    }),
  ],
  [
    'a flag that is never taken back and hides what goes wrong',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      let seen = false;
      return {
        tasks: [
          function* () {
            yield* WRITE_ONCE(x, 1);
          },
          function* () {
            if ((yield* READ_ONCE(x)) === 1) seen = true;
          },
        ],
        end: () => seen,
      };
    }),
  ],
  [
    'an order of events in a list',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      const order: string[] = [];
      const task = (name: string) => () => writer(x, 2, () => order.push(name));
      return { tasks: [task('a'), task('b')], end: () => order.join('') !== 'bbaa' };
    }),
  ],
  [
    'a set in a cell that is changed in place',
    program((world) => {
      const set = new Cell(world, 'set', new Set<number>());
      const task = (n: number) =>
        function* (): Task {
          const known = yield* READ_ONCE(set);
          if (n === 0 || known.has(n - 1)) known.add(n);
          yield* WRITE_ONCE(set, known);
        };
      return { tasks: [task(0), task(1), task(2)], end: () => set.value.size === 3 };
    }),
  ],
  [
    'a cell whose value is set by hand',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      const y = new Cell(world, 'y', 0);
      const task = function* (): Task {
        const old = yield* READ_ONCE(x);
        y.value += 1;
        yield* WRITE_ONCE(x, old + 1);
      };
      return { tasks: [task, task], end: () => y.value === 2 && x.value === 2 };
    }),
  ],
  [
    'what a task does once only',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      const y = new Cell(world, 'y', 0);
      let begun = false;
      const task = function* (): Task {
        yield* READ_ONCE(y);
        if (!begun) yield* WRITE_ONCE(x, (yield* READ_ONCE(x)) + 1);
        begun = true;
        yield* WRITE_ONCE(y, 1);
      };
      return { tasks: [task, task], end: () => x.value === 1 };
    }),
  ],
  [
    'a variable that parent and child share',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      return {
        tasks: [
          function* () {
            const got: number[] = [];
            const child = yield* spawn(world, 'child', function* () {
              got.push(yield* READ_ONCE(x));
            });
            yield* WRITE_ONCE(x, 1);
            yield* join(child);
            yield* WRITE_ONCE(x, (got[0] as number) + 5);
          },
          function* () {
            yield* WRITE_ONCE(x, (yield* READ_ONCE(x)) + 1);
          },
        ],
        end: () => x.value !== 7,
      };
    }),
  ],
  [
    'cells that a task makes by itself',
    program((world) => {
      const x = new Cell<Cell<number> | null>(world, 'x', null);
      const task = function* (): Task {
        const own = new Cell(world, 'own', 0);
        const other = yield* READ_ONCE(x);
        yield* WRITE_ONCE(x, own);
        if (other !== null) yield* WRITE_ONCE(other, 1);
        if ((yield* READ_ONCE(own)) === 1) yield* WRITE_ONCE(own, 2);
      };
      return { tasks: [task, task], end: () => x.value?.value !== 2 };
    }),
  ],
  [
    'an error that a task survives',
    program((world) => {
      const x = new Cell(world, 'x', 0);
      const task = function* (): Task {
        try {
          const value = yield* READ_ONCE(x);
          if (value === 1) throw new Error('one');
          yield* WRITE_ONCE(x, value + 1);
        } catch {
          yield* WRITE_ONCE(x, 10);
        }
        yield* READ_ONCE(x);
      };
      return { tasks: [task, task], end: () => x.value !== 2 };
    }),
  ],
];

describe('what a program keeps outside of cells', () => {
  it.each(keeping)('does not change what is found: %s', (_name, keeps) => {
    expect(gist(explore(keeps))).toEqual(gist(explore(keeps, { worlds: 'fresh' })));
  });

  it.each(keeping)('does not change what all states are: %s', (_name, keeps) => {
    expect(statesOf(keeps, 'kept')).toEqual(statesOf(keeps, 'fresh'));
  });
});

it('the outcome says whether worlds could be kept', () => {
  const [[, counter]] = keeping as [(typeof keeping)[number]];
  const [, cells] = keeping.find(([name]) => name === 'cells that a task makes by itself') ?? [];
  expect(explore(counter).worlds).toBe('fresh');
  expect(explore(cells as Program).worlds).toBe('fresh');
  expect(explore(lastzero(3)).worlds).toBe('kept');
  expect(sample(lastzero(3), { executions: 3, seed: 1 }).worlds).toBe(null);
});

describe('a program that is not deterministic', () => {
  let outside = 0;
  let random = 1;
  /** As good as `Math.random()`, and the same in each run of the test. */
  const toss = (): boolean => {
    random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
    return random % 1000 < 500;
  };
  const kept: { cell?: Cell<number> } = {};
  it.each<[string, Program]>([
    [
      'a task that tosses a coin',
      program((world) => {
        const x = new Cell(world, 'x', 0);
        const y = new Cell(world, 'y', 0);
        const task = function* (): Task {
          for (let i = 0; i < 3; i++) yield* WRITE_ONCE(toss() ? x : y, 1);
        };
        return { tasks: [task, task] };
      }),
    ],
    [
      'a value that is tossed',
      program((world) => {
        const x = new Cell(world, 'x', 0);
        const task = function* (): Task {
          for (let i = 0; i < 3; i++) yield* WRITE_ONCE(x, toss() ? 1 : 2);
        };
        return { tasks: [task, task] };
      }),
    ],
    [
      'a setup that counts how often it is called',
      program((world) => {
        const x = new Cell(world, 'x', outside++);
        return { tasks: [() => writer(x, 1, () => {}), () => writer(x, 1, () => {})] };
      }),
    ],
    [
      'a task that counts how often it was run, outside of setup',
      program((world) => {
        const x = new Cell(world, 'x', 0);
        const task = function* (): Task {
          yield* WRITE_ONCE(x, outside++);
        };
        return { tasks: [task, task] };
      }),
    ],
    [
      'a property that tosses a coin',
      program((world) => {
        const x = new Cell(world, 'x', 0);
        const task = (): Task => writer(x, 2, () => {});
        return { tasks: [task, task], end: toss };
      }),
    ],
    [
      'a cell of the last execution',
      program((world) => {
        const x = new Cell(world, 'x', 0);
        kept.cell ??= x;
        const { cell } = kept;
        return { tasks: [() => writer(cell, 1, () => {}), () => writer(cell, 1, () => {})] };
      }),
    ],
  ])('is told so: %s', (_name, wrong) => {
    for (const worlds of ['kept', 'fresh', 'compared'] as const)
      expect(() => explore(wrong, { worlds })).toThrow(ModelError);
    expect(() => explore(wrong)).toThrow(/not deterministic|belongs to another execution/);
  });
});

/** How a search goes with worlds of one kind: what each execution did. */
function executionsOf(searched: Program, worlds: WorldsKind): unknown[] {
  const seen: unknown[] = [];
  const search = new Search(
    searched,
    (run, execution, failures) =>
      seen.push([
        run.task.slice(0, run.length).join(),
        run.foot.slice(0, run.length).join(),
        failures.length,
        execution.world.heap.length,
      ]),
    { worlds },
  );
  search.explore(500);
  return seen;
}

/** All states of a program, as far as the second engine gets, and the bugs in them. */
function statesOf(searched: Program, worlds: WorldsKind): unknown {
  const options = { maxStates: 2_000, worlds };
  const { names, bugs, ...found } = new StateGraph(searched, options).run();
  return { ...found, bugs: [...bugs] };
}

describe('a world that is kept', () => {
  it.each([inc(3), iommuRace(2), lastzero(5)])('has the states of fresh ones: $name', (p) => {
    expect(statesOf(p, 'kept')).toEqual(statesOf(p, 'fresh'));
  });

  it('has the states of fresh ones, in random programs', () => {
    fc.assert(
      fc.property(miniPrograms, (mini) => {
        const random = toProgram(mini);
        expect(statesOf(random, 'kept')).toEqual(statesOf(random, 'fresh'));
      }),
      { seed: 20261128, numRuns: 100, endOnFailure: true },
    );
  });

  it.each([inc(3), iommuRace(2), lastzero(5)])(
    'is at every step what a fresh one is: $name',
    (p) => {
      expect(executionsOf(p, 'compared')).toEqual(executionsOf(p, 'fresh'));
      expect(executionsOf(p, 'kept')).toEqual(executionsOf(p, 'fresh'));
    },
  );

  it('is at every step what a fresh one is, in random programs', () => {
    fc.assert(
      fc.property(miniPrograms, (mini) => {
        const random = toProgram(mini);
        const fresh = executionsOf(random, 'fresh');
        expect(executionsOf(random, 'compared')).toEqual(fresh);
        expect(executionsOf(random, 'kept')).toEqual(fresh);
      }),
      { seed: 7_1_2, numRuns: 150, endOnFailure: true },
    );
  });

  it('has what went through assign() and its like taken back, and look() told again', () => {
    const mindful = program((world) => {
      const x = new Cell(world, 'x', 0);
      const plain = {
        last: '',
        list: [] as string[],
        set: new Set<string>(),
        map: new Map<string, number>(),
      };
      const task = (name: string) =>
        function* (): Task {
          for (let i = 0; i < 2; i++) {
            yield* WRITE_ONCE(x, (yield* READ_ONCE(x)) + 1);
            const before = look(world, () => plain.last);
            assign(world, plain, 'last', name);
            append(world, plain.list, name);
            addTo(world, plain.set, `${before}${name}`);
            setIn(world, plain.map, name, plain.list.length);
            yield* WRITE_ONCE(x, before === name ? 5 : 6);
          }
        };
      const end = (): string =>
        `${plain.last} ${plain.list.join('')} ${[...plain.set].join()} ${[...plain.map].join()}`;
      return { tasks: [task('a'), task('b')], end };
    });
    const told = (worlds: WorldsKind): string[] => {
      const seen: string[] = [];
      const search = new Search(
        mindful,
        (_run, _execution, failures) => seen.push(failures.map(({ message }) => message).join()),
        { worlds },
      );
      search.explore(1_000);
      return seen;
    };
    // No StateElsewhere is thrown: nothing escapes.
    expect(told('compared')).toEqual(told('fresh'));
    expect(new Set(told('kept')).size).toBeGreaterThan(3);
  });
});
