import {
  Cell,
  call,
  choose,
  cmpxchg,
  field,
  kfree,
  kzalloc,
  Mutex,
  mutex_lock,
  mutex_unlock,
  type Program,
  type Property,
  READ_ONCE,
  read,
  type Start,
  type Step,
  Struct,
  spawn,
  type Task,
  type TaskSpec,
  until,
  update,
  type World,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';

// Programs of somebody who wants to hear "clean" of a program that is wrong, and what is said of them.
// docs/internals/fooling.md lists them.

/** What is tried, the program, and what is said: a part of the error, or the verdict and a part of a bug. */
export type Try = readonly [what: string, program: () => Program, said: string];

/** What no type checker lets through. */
const hostile = (value: unknown): never => value as never;

type Body = () => Task<unknown>;

function program(setup: (world: World) => Start | Body[]): Program {
  return {
    name: 'p',
    setup(world) {
      const made = setup(world);
      if (!Array.isArray(made)) return made;
      return { tasks: made.map((body, i) => ({ name: 'ABCD'.charAt(i), body })) };
    },
  };
}

/** Tasks that share one cell. */
function onACell(bodies: (cell: Cell<number>, world: World) => Body[]): Program {
  return program((world) => bodies(new Cell(world, 'cell', 0), world));
}

/** A task that makes one step. */
function does(step: () => Step<unknown> | Task<unknown>): Body {
  return function* () {
    yield* step();
  };
}

/** The race that is to be hidden: two visitors of whom one is not counted. */
function visitors(world: World): { count: Cell<number>; visit: Body; counted: Property } {
  const count = new Cell(world, 'count', 0);
  const counted: Property = { kind: 'end', name: 'counted', holds: () => count.value === 2 };
  function* visit(): Task {
    const seen = yield* READ_ONCE(count);
    yield* WRITE_ONCE(count, seen + 1);
  }
  return { count, visit, counted };
}

/** The race, and something beside it. */
function racing(
  beside: (made: ReturnType<typeof visitors>, world: World) => Partial<Start>,
): Program {
  return program((world) => {
    const made = visitors(world);
    const { visit, counted } = made;
    const tasks = [
      { name: 'A', body: visit },
      { name: 'B', body: visit },
    ];
    return { tasks, properties: [counted], ...beside(made, world) };
  });
}

/** A task that does what throws, with another beside it. */
function throwing(how: () => unknown): Program {
  return onACell((cell) => [
    function* () {
      yield* READ_ONCE(cell);
      how();
    },
    does(() => READ_ONCE(cell)),
  ]);
}

function raise(value: unknown): never {
  throw value;
}

/** Something that is different from the `from`th setup on. */
function late(from: number, setup: (world: World, isLate: boolean) => Start | Body[]): Program {
  let setups = 0;
  return program((world) => setup(world, ++setups >= from));
}

/** The race of three visitors, which something hides from the `from`th setup on. */
export function hidden(from: number, where: 'task' | 'property'): Program {
  return late(from, (world, isLate) => {
    const count = new Cell(world, 'count', 0);
    const hides = (what: typeof where): boolean => isLate && where === what;
    const tasks = ['A', 'B', 'C'].map((name) => ({
      name,
      *body(): Task {
        const seen = yield* READ_ONCE(count);
        yield* WRITE_ONCE(count, hides('task') ? 3 : seen + 1);
      },
    }));
    const holds = (): boolean => hides('property') || count.value === 3;
    return { tasks, properties: [{ kind: 'end', name: 'counted', holds }] };
  });
}

/** One order of four tasks fails, of 576: before the `from`th setup, or from it on. */
export function rare(from: number, isHiding: boolean): Program {
  return late(from, (world, isLate) => {
    const count = new Cell(world, 'count', 0);
    const tasks = ['A', 'B', 'C', 'D'].map((name, digit) => ({
      name,
      *body(): Task {
        const seen = yield* READ_ONCE(count);
        yield* WRITE_ONCE(count, seen * 4 + digit);
      },
    }));
    const backwards = 0b11_10_01_00;
    const holds = (): boolean => isLate === isHiding || count.value !== backwards;
    return { tasks, properties: [{ kind: 'end', name: 'forwards', holds }] };
  });
}

/** Something is reached before the twelfth setup only, after a setup so long that few executions are checked. */
export function reachedEarly(): Program {
  return late(12, (world, isLate) => {
    const { visit } = visitors(world);
    const boot = new Cell(world, 'boot', 0);
    world.runAlone('boot', function* () {
      for (let i = 0; i < 9_000; i++) yield* read(boot);
    });
    const tasks = ['A', 'B', 'C'].map((name) => ({ name, body: visit }));
    return { tasks, properties: [{ kind: 'sometimes', name: 'early', holds: () => !isLate }] };
  });
}

const twoTasks = (cell: Cell<number>): TaskSpec[] => [
  {
    name: 'A',
    *body() {
      yield* write(cell, 1);
    },
  },
  {
    name: 'B',
    *body() {
      yield* read(cell);
      yield* read(cell);
    },
  },
];

export const notTheSame: readonly Try[] = [
  [
    'a property that is there when tasks are counted, and never again',
    () =>
      late(2, (world, isLate) => {
        const { visit, counted } = visitors(world);
        const tasks = ['A', 'B'].map((name) => ({ name, body: visit }));
        return { tasks, properties: isLate ? [] : [counted] };
      }),
    'the number of properties is 0, and was 1 the first time',
  ],
  [
    'a task that asks the clock',
    () => {
      let now = 0;
      return onACell((cell) => [does(() => WRITE_ONCE(cell, now++)), does(() => READ_ONCE(cell))]);
    },
    'not deterministic: one schedule has "A: write cell',
  ],
  [
    'a property that throws dice',
    () => {
      const dice = [true, true, true, false, true, true, true, true];
      return racing(() => ({
        properties: [{ kind: 'end', name: 'luck', holds: () => dice.pop() ?? true }],
      }));
    },
    'not deterministic',
  ],
  [
    'a cell kept from the last execution',
    () => {
      let kept: Cell<number> | null = null;
      return program((world) => {
        kept ??= new Cell(world, 'kept', 0);
        return twoTasksOf(kept);
      });
    },
    'kept belongs to another execution',
  ],
  [
    'an object kept from the last execution',
    () => {
      let kept: node | null = null;
      return program((world) => {
        kept ??= new node(world, 'kept');
        return twoTasksOf(kept.next);
      });
    },
    'kept->next belongs to another execution',
  ],
  [
    'a lock kept from the last execution',
    () => {
      let kept: Mutex | null = null;
      return program((world) => {
        kept ??= new Mutex(world, 'kept');
        const lock = kept;
        const body: Body = function* () {
          yield* mutex_lock(lock);
          yield* mutex_unlock(lock);
        };
        return [body, body];
      });
    },
    'kept belongs to another execution',
  ],
  [
    'a world kept from the last execution',
    () => {
      let kept: World | null = null;
      return program((world) => {
        kept ??= world;
        return twoTasksOf(new Cell(kept, 'cell', 0));
      });
    },
    'setup makes other objects than the first time',
  ],
  [
    'a start kept from the last execution',
    () => {
      let kept: Start | null = null;
      return program((world) => {
        const { visit, counted } = visitors(world);
        kept ??= { tasks: [{ name: 'A', body: visit }], properties: [counted] };
        return kept;
      });
    },
    'count belongs to another execution',
  ],
  [
    'a Set outside that each execution changes',
    () => {
      const seen = new Set<number>();
      return onACell((cell) => [
        function* () {
          if (!seen.delete(0)) seen.add(0);
          for (const value of seen) yield* write(cell, value);
        },
      ]);
    },
    'not deterministic: the first step of a task',
  ],
  [
    'setup that makes objects in another order',
    () =>
      late(6, (world, isLate) => {
        const names = isLate ? ['b', 'a'] : ['a', 'b'];
        const [a] = names.map((name) => new Cell(world, name, 0));
        return twoTasksOf(a as Cell<number>);
      }),
    'the name of an object is b, and was a the first time',
  ],
  [
    'setup that makes one object more',
    () =>
      late(6, (world, isLate) => {
        if (isLate) new Cell(world, 'extra', 0);
        return twoTasksOf(new Cell(world, 'cell', 0));
      }),
    'setup makes other objects than the first time',
  ],
  [
    'setup that makes a lock where a cell was',
    () =>
      late(6, (world, isLate) => {
        const cell = new Cell(world, 'cell', 0);
        if (isLate) new Mutex(world, 'x');
        else new Cell(world, 'x', 0);
        return twoTasksOf(cell);
      }),
    'the number of objects is 1, and was 2 the first time',
  ],
  [
    'setup that puts another value into a cell',
    () => late(6, (world, isLate) => twoTasksOf(new Cell(world, 'cell', isLate ? 1 : 0))),
    'cell is 1, and was 0 the first time',
  ],
  [
    'tasks in another order',
    () =>
      late(6, (world, isLate) => {
        const tasks = twoTasks(new Cell(world, 'cell', 0));
        return { tasks: isLate ? tasks.reverse() : tasks };
      }),
    'the name of a task is B, and was A the first time',
  ],
  [
    'a task that appears',
    () =>
      late(6, (world, isLate) => {
        const tasks = twoTasks(new Cell(world, 'cell', 0));
        return { tasks: isLate ? [...tasks, ...tasks] : tasks };
      }),
    'the number of tasks is 4, and was 2 the first time',
  ],
  [
    'a task that disappears',
    () =>
      late(6, (world, isLate) => ({
        tasks: twoTasks(new Cell(world, 'cell', 0)).slice(0, isLate ? 1 : 2),
      })),
    'the number of tasks is 1, and was 2 the first time',
  ],
  [
    'a task that is called something else',
    () =>
      late(6, (world, isLate) => ({
        tasks: twoTasks(new Cell(world, 'cell', 0)).map((task) => ({
          ...task,
          name: isLate ? 'Z' : task.name,
        })),
      })),
    'the name of a task is Z, and was A the first time',
  ],
  [
    'a task that is spared faults later on',
    () =>
      late(6, (world, isLate) => ({
        tasks: twoTasks(new Cell(world, 'cell', 0)).map((task) => ({ ...task, spared: isLate })),
      })),
    'spared of a task is true, and was false the first time',
  ],
  [
    'a property that disappears',
    () =>
      late(5, (world, isLate) => {
        const { visit, counted } = visitors(world);
        const tasks = ['A', 'B'].map((name) => ({ name, body: visit }));
        return { tasks, properties: isLate ? [] : [counted] };
      }),
    'the number of properties is 0, and was 1 the first time',
  ],
  [
    'a property that is called something else',
    () =>
      late(5, (world, isLate) => {
        const { visit, counted } = visitors(world);
        const tasks = ['A', 'B'].map((name) => ({ name, body: visit }));
        return { tasks, properties: [{ ...counted, name: isLate ? 'other' : 'counted' }] };
      }),
    'the name of a property is other, and was counted the first time',
  ],
  [
    'a predicate of until() that counts',
    () => {
      let asked = 0;
      return onACell((cell) => [
        does(() => until(cell, () => asked++ > 3)),
        does(() => WRITE_ONCE(cell, 1)),
      ]);
    },
    'not deterministic',
  ],
  [
    'a change of update() that counts',
    () => {
      let asked = 0;
      return onACell((cell) => [
        does(() => update(cell, () => asked++)),
        does(() => READ_ONCE(cell)),
      ]);
    },
    'not deterministic',
  ],
  [
    'a generator that all executions share',
    () => {
      let kept: Task<unknown> | null = null;
      return racing(({ visit }) => {
        kept ??= visit();
        const shared = kept;
        return { tasks: [{ name: 'A', body: () => shared }] };
      });
    },
    'of another execution is gone on with',
  ],
  [
    'a helper generator that all executions share',
    () => {
      let kept: Task<unknown> | null = null;
      return program((world) => {
        const { visit } = visitors(world);
        kept ??= visit();
        const shared = kept;
        return [does(() => shared)];
      });
    },
    'of another execution is gone on with',
  ],
  [
    'a step kept from the last execution',
    () => {
      let kept: ReturnType<typeof READ_ONCE<number>> | null = null;
      return program((world) => {
        const { count } = visitors(world);
        return [
          function* () {
            kept ??= READ_ONCE(count);
            yield* kept;
          },
        ];
      });
    },
    'is used twice',
  ],
  [
    'a task that hides the race from the twelfth setup on',
    () => hidden(12, 'task'),
    'not deterministic: one schedule has "A: write count 1" once, and "A: write count 3" another time',
  ],
  [
    'a property that hides the race from the twelfth setup on',
    () => hidden(12, 'property'),
    'not deterministic: one schedule has "property counted end',
  ],
];

export const notAProgram: readonly Try[] = [
  [
    'an async setup',
    () => hostile({ name: 'p', setup: async () => ({ tasks: [] }) }),
    'must be an object, not a promise',
  ],
  [
    'a task that is an async function',
    () => program(() => [hostile(async () => {})]),
    'must give a generator, not a promise',
  ],
  [
    'a task that is an async generator',
    () =>
      program(() => [
        hostile(async function* () {
          yield 1;
        }),
      ]),
    'must give a generator, not an async generator',
  ],
  [
    'a promise that is yielded',
    () =>
      program(() => [
        function* () {
          yield hostile(Promise.resolve());
        },
      ]),
    'a promise is yielded in A, which is no step',
  ],
  [
    'one generator for two tasks',
    () =>
      racing(({ visit }) => {
        const shared = visit();
        return { tasks: ['A', 'B'].map((name) => ({ name, body: () => shared })) };
      }),
    'task "B" is given the generator of another task',
  ],
  [
    'one step that is used twice',
    () =>
      program((world) => {
        const { count } = visitors(world);
        return [
          function* () {
            const step = READ_ONCE(count);
            yield* step;
            yield* step;
          },
        ];
      }),
    'a step (read count) is used twice',
  ],
  [
    'calls that are made and dropped',
    () =>
      racing(({ visit }) => ({
        tasks: ['A', 'B'].map((name) => ({
          name,
          *body() {
            visit();
          },
        })),
      })),
    'task "A" makes no step',
  ],
  [
    'a step that is not yielded, and the error caught',
    () =>
      program((world) => {
        const { count } = visitors(world);
        return [
          function* () {
            READ_ONCE(count);
            try {
              yield* READ_ONCE(count);
            } catch {}
          },
        ];
      }),
    'a step was made but not yielded in A',
  ],
  [
    'too many ways to choose from, and the error caught',
    () =>
      program((world) => [
        function* () {
          try {
            yield* choose(world, 99);
          } catch {}
        },
      ]),
    'choose() takes 1 to 20 ways, not 99',
  ],
  [
    'a getter that gives the tasks once',
    () =>
      program((world) => {
        const { visit, counted } = visitors(world);
        let asked = 0;
        return {
          get tasks() {
            return asked++ === 0 ? [{ name: 'A', body: visit }] : [];
          },
          properties: [counted],
        };
      }),
    '"tasks" of what setup returns in program "p" is a getter',
  ],
  [
    'a getter that gives the properties once',
    () =>
      program((world) => {
        const { visit, counted } = visitors(world);
        let asked = 0;
        return {
          tasks: ['A', 'B'].map((name) => ({ name, body: visit })),
          get properties() {
            return asked++ === 0 ? [counted] : [];
          },
        };
      }),
    '"properties" of what setup returns in program "p" is a getter',
  ],
  [
    'a getter that gives another setup each time',
    () => {
      let asked = 0;
      const [one, other] = [racing(() => ({})), program(() => [])];
      return {
        name: 'p',
        get setup() {
          return asked++ === 0 ? one.setup : other.setup;
        },
      };
    },
    '"setup" of a program is a getter',
  ],
  [
    'a list of tasks with a hole',
    () =>
      program((world) => {
        const tasks: TaskSpec[] = [];
        tasks[1] = { name: 'A', body: visitors(world).visit };
        return { tasks };
      }),
    'task 1 in program "p" must be an object, not undefined',
  ],
  [
    'a cell whose name is a symbol',
    () => program((world) => twoTasksOf(new Cell(world, hostile(Symbol('x')), 0))),
    'the name of a Cell is a string, not Symbol(x)',
  ],
  [
    'a frozen world',
    () =>
      racing((_made, world) => {
        Object.freeze(world);
        return {};
      }),
    'setup freezes the world it is given',
  ],
  [
    'a world that reports no failure',
    () =>
      racing((_made, world) => {
        world.fail = () => {};
        return {};
      }),
    "Cannot assign to read only property 'fail'",
  ],
  [
    'a property that takes back what went wrong',
    () =>
      racing(({ counted }, world) => {
        const wipe = (): boolean => {
          Reflect.set(world.failures, 'length', 0);
          return true;
        };
        return { properties: [counted, { kind: 'end', name: 'wipe', holds: wipe }] };
      }),
    'bug: does not hold at the end: counted',
  ],
  [
    'a property that mends what the next one looks at',
    () =>
      racing(({ count, counted }) => {
        const mend = (): boolean => {
          count.value = 2;
          return true;
        };
        return { properties: [{ kind: 'end', name: 'mend', holds: mend }, counted] };
      }),
    'a property changes count',
  ],
  [
    'an invariant that mends what it watches',
    () =>
      racing(({ count, counted }) => {
        const mend = (): boolean => {
          if (count.value === 1) count.value = 2;
          return true;
        };
        const watched = [count];
        return {
          properties: [{ kind: 'always', name: 'mend', watched, holds: mend }, counted],
        };
      }),
    'a property changes count',
  ],
  [
    '32 tasks',
    () =>
      racing(({ visit }) => ({
        tasks: Array.from({ length: 32 }, (_, i) => ({ name: `${i}`, body: visit })),
      })),
    'more than 31 tasks',
  ],
];

export const thrown: readonly Try[] = [
  ['an Error', () => throwing(() => raise(new Error('hello'))), 'bug: A throws Error: hello'],
  ['a string', () => throwing(() => raise('hello')), 'bug: A throws something: "hello"'],
  ['undefined', () => throwing(() => raise(undefined)), 'bug: A throws something: undefined'],
  ['null', () => throwing(() => raise(null)), 'bug: A throws something: null'],
  ['a symbol', () => throwing(() => raise(Symbol('x'))), 'bug: A throws something: Symbol(x)'],
  ['a BigInt', () => throwing(() => raise(5n)), 'bug: A throws something: 5'],
  ['a function', () => throwing(() => raise(() => 1)), 'bug: A throws something: a function'],
  [
    'an object with a message',
    () => throwing(() => raise({ message: 'hello' })),
    'bug: A throws something: hello',
  ],
  [
    'an object without a prototype',
    () => throwing(() => raise(Object.create(null))),
    'bug: A throws something: a plain object',
  ],
  [
    'a Proxy that throws whatever it is asked',
    () =>
      throwing(() =>
        raise(new Proxy({}, { get: () => raise('no'), getPrototypeOf: () => raise('no') })),
      ),
    'bug: A throws something: "no"',
  ],
  [
    'a revoked Proxy',
    () =>
      throwing(() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw proxy;
      }),
    'bug: A throws TypeError',
  ],
  [
    'an error whose message throws',
    () =>
      throwing(() =>
        raise(Object.defineProperty(new Error('a'), 'message', { get: () => raise('no') })),
      ),
    'bug: A throws Error: an Error',
  ],
  [
    'an error whose name throws',
    () =>
      throwing(() =>
        raise(Object.defineProperty(new Error('a'), 'name', { get: () => raise('no') })),
      ),
    'bug: A throws Error: a',
  ],
  [
    'an error whose message is a symbol',
    () =>
      throwing(() => raise(Object.defineProperty(new Error('a'), 'message', { value: Symbol() }))),
    'bug: A throws Error: an Error',
  ],
  [
    'an object whose toString throws',
    () =>
      throwing(() =>
        raise(
          new (class T {
            toString = () => raise('no');
          })(),
        ),
      ),
    'bug: A throws something: a T',
  ],
  [
    'an object whose then throws',
    () => throwing(() => raise(Object.defineProperty({}, 'then', { get: () => raise('no') }))),
    'bug: A throws something: something that cannot be looked at',
  ],
  [
    'a frozen error',
    () => throwing(() => raise(Object.freeze(new Error('cold')))),
    'bug: A throws Error: cold',
  ],
  [
    'an error that calls itself a ModelError',
    () => throwing(() => raise(Object.assign(new Error('fake'), { name: 'ModelError' }))),
    'bug: A throws ModelError: fake',
  ],
  [
    'an error that calls itself an InternalError',
    () => throwing(() => raise(Object.assign(new Error('fake'), { name: 'InternalError' }))),
    'bug: A throws InternalError: fake',
  ],
  ['a million letters', () => throwing(() => raise(new Error('x'.repeat(1_000_000)))), 'xxxxx...'],
  [
    'a stack that overflows',
    () => {
      const deeper = (): number => deeper() + 1;
      return throwing(deeper);
    },
    'bug: A throws RangeError: Maximum call stack size exceeded',
  ],
  [
    'a body that throws before it is a generator',
    () => program(() => [() => raise(new Error('at once'))]),
    'bug: A throws Error: at once',
  ],
  [
    'the body of a task that is started on the way',
    () =>
      program((world) => [does(() => spawn(world, 'child', () => raise(new Error('at once'))))]),
    'throws Error: at once',
  ],
  [
    'a change of update()',
    () => onACell((cell) => [does(() => update(cell, () => raise(new Error('on its own'))))]),
    'bug: A throws Error: on its own',
  ],
  [
    'a predicate of until()',
    () => onACell((cell) => [does(() => until(cell, () => raise(new Error('on its own'))))]),
    'the predicate of until() in A, for cell, throws Error: on its own',
  ],
  [
    'a NULL that is followed, and the crash caught',
    () =>
      program((world) => {
        const pointer = new Cell<node | null>(world, 'pointer', null);
        return [
          function* () {
            try {
              field(world, yield* READ_ONCE(pointer), 'next');
            } catch {}
          },
        ];
      }),
    'bug: pointer is NULL',
  ],
  [
    'a freed object that is touched, and the crash caught',
    () =>
      freed(function* (touch) {
        try {
          yield* touch();
        } catch {}
      }),
    'is touched after',
  ],
  [
    'a freed object that is touched, and a return in `finally`',
    () =>
      freed(function* (touch) {
        try {
          yield* touch();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: that is what is tried
          return;
        }
      }),
    'is touched after',
  ],
  [
    'setup',
    () => program(() => raise(new Error('too early'))),
    'setup of program "p" throws Error: too early',
  ],
  ['setup, null', () => program(() => raise(null)), 'setup of program "p" throws something: null'],
  [
    'setup, the sixth time',
    () =>
      late(6, (world, isLate) => (isLate ? raise('late') : twoTasksOf(new Cell(world, 'cell', 0)))),
    'setup of program "p" throws something: "late"',
  ],
  [
    'setup, a crash',
    () =>
      program((world) => {
        field(world, null as node | null, 'next');
        return [];
      }),
    'setup of program "p" crashes: pointer is NULL',
  ],
  [
    'setup, a crash that is caught',
    () =>
      racing((_made, world) => {
        try {
          field(world, null as node | null, 'next');
        } catch {}
        return {};
      }),
    'setup of program "p" crashes: pointer is NULL',
  ],
  [
    'what setup runs',
    () =>
      program((world) => {
        world.runAlone('boot', function* () {
          throw new Error('too early');
        });
        return [];
      }),
    'setup of program "p" throws Error: too early',
  ],
  ...(['end', 'always', 'sometimes'] as const).map(
    (kind): Try => [
      `a property, ${kind}`,
      () =>
        racing(({ count }) => ({
          properties: [
            {
              kind,
              name: 'fails',
              holds: () => raise(new Error('what?')),
              ...(kind === 'always' ? { watched: [count] } : {}),
            } as Property,
          ],
        })),
      'property "fails" throws Error: what?',
    ],
  ),
  [
    'the title of a property',
    () =>
      racing(({ counted }) => ({ properties: [{ ...counted, title: () => raise('no title') }] })),
    'the title of property "counted" throws something: "no title"',
  ],
];

