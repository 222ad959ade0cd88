import {
  Cell,
  cmpxchg,
  Mutex,
  mutex_lock,
  mutex_unlock,
  type Program,
  read,
  type Task,
  type TaskSpec,
  update,
  type World,
  write,
} from '../../../src/explore/index.ts';

/** The programs by which the literature measures explorers, and how many traces each has. */

type Body = (world: World, cells: Cell<number>[], locks: Mutex[], index: number) => Task<unknown>;

interface Shape {
  readonly cells: number | readonly number[];
  readonly locks?: number;
  readonly tasks: readonly Body[];
}

export function program(name: string, { cells, locks = 0, tasks }: Shape): Program {
  const initial = typeof cells === 'number' ? new Array<number>(cells).fill(0) : cells;
  return {
    name,
    maxTasks: tasks.length,
    setup(world) {
      const made = initial.map((value, i) => new Cell(world, `x${i}`, value));
      const mutexes = Array.from({ length: locks }, (_, i) => new Mutex(world, `m${i}`));
      return {
        tasks: tasks.map(
          (body, i): TaskSpec => ({ name: `T${i}`, body: () => body(world, made, mutexes, i) }),
        ),
      };
    },
  };
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}

const times = (n: number, body: (i: number) => Body): Body[] =>
  Array.from({ length: n }, (_, i) => body(i));

export function readers(n: number): Program {
  return program(`readers(${n})`, {
    cells: 1,
    tasks: [
      function* (_w, x) {
        yield* write(at(x, 0), 1);
      },
      ...times(
        n,
        () =>
          function* (_w, x) {
            yield* read(at(x, 0));
          },
      ),
    ],
  });
}

export function lastzero(n: number): Program {
  return program(`lastzero(${n})`, {
    cells: n + 1,
    tasks: [
      function* (_w, a) {
        for (let i = n; i >= 0; i--) if ((yield* read(at(a, i))) === 0) return;
      },
      ...times(
        n,
        (i) =>
          function* (_w, a) {
            yield* write(at(a, i + 1), (yield* read(at(a, i))) + 1);
          },
      ),
    ],
  });
}

export function indexer(n: number, mutex = false): Program {
  return program(`indexer${mutex ? ' with mutex' : ''}(${n})`, {
    cells: 128,
    locks: mutex ? 128 : 0,
    tasks: times(
      n,
      (t) =>
        function* (_w, table, locks) {
          for (let m = 1; m <= 4; m++) {
            const w = 11 * m + t;
            for (let h = (7 * w) % 128; ; h = (h + 1) % 128) {
              if (mutex) {
                yield* mutex_lock(at(locks, h));
                const free = (yield* read(at(table, h))) === 0;
                if (free) yield* write(at(table, h), w);
                yield* mutex_unlock(at(locks, h));
                if (free) break;
              } else if ((yield* cmpxchg(at(table, h), 0, w)) === 0) break;
            }
          }
        },
    ),
  });
}

export function filesystem(n: number): Program {
  return program(`filesystem(${n})`, {
    cells: 32 + 26,
    locks: 32 + 26,
    tasks: times(
      n,
      (t) =>
        function* (_w, cells, locks) {
          const i = t % 32;
          yield* mutex_lock(at(locks, i));
          if ((yield* read(at(cells, i))) === 0) {
            for (let b = (2 * i) % 26; ; b = (b + 1) % 26) {
              yield* mutex_lock(at(locks, 32 + b));
              if ((yield* read(at(cells, 32 + b))) === 0) {
                yield* write(at(cells, 32 + b), 1);
                yield* write(at(cells, i), b + 1);
                yield* mutex_unlock(at(locks, 32 + b));
                break;
              }
              yield* mutex_unlock(at(locks, 32 + b));
            }
          }
          yield* mutex_unlock(at(locks, i));
        },
    ),
  });
}

export function ainc(n: number): Program {
  return program(`ainc(${n})`, {
    cells: 1,
    tasks: times(
      n,
      () =>
        function* (_w, x) {
          yield* update(at(x, 0), (v) => v + 1);
        },
    ),
  });
}

export function lockinc(n: number): Program {
  return program(`lockinc(${n})`, {
    cells: 1,
    locks: 1,
    tasks: times(
      n,
      () =>
        function* (_w, x, m) {
          yield* mutex_lock(at(m, 0));
          yield* write(at(x, 0), (yield* read(at(x, 0))) + 1);
          yield* mutex_unlock(at(m, 0));
        },
    ),
  });
}

export function inc(n: number): Program {
  return program(`inc(${n})`, {
    cells: 1,
    tasks: times(
      n,
      () =>
        function* (_w, x) {
          yield* write(at(x, 0), (yield* read(at(x, 0))) + 1);
        },
    ),
  });
}

export function binc(n: number, variables: 2 | 3 = 2): Program {
  return program(`${variables === 2 ? 'binc' : 'cinc'}(${n})`, {
    cells: variables,
    tasks: times(
      n,
      () =>
        function* (_w, x) {
          for (let i = 0; i < variables; i++) yield* update(at(x, i), (v) => v + 1);
        },
    ),
  });
}

export function cas(n: number): Program {
  return program(`cas(${n})`, {
    cells: 1,
    tasks: times(
      n,
      (i) =>
        function* (_w, x) {
          yield* cmpxchg(at(x, 0), 0, i + 1);
        },
    ),
  });
}

/** A writer, and tasks that replace what it writes. */
export function wcas(n: number): Program {
  return program(`wcas(${n})`, {
    cells: 1,
    tasks: [
      function* (_w, x) {
        yield* write(at(x, 0), 2);
      },
      ...times(
        n,
        () =>
          function* (_w, x) {
            yield* cmpxchg(at(x, 0), 2, 3);
          },
      ),
    ],
  });
}

