import {
  cmpxchg,
  kfree,
  kzalloc,
  kzallocOrNull,
  type Mutex,
  READ_ONCE,
  read,
  type Task,
  until,
  update,
  WRITE_ONCE,
  write,
} from '../../../explore/index.ts';
import type { DebugType } from '../../layout/debug.ts';
import { type MakeThing, MemoryLock } from '../../memory/cells.ts';
import { Image } from '../../memory/image.ts';
import { PrivateMemory, SharedMemory, sharedMemory, Variable } from '../../memory/objects.ts';
import { Pointer, type Scalar, undef } from '../../memory/value.ts';
import type { Order } from '../code/code.ts';
import { big, canonical, isSame } from '../values/arithmetic.ts';
import { type Common, nameOf, type Own, Places } from './places.ts';

/**
 * What one task does to memory. What only it knows of it reads and writes at once; what others know
 * of are cells, and touching them is an event.
 */
export class Access extends Places {
  /** What it has from the heap that nobody else knows of. */
  readonly #heap = new Set<PrivateMemory>();

  /** Read at once what only this task knows of; null for what others know of, too. */
  loadOwn(pointer: Scalar, size: number): Scalar | null {
    if (!(pointer instanceof Pointer)) return null;
    const { memory, offset } = pointer;
    if (!(memory instanceof PrivateMemory) || !isWhole(memory, offset, size)) return null;
    return memory.image.read(offset, size);
  }

  /** Write at once what only this task knows of. Returns whether that is so. */
  storeOwn(pointer: Scalar, size: number, value: Scalar): boolean {
    if (!(pointer instanceof Pointer)) return false;
    const { memory, offset } = pointer;
    if (!(memory instanceof PrivateMemory) || !isWhole(memory, offset, size)) return false;
    this.loops.writes(memory, offset, size);
    memory.image.write(offset, size, value);
    return true;
  }

  /** Read a value of so many bytes. */
  *load(pointer: Scalar, size: number, order: Order = 'plain'): Task<Scalar> {
    const target = this.target(pointer, size, 'read');
    if (target.memory instanceof PrivateMemory)
      return target.memory.image.read(target.offset, size);
    const cell = this.cell(target as Common, size);
    this.makesEvent();
    let value: Scalar;
    if (order === 'plain') value = yield* read(cell);
    else if (order === 'marked') value = yield* READ_ONCE(cell);
    else value = yield* until(cell, always);
    this.loops.reads(cell, value);
    return value;
  }

  *store(pointer: Scalar, size: number, value: Scalar, order: Order = 'plain'): Task {
    const target = this.target(pointer, size, 'written');
    if (target.memory instanceof PrivateMemory) return this.#keep(target as Own, size, value);
    const known = yield* this.share(value);
    const cell = this.cell(target as Common, size);
    this.makesEvent();
    this.loops.changesAll();
    if (order === 'plain') yield* write(cell, known);
    else if (order === 'marked') yield* WRITE_ONCE(cell, known);
    else yield* update(cell, () => known);
  }

  /** Replace a value in one go; the value from before. */
  *update(
    pointer: Scalar,
    size: number,
    by: Scalar,
    change: (value: Scalar, by: Scalar) => Scalar,
    orders = true,
  ): Task<Scalar> {
    const target = this.target(pointer, size, 'written');
    if (target.memory instanceof PrivateMemory) {
      const before = target.memory.image.read(target.offset, size);
      this.#keep(target as Own, size, change(before, by));
      return before;
    }
    const known = yield* this.share(by);
    const cell = this.cell(target as Common, size);
    this.makesEvent();
    const before = yield* update(cell, (value) => change(value, known), orders);
    // Whoever swaps a lock for what it holds already only waits.
    if (isSame(before, change(before, known))) this.loops.reads(cell, before);
    else this.loops.changesAll();
    return before;
  }