class node extends Struct {
  readonly next: Cell<number> = this.cell('next', 0);
}

function freed(use: (touch: () => Task<unknown>) => Task): Program {
  return program((world) => [
    function* () {
      const object = yield* kzalloc(world, node);
      yield* kfree(world, object);
      yield* use(does(() => READ_ONCE(object.next)));
    },
  ]);
}

function twoTasksOf(cell: Cell<number>): Body[] {
  return twoTasks(cell).map(({ body }) => body);
}

export const endless: readonly Try[] = [
  [
    'a loop of reads',
    () =>
      onACell((cell) => [
        function* () {
          for (;;) yield* read(cell);
        },
      ]),
    'more than 100000 steps: does the program end?',
  ],
  [
    'two loops that count',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', 0);
        const body: Body = function* () {
          for (;;) yield* update(cell, (value) => value + 1);
        };
        return [body, body];
      }),
    'more than 100000 steps: does the program end?',
  ],
  [
    'a loop that waits for another task',
    () =>
      onACell((cell) => [
        function* () {
          while ((yield* READ_ONCE(cell)) === 0);
        },
        does(() => WRITE_ONCE(cell, 1)),
      ]),
    'more than 100000 steps: does the program end?',
  ],
  [
    'a loop of allocations',
    () =>
      program((world) => [
        function* () {
          for (;;) yield* kfree(world, yield* kzalloc(world, node));
        },
      ]),
    'does the program end?',
  ],
  [
    'a loop of calls that make no step',
    () =>
      program((world) => [
        function* () {
          for (;;) yield* call(world, 'f', function* () {});
        },
      ]),
    'A makes 100000 steps in a row that nobody could notice: does it end?',
  ],
  [
    'a function that calls itself for ever',
    () =>
      program((world) => {
        function* f(): Task {
          yield* call(world, 'f', f);
        }
        return [f];
      }),
    'A makes 100000 steps in a row that nobody could notice: does it end?',
  ],
  [
    'a task that starts itself for ever',
    () =>
      program((world) => {
        function* f(): Task {
          yield* spawn(world, 'f', f);
        }
        return [f];
      }),
    'more than 9 tasks',
  ],
];