/** Each task replaces what the one before has put there. */
export function casrot(n: number): Program {
  return program(`casrot(${n})`, {
    cells: 1,
    tasks: times(
      n,
      (i) =>
        function* (_w, x) {
          yield* cmpxchg(at(x, 0), i, i + 1);
        },
    ),
  });
}

/** Each task takes the cell if it is free, and then writes to it anyway. */
export function casw(n: number): Program {
  return program(`casw(${n})`, {
    cells: 1,
    tasks: times(
      n,
      (i) =>
        function* (_w, x) {
          yield* cmpxchg(at(x, 0), 0, 1);
          yield* write(at(x, 0), i + 3);
        },
    ),
  });
}

/** Two tasks write x and read it again, past a cell each that n - 1 others write. */
export function coa(n: number): Program {
  const looks = (other: number): Body =>
    function* (_w, cells) {
      yield* write(at(cells, 0), other);
      yield* read(at(cells, other));
      yield* read(at(cells, 0));
    };
  return program(`CoA(${n})`, {
    cells: 3,
    tasks: [
      looks(1),
      looks(2),
      ...times(
        n - 1,
        (i) =>
          function* (_w, cells) {
            yield* write(at(cells, 1), i);
            yield* write(at(cells, 2), i);
          },
      ),
    ],
  });
}

/** Two tasks read what two others keep writing: x and y, z and w. */
export function big0(): Program {
  const reads = (...which: readonly number[]): Body =>
    function* (_w, cells) {
      for (const i of which) yield* read(at(cells, i));
    };
  const writes = (...which: readonly number[]): Body =>
    function* (_w, cells) {
      for (let value = 1; value <= 3; value++)
        for (const i of which) yield* write(at(cells, i), value);
    };
  const tasks = [reads(0, 1, 2, 3, 0, 1, 2), reads(0, 1, 2), writes(0, 1), writes(2, 3)];
  return program('big0', { cells: 4, tasks });
}

export function fibBench(rounds: number): Program {
  return program(`fib_bench(${rounds})`, {
    cells: [1, 1],
    tasks: [
      ...times(
        2,
        (own) =>
          function* (_w, v) {
            for (let i = 0; i < rounds; i++) {
              const x = yield* read(at(v, 0));
              const y = yield* read(at(v, 1));
              yield* write(at(v, own), x + y);
            }
          },
      ),
      function* (_w, v) {
        if ((yield* read(at(v, 0))) <= 144) yield* read(at(v, 1));
      },
    ],
  });
}

export function fib(n: number): Program {
  return program(`fib(${n})`, {
    cells: [1, 1],
    tasks: [
      function* (_w, v) {
        for (let k = 0; k < n; k++) {
          const i = yield* read(at(v, 0));
          yield* write(at(v, 0), i + (yield* read(at(v, 1))));
        }
      },
      function* (_w, v) {
        for (let k = 0; k < n; k++) {
          const j = yield* read(at(v, 1));
          yield* write(at(v, 1), j + (yield* read(at(v, 0))));
        }
      },
    ],
  });
}

export function mutexDeadlock(n: number): Program {
  return program(`mutex_deadlock(${n})`, {
    cells: 1,
    locks: 1,
    tasks: times(
      n,
      () =>
        function* (_w, x, m) {
          yield* mutex_lock(at(m, 0));
          yield* write(at(x, 0), (yield* read(at(x, 0))) + 1);
        },
    ),
  });
}

export const abba: Program = program('AB-BA', {
  cells: 0,
  locks: 2,
  tasks: times(
    2,
    (i) =>
      function* (_w, _x, m) {
        yield* mutex_lock(at(m, i));
        yield* mutex_lock(at(m, 1 - i));
        yield* mutex_unlock(at(m, 1 - i));
        yield* mutex_unlock(at(m, i));
      },
  ),
});

/**
 * The IOMMU race in small. Task A configures a device; each prober B finds no fwspec and takes the
 * shared object away again. Cells: dev, then fwspec, ops, alive of each object.
 */
export function iommuRace(probers: number): Program {
  const objects = probers + 2;
  const field = (kind: 0 | 1 | 2, p: number): number => 1 + kind * (objects + 1) + p;
  return program(`race(${probers})`, {
    cells: 1 + 3 * (objects + 1),
    locks: 1,
    tasks: [
      function* (_w, c) {
        const dev = at(c, 0);
        let p = yield* read(dev);
        if (p === 0) {
          yield* write(at(c, field(2, 1)), 1);
          yield* write(dev, 1);
        }
        p = yield* read(dev);
        if (p === 0) return;
        yield* write(at(c, field(0, p)), 1);
        yield* write(at(c, field(1, 0)), 1);
        p = yield* read(dev);
        if (p === 0) return;
        yield* read(at(c, field(0, p)));
        yield* read(at(c, field(1, 0)));
      },
      ...times(
        probers,
        (k) =>
          function* (_w, c, m) {
            const dev = at(c, 0);
            yield* mutex_lock(at(m, 0));
            let p = yield* read(dev);
            if (p === 0) {
              p = k + 2;
              yield* write(at(c, field(2, p)), 1);
              yield* write(dev, p);
            }
            let ok = yield* read(at(c, field(0, p)));
            if (ok !== 0) ok = yield* read(at(c, field(1, 0)));
            if (ok === 0) {
              yield* write(at(c, field(2, p)), 0);
              yield* write(dev, 0);
            }
            yield* mutex_unlock(at(m, 0));
          },
      ),
    ],
  });
}
