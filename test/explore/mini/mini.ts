import fc from 'fast-check';
import {
  Cell,
  choose,
  cmpxchg,
  field,
  join,
  kfree,
  kzallocOrNull,
  lockdep_assert_held,
  look,
  Mutex,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  type Program,
  type Property,
  READ_ONCE,
  read,
  SpinLock,
  Struct,
  setIn,
  spawn,
  spin_lock,
  spin_unlock,
  type Task,
  type TaskHandle,
  until,
  update,
  type World,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';

/**
 * A language of a dozen instructions in which random programs are written. The explorer runs them
 * through {@link toProgram}; the oracle has an interpreter of its own.
 *
 * Each task has one number register `r` and one pointer register `p`.
 */
export type Instruction =
  | { readonly op: 'read'; readonly cell: number; readonly marked: boolean }
  | {
      readonly op: 'write';
      readonly cell: number;
      readonly value: number;
      readonly marked: boolean;
    }
  /** Stores `r + 1`: with a read before it, an increment in two steps. */
  | { readonly op: 'store'; readonly cell: number }
  | { readonly op: 'add'; readonly cell: number }
  /** Waits until the cell holds the value. */
  | { readonly op: 'until'; readonly cell: number; readonly value: number }
  | { readonly op: 'cas'; readonly cell: number; readonly expected: number; readonly next: number }
  | { readonly op: 'lock' | 'unlock' | 'trylock' | 'held'; readonly lock: number }
  /** `p = kzalloc()`, which may be made to fail; `*pointer = p`. */
  | { readonly op: 'new' }
  | { readonly op: 'publish'; readonly pointer: number }
  | { readonly op: 'load' | 'clear'; readonly pointer: number }
  /** Sets `r` to 0 or 1 or more, all of which are explored. */
  | { readonly op: 'choose'; readonly ways: number }
  | { readonly op: 'free' | 'getv' | 'putv' | 'untilv' | 'lockv' | 'unlockv' }
  /** Leave out the next `count` instructions when `r` is 0. */
  | { readonly op: 'skip'; readonly count: number }
  | { readonly op: 'spawn' | 'join'; readonly child: number };

export interface Mini {
  readonly cells: number;
  readonly pointers: number;
  /** Locks below this number are mutexes, the others spinlocks. */
  readonly mutexes: number;
  readonly locks: number;
  readonly tasks: readonly (readonly Instruction[])[];
  /** Started by `spawn`; named C0, C1. */
  readonly children: readonly (readonly Instruction[])[];
  /** Checks that cell 0 and cell 1 are never both above zero. */
  readonly watched: boolean;
  /** How many allocations may be made to fail. */
  readonly faults: number;
  /** Checks that cell 0 ends below 2. */
  readonly end: boolean;
}

/** The name of task `index`: the racing tasks first, then the children. */
export function taskName(mini: Mini, index: number): string {
  return index < mini.tasks.length ? `T${index}` : `C${index - mini.tasks.length}`;
}

/** The opposite of {@link taskName}. */
export function taskNumber(mini: Mini, name: string): number {
  return Number(name.slice(1)) + (name.startsWith('C') ? mini.tasks.length : 0);
}

export class node extends Struct {
  readonly v: Cell<number> = this.cell('v', 0);
  readonly lock: Mutex = new Mutex(this.world, 'lock', this);
}

interface State {
  readonly world: World;
  readonly mini: Mini;
  readonly cells: readonly Cell<number>[];
  readonly pointers: readonly Cell<node | null>[];
  readonly locks: readonly (Mutex | SpinLock)[];
  readonly handles: Map<number, TaskHandle>;
}

export function toProgram(mini: Mini): Program {
  return {
    name: 'random',
    maxTasks: mini.tasks.length + mini.children.length,
    faults: mini.faults,
    setup(world) {
      const make = <T>(count: number, one: (i: number) => T): T[] =>
        Array.from({ length: count }, (_, i) => one(i));
      const state: State = {
        world,
        mini,
        cells: make(mini.cells, (i) => new Cell(world, `x${i}`, 0)),
        pointers: make(mini.pointers, (i) => new Cell<node | null>(world, `p${i}`, null)),
        locks: make(mini.locks, (i) =>
          i < mini.mutexes ? new Mutex(world, `m${i}`) : new SpinLock(world, `m${i}`),
        ),
        handles: new Map(),
      };
      const [x0, x1] = state.cells;
      const properties: Property[] = [];
      if (mini.watched && x0 !== undefined && x1 !== undefined) {
        properties.push({
          kind: 'always',
          name: 'not both',
          watched: [x0, x1],
          holds: () => x0.value <= 0 || x1.value <= 0,
        });
      }
      if (mini.end && x0 !== undefined) {
        properties.push({ kind: 'end', name: 'below two', holds: () => x0.value < 2 });
      }
      return {
        properties,
        tasks: mini.tasks.map((body, i) => ({ name: `T${i}`, body: () => perform(state, body) })),
      };
    },
  };
}

function item<T>(items: readonly T[], index: number): T {
  const found = items[index];
  if (found === undefined) throw new RangeError(`no item ${index}`);
  return found;
}

function* perform(state: State, body: readonly Instruction[]): Task<void> {
  const { world, cells, locks, pointers } = state;
  let r = 0;
  let p: node | null = null;
  for (let pc = 0; pc < body.length; pc++) {
    const i = item(body, pc);
    switch (i.op) {
      case 'read':
        r = yield* i.marked ? READ_ONCE(item(cells, i.cell)) : read(item(cells, i.cell));
        break;
      case 'write':
        if (i.marked) yield* WRITE_ONCE(item(cells, i.cell), i.value);
        else yield* write(item(cells, i.cell), i.value);
        break;
      case 'store':
        yield* write(item(cells, i.cell), r + 1);
        break;
      case 'add':
        r = yield* update(item(cells, i.cell), (v) => v + 1);
        break;
      case 'until':
        r = yield* until(item(cells, i.cell), (v) => v === i.value);
        break;
      case 'untilv':
        r = yield* until(field(world, p, 'v'), (v) => v === 1);
        break;
      case 'cas':
        r = yield* cmpxchg(item(cells, i.cell), i.expected, i.next);
        break;
      case 'lock': {
        const lock = item(locks, i.lock);
        yield* lock instanceof SpinLock ? spin_lock(lock) : mutex_lock(lock);
        break;
      }
      case 'unlock': {
        const lock = item(locks, i.lock);
        yield* lock instanceof SpinLock ? spin_unlock(lock) : mutex_unlock(lock);
        break;
      }
      case 'trylock':
        r = (yield* mutex_trylock(item(locks, i.lock))) ? 1 : 0;
        break;
      case 'held':
        lockdep_assert_held(item(locks, i.lock));
        break;
      case 'new':
        p = yield* kzallocOrNull(world, node);
        break;
      case 'publish':
        yield* WRITE_ONCE(item(pointers, i.pointer), p);
        break;
      case 'choose':
        r = yield* choose(world, i.ways);
        break;
      case 'load':
        p = yield* READ_ONCE(item(pointers, i.pointer));
        break;
      case 'clear':
        yield* WRITE_ONCE(item(pointers, i.pointer), null);
        break;
      case 'free':
        yield* kfree(world, p);
        break;
      case 'getv':
        r = yield* READ_ONCE(field(world, p, 'v'));
        break;
      case 'putv':
        yield* WRITE_ONCE(field(world, p, 'v'), 1);
        break;
      case 'lockv':
        yield* mutex_lock(field(world, p, 'lock'));
        break;
      case 'unlockv':
        yield* mutex_unlock(field(world, p, 'lock'));
        break;
      case 'skip':
        if (r === 0) pc += i.count;
        break;
      case 'spawn': {
        const child = item(state.mini.children, i.child);
        const handle = yield* spawn(world, `C${i.child}`, () => perform(state, child));
        setIn(world, state.handles, i.child, handle);
        break;
      }
      case 'join': {
        const handle = look(world, () => state.handles.get(i.child));
        if (handle !== undefined) yield* join(handle);
        break;
      }
    }
  }
}

/** Instructions, mostly in shapes people write: increments, critical sections, lookups. */
function block(cells: number, pointers: number, locks: number, mutexes: number, depth: number) {
  type Block = readonly Instruction[];
  const cell = fc.nat({ max: cells - 1 });
  const pointer = fc.nat({ max: Math.max(pointers - 1, 0) });
  const lock = fc.nat({ max: Math.max(locks - 1, 0) });
  const mutex = fc.nat({ max: Math.max(mutexes - 1, 0) });
  const marked = fc.boolean();
  const bit = fc.nat({ max: 1 });
  const options: { weight: number; arbitrary: fc.Arbitrary<Block> }[] = [
    {
      weight: 4,
      arbitrary: fc.tuple(cell, marked).map(([c, m]) => [{ op: 'read', cell: c, marked: m }]),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(cell, bit, marked)
        .map(([c, value, m]) => [{ op: 'write', cell: c, value, marked: m }]),
    },
    {
      weight: 2,
      arbitrary: cell.map((c) => [
        { op: 'read', cell: c, marked: false },
        { op: 'store', cell: c },
      ]),
    },
    { weight: 2, arbitrary: cell.map((c) => [{ op: 'add', cell: c }]) },
    {
      weight: 3,
      arbitrary: fc.tuple(cell, bit).map(([c, value]) => [{ op: 'until', cell: c, value }]),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(cell, bit, bit)
        .map(([c, expected, next]) => [{ op: 'cas', cell: c, expected, next }]),
    },
  ];
  options.push({
    weight: 1,
    arbitrary: fc.integer({ min: 2, max: 3 }).map((ways) => [{ op: 'choose', ways }]),
  });
  const nested: fc.Arbitrary<Block> =
    depth === 0
      ? fc.constant([])
      : fc
          .array(block(cells, pointers, locks, mutexes, depth - 1), { maxLength: 2 })
          .map((list) => list.flat());
  if (depth > 0) {
    options.push({
      weight: 3,
      arbitrary: nested.map((body) => [{ op: 'skip', count: body.length }, ...body]),
    });
  }
  if (locks > 0) {
    options.push(
      {
        weight: 5,
        arbitrary: fc
          .tuple(lock, nested)
          .map(([l, body]) => [{ op: 'lock', lock: l }, ...body, { op: 'unlock', lock: l }]),
      },
      { weight: 1, arbitrary: lock.map((l) => [{ op: 'unlock', lock: l }]) },
      { weight: 1, arbitrary: lock.map((l) => [{ op: 'lock', lock: l }]) },
      { weight: 1, arbitrary: lock.map((l) => [{ op: 'held', lock: l }]) },
    );
  }
  if (mutexes > 0) {
    options.push({
      weight: 3,
      arbitrary: fc
        .tuple(mutex, nested)
        .map(([l, body]) => [
          { op: 'trylock', lock: l },
          { op: 'skip', count: body.length + 1 },
          ...body,
          { op: 'unlock', lock: l },
        ]),
    });
  }
  if (pointers > 0) {
    const use = fc.constantFrom<Block>(
      [{ op: 'free' }],
      [{ op: 'getv' }],
      [{ op: 'putv' }],
      [{ op: 'untilv' }],
      [{ op: 'lockv' }, { op: 'unlockv' }],
      [{ op: 'lockv' }, { op: 'putv' }, { op: 'unlockv' }],
      [{ op: 'lockv' }, { op: 'free' }],
    );
    options.push(
      {
        weight: 3,
        arbitrary: pointer.map((q) => [{ op: 'new' }, { op: 'publish', pointer: q }]),
      },
      {
        weight: 5,
        arbitrary: fc.tuple(pointer, use).map(([q, body]) => [{ op: 'load', pointer: q }, ...body]),
      },
      { weight: 1, arbitrary: pointer.map((q) => [{ op: 'clear', pointer: q }]) },
    );
  }
  return fc.oneof(...options);
}

/** Small random programs. `size` bounds the instructions of a task before blocks are unfolded. */
export const miniPrograms: fc.Arbitrary<Mini> = fc
  .record({
    cells: fc.integer({ min: 1, max: 3 }),
    pointers: fc.nat({ max: 2 }),
    locks: fc.nat({ max: 3 }),
    mutexes: fc.nat({ max: 2 }),
    tasks: fc.integer({ min: 2, max: 4 }),
    children: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 2 })),
    watched: fc.boolean(),
    end: fc.boolean(),
    faults: fc.nat({ max: 2 }),
  })
  .chain(({ cells, pointers, locks, mutexes, tasks, children, watched, end, faults }) => {
    const blocks = fc
      .array(block(cells, pointers, locks, Math.min(mutexes, locks), 1), {
        minLength: 1,
        maxLength: tasks === 2 ? 4 : 2,
      })
      .map((list) => list.flat());
    const withChildren = fc
      .tuple(blocks, fc.boolean(), blocks)
      .map(([before, joins, after]) => [
        ...before.slice(0, 2),
        ...Array.from({ length: children }, (_, child) => ({ op: 'spawn', child }) as const),
        ...(joins
          ? Array.from({ length: children }, (_, child) => ({ op: 'join', child }) as const)
          : []),
        ...after.slice(0, 3),
      ]);
    const racing = Math.max(1, tasks - children);
    return fc.record({
      cells: fc.constant(cells),
      pointers: fc.constant(pointers),
      mutexes: fc.constant(Math.min(mutexes, locks)),
      locks: fc.constant(locks),
      tasks:
        children === 0
          ? fc.array(blocks, { minLength: racing, maxLength: racing })
          : fc
              .tuple(
                withChildren,
                fc.array(blocks, { minLength: racing - 1, maxLength: racing - 1 }),
              )
              .map(([first, others]) => [first, ...others]),
      children: fc.array(blocks, { minLength: children, maxLength: children }),
      watched: fc.constant(watched),
      faults: fc.constant(faults),
      end: fc.constant(end),
    });
  });