export const values: readonly Try[] = [
  ...([NaN, -0, 5n, undefined, Symbol('x'), () => 1] as unknown[]).map(
    (value): Try => [
      `${typeof value === 'function' ? 'a function' : Object.is(value, -0) ? '-0' : String(value)} in a cell`,
      () => inACell(value),
      'bug: B throws Error: too late',
    ],
  ),
  [
    'an object whose text throws in a cell',
    () =>
      inACell({
        get text(): string {
          return raise('no');
        },
      }),
    'bug: B throws Error: too late',
  ],
  [
    'a Proxy that throws in a cell',
    () =>
      inACell(
        new Proxy(
          {},
          { has: () => raise('no'), getPrototypeOf: () => raise('no'), ownKeys: () => raise('no') },
        ),
      ),
    'bug: B throws Error: too late',
  ],
  [
    'an array that holds itself in a cell',
    () => {
      const array: unknown[] = [];
      array.push(array);
      return inACell(array);
    },
    'bug: B throws Error: too late',
  ],
  [
    'an object in a cell, changed in place under a write',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', { n: 0 });
        const body: Body = function* () {
          const object = yield* READ_ONCE(cell);
          const { n } = object;
          yield* READ_ONCE(cell);
          object.n = n + 1;
          yield* WRITE_ONCE(cell, object);
        };
        const holds = (): boolean => cell.value.n === 2;
        const tasks = ['A', 'B'].map((name) => ({ name, body }));
        return { tasks, properties: [{ kind: 'end', name: 'both', holds }] };
      }),
    'bug: does not hold at the end: both',
  ],
  [
    'a frozen cell',
    () =>
      racing(({ count }) => {
        Object.freeze(count);
        return {};
      }),
    "bug: A throws TypeError: Cannot assign to read only property 'value'",
  ],
  [
    'NaN, which cmpxchg() finds equal to nothing, as === does',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', Number.NaN);
        return {
          tasks: [
            {
              name: 'A',
              *body() {
                yield* cmpxchg(cell, Number.NaN, 1);
              },
            },
          ],
          properties: [{ kind: 'end', name: 'swapped', holds: () => cell.value === 1 }],
        };
      }),
    'bug: does not hold at the end: swapped',
  ],
];