  /** Store a value if another one is there; what was there. */
  *exchange(
    pointer: Scalar,
    size: number,
    expected: Scalar,
    next: Scalar,
    orders = true,
  ): Task<Scalar> {
    const target = this.target(pointer, size, 'written');
    if (target.memory instanceof PrivateMemory) {
      const before = target.memory.image.read(target.offset, size);
      if (this.#isAs(before, expected)) this.#keep(target as Own, size, next);
      return before;
    }
    const known = yield* this.share(next);
    const wanted = yield* this.share(expected);
    const cell = this.cell(target as Common, size);
    this.makesEvent();
    const before = yield* cmpxchg(cell, wanted, known, orders);
    if (this.#isAs(before, wanted)) this.loops.changesAll();
    else this.loops.reads(cell, before);
    return before;
  }

  #isAs(value: Scalar, expected: Scalar): boolean {
    if (value === undef || expected === undef) this.crashUndefined('decides whether it is swapped');
    return isSame(value, expected);
  }

  /** Wait for a value that others store here. */
  *wait(pointer: Scalar, size: number, holds: (value: Scalar) => boolean): Task<Scalar> {
    const target = this.target(yield* this.share(this.pointerOf(pointer)), size, 'read');
    const cell = this.cell(target as Common, size);
    this.makesEvent();
    this.loops.changesAll();
    return yield* until(cell, holds);
  }

  /** Memory on the stack of a function. */
  variable(
    label: string,
    size: number,
    debug: DebugType | null,
    image: Image = new Image(false),
  ): PrivateMemory {
    return this.private(label, size, image, false, debug);
  }

  /** Memory from the heap; NULL where the program asks for allocations to fail. */
  *allocate(size: number, isZeroed: boolean): Task<Scalar> {
    const label = `${this.functionName}() memory`;
    const memory = this.private(label, size, new Image(isZeroed), true, null);
    if (this.world.faults > 0) {
      const shared = yield* kzallocOrNull(this.world, sharedMemory(memory));
      if (shared === null) return 0n;
      memory.shared = shared;
      this.#fillOnce(memory, shared);
      return memory.at(0);
    }
    this.#heap.add(memory);
    this.loops.changesAll();
    return memory.at(0);
  }

  *free(pointer: Scalar): Task {
    const known = this.pointerOf(pointer);
    if (!(known instanceof Pointer)) {
      if (pointer !== undef && big(pointer) === 0n) return;
      this.noPointer(pointer, 'freed');
    }
    const { memory, offset } = canonical(known);
    const isHeap =
      (memory instanceof PrivateMemory || memory instanceof SharedMemory) && memory.isHeap;
    if (!isHeap || offset !== 0)
      this.crash(
        'double-free',
        nameOf(memory),
        `${known.text} is freed, which is not from the heap`,
      );
    this.loops.changesAll();
    if (memory instanceof SharedMemory) {
      this.makesEvent();
      yield* kfree(this.world, memory);
    } else if (memory instanceof PrivateMemory) {
      if (memory.goneBy !== null)
        this.crash(
          'double-free',
          nameOf(memory),
          `${memory.text} is freed again; ${memory.goneBy} freed it before`,
        );
      memory.goneBy = `${this.functionName}()`;
      this.#heap.delete(memory);
    }
  }

  /** How many bytes an allocation has. */
  sizeOf(pointer: Scalar): number {
    return pointer instanceof Pointer ? canonical(pointer).memory.size : 0;
  }

  /** What a function had on its stack is gone: at once, where nobody else knows of it. */
  leaveOwn(variables: readonly PrivateMemory[], name: string): boolean {
    for (const { shared } of variables) if (shared !== null) return false;
    if (variables.length > 0) {
      const by = `${name}(), which has returned`;
      for (const memory of variables) memory.goneBy = by;
    }
    return true;
  }

  /** The same, where others know of some of it. */
  *leave(variables: readonly PrivateMemory[], name: string): Task {
    yield* this.#forget(variables, `${name}(), which has returned`);
  }

  *#forget(variables: readonly PrivateMemory[], by: string): Task {
    for (const memory of variables) {
      memory.goneBy = by;
      if (memory.shared !== null) yield* kfree(this.world, memory.shared);
    }
  }

  /** What is at this place beside its bytes, to be changed; everybody is to know of it. */
  *thingAt<T>(pointer: Scalar, make: MakeThing<T>): Task<T> {
    this.loops.changesAll();
    return yield* this.placedAt(pointer, make);
  }

  /** The same, for whoever says what changes. */
  *placedAt<T>(pointer: Scalar, make: MakeThing<T>): Task<T> {
    const place = yield* this.share(this.pointerOf(pointer));
    const { memory, offset } = this.target(place, 1, 'used') as Common;
    this.makesEvent();
    return memory instanceof Variable
      ? this.machine.statics.thingAt(memory, offset, make)
      : memory.thingAt(offset, make);
  }

  lockAt(pointer: Scalar): Task<Mutex> {
    return this.thingAt<Mutex>(pointer, (owner, names) => new MemoryLock(owner, names));
  }

  /** Let others know of what a value leads to; the value as they know it. */
  *share(named: Scalar): Task<Scalar> {
    const value = this.resolved(named);
    if (!(value instanceof Pointer)) return value;
    const { memory } = value;
    if (memory instanceof PrivateMemory && memory.shared === null) {
      const all = this.#reachable(memory);
      for (const one of all) one.shared = yield* kzalloc(this.world, sharedMemory(one));
      for (const one of all) {
        this.#fillOnce(one, one.shared as SharedMemory);
        this.#heap.delete(one);
      }
      this.loops.changesAll();
    }
    return canonical(value);
  }

  /** Fed, it is filled already. */
  #fillOnce(memory: PrivateMemory, shared: SharedMemory): void {
    if (shared.isFilled) return;
    const image = new Image(memory.image.isZeroed);
    for (const [offset, { size, value }] of memory.image.entries())
      image.write(offset, size, this.#known(value));
    shared.fill(image, memory);
  }

  /** A value as everybody knows it. */
  #known(named: Scalar): Scalar {
    const value = this.resolved(named);
    return value instanceof Pointer ? canonical(value) : value;
  }

  /** The memory that nobody knows of yet, and that this leads to, itself first. */
  #reachable(memory: PrivateMemory): PrivateMemory[] {
    const found = new Set([memory]);
    for (const one of found)
      for (const [, { value: named }] of one.image.entries()) {
        const value = this.resolved(named);
        if (value instanceof Pointer && value.memory instanceof PrivateMemory)
          if (value.memory.shared === null) found.add(value.memory);
      }
    return [...found];
  }

  /** The task is over, and with it what it had for itself. */
  *finish(name: string): Task {
    yield* this.#forget(this.threadLocals, `the end of ${name}`);
    this.end();
  }

  /** Nobody can free what the task leaves behind. */
  end(): void {
    for (const memory of this.#heap)
      this.world.fail({
        kind: 'leak',
        object: nameOf(memory),
        message: `${memory.text} is lost: nothing points to it any more`,
      });
  }

  #keep({ memory, offset }: Own, size: number, value: Scalar): void {
    this.loops.writes(memory, offset, size);
    memory.image.write(offset, size, value);
  }
}

/** Whether there is nothing to say about an access: it is inside, nobody else knows, and it is not gone. */
function isWhole(
  { shared, goneBy, size: all }: PrivateMemory,
  offset: number,
  size: number,
): boolean {
  return shared === null && goneBy === null && offset >= 0 && offset + size <= all;
}

function always(): boolean {
  return true;
}