function inACell(value: unknown): Program {
  return program((world) => {
    const cell = new Cell<unknown>(world, 'cell', value);
    return [
      function* () {
        yield* kfree(world, yield* kzalloc(world, node));
        yield* WRITE_ONCE(cell, 1);
      },
      function* () {
        if ((yield* READ_ONCE(cell)) === 1) throw new Error('too late');
      },
    ];
  });
}

export const corners: readonly Try[] = [
  [
    'two tasks of one name',
    () => racing(({ visit }) => ({ tasks: [1, 2].map(() => ({ name: 'A', body: visit })) })),
    'bug: does not hold at the end: counted',
  ],
  [
    'two properties of one name, of which one fails',
    () =>
      racing(({ counted }) => ({
        properties: [{ kind: 'end', name: 'counted', holds: () => true }, counted],
      })),
    'bug: does not hold at the end: counted',
  ],
  [
    'two cells of one name, of which one races',
    () =>
      program((world) => {
        const [one, other] = [1, 2].map(() => new Cell(world, 'x', 0)) as [
          Cell<number>,
          Cell<number>,
        ];
        return [
          does(() => write(one, 1)),
          function* () {
            yield* read(other);
            yield* write(one, 2);
          },
        ];
      }),
    'of x by B is not ordered',
  ],
  [
    'a race between the last of 31 tasks',
    () =>
      racing(({ visit }) => ({
        tasks: Array.from({ length: 31 }, (_, i) => ({
          name: `${i}`,
          body: i < 29 ? function* () {} : visit,
        })),
      })),
    'bug: does not hold at the end: counted',
  ],
  [
    'a failing property of a program without tasks',
    () =>
      program(() => ({ tasks: [], properties: [{ kind: 'end', name: 'x', holds: () => false }] })),
    'bug: does not hold at the end: x',
  ],
  [
    'a `sometimes` of a program without tasks',
    () =>
      program(() => ({
        tasks: [],
        properties: [{ kind: 'sometimes', name: 'x', holds: () => false }],
      })),
    'bug: never happens in any execution: x',
  ],
  [
    'an invariant that does not hold before the first step',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', 1);
        const holds = (): boolean => cell.value === 0;
        const body: Body = function* () {
          yield* WRITE_ONCE(cell, 0);
        };
        return {
          tasks: [{ name: 'A', body }],
          properties: [{ kind: 'always', name: 'zero', watched: [cell], holds }],
        };
      }),
    'bug: does not always hold: zero',
  ],
  [
    'an invariant that does not hold, and no step at all',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', 1);
        const holds = (): boolean => cell.value === 0;
        return {
          tasks: [],
          properties: [{ kind: 'always', name: 'zero', watched: [cell], holds }],
        };
      }),
    'bug: does not always hold: zero',
  ],
  [
    'the 33rd of 40 invariants, when the first has fallen, too',
    () =>
      racing(({ count }) => ({
        properties: Array.from({ length: 40 }, (_, i) => ({
          kind: 'always' as const,
          name: `p${i}`,
          watched: [count],
          holds: () => (i % 32 === 0 ? count.value < 1 : true),
        })),
      })),
    'does not always hold: p32',
  ],
  [
    'locks that are left out of the order, in a deadlock',
    () =>
      program((world) => {
        const [a, b] = ['a', 'b'].map((name) => new Mutex(world, name, null, null)) as [
          Mutex,
          Mutex,
        ];
        const both = (one: Mutex, other: Mutex): Body =>
          function* () {
            yield* mutex_lock(one);
            yield* mutex_lock(other);
            yield* mutex_unlock(other);
            yield* mutex_unlock(one);
          };
        return [both(a, b), both(b, a)];
      }),
    'bug: A waits for b, held by B',
  ],
  [
    'functions 20,000 deep',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', 0);
        const deeper = (n: number): Body =>
          function* () {
            if (n > 0) yield* call(world, 'f', deeper(n - 1));
            else yield* write(cell, 1);
          };
        return [deeper(20_000), does(() => read(cell))];
      }),
    'of cell by B is not ordered',
  ],
];

/** What is said, and is no more than what can be seen: see Limitations in the guide. */
export const limits: readonly Try[] = [
  [
    'an object in a cell, changed in place with no write',
    () =>
      program((world) => {
        const cell = new Cell(world, 'cell', { n: 0 });
        const body: Body = function* () {
          const object = yield* READ_ONCE(cell);
          const { n } = object;
          yield* READ_ONCE(cell);
          object.n = n + 1;
        };
        const holds = (): boolean => cell.value.n === 2;
        const tasks = ['A', 'B'].map((name) => ({ name, body }));
        return { tasks, properties: [{ kind: 'end', name: 'both', holds }] };
      }),
    'clean',
  ],
  [
    'an invariant that does not name a cell it looks at',
    () =>
      program((world) => {
        const [a, b] = ['a', 'b'].map((name) => new Cell(world, name, 0)) as [
          Cell<number>,
          Cell<number>,
        ];
        const pulse = (cell: Cell<number>): Body =>
          function* () {
            yield* WRITE_ONCE(cell, 1);
            yield* WRITE_ONCE(cell, 0);
          };
        const holds = (): boolean => a.value + b.value < 2;
        const tasks = [a, b].map((cell) => ({ name: cell.label, body: pulse(cell) }));
        return { tasks, properties: [{ kind: 'always', name: 'not both', watched: [a], holds }] };
      }),
    'clean',
  ],
];
