import type { Footprint } from '../program/dependence.ts';
import type { Names } from '../program/names.ts';
import { FREE, type Kind, READ, SPAWN, TRY_FAILED, WRITE } from '../program/op.ts';

/**
 * Who touched each address last, and enough of what was there before to take an event back. A lock
 * is "written" by taking it and by letting it go, and read by a `trylock` that fails.
 */
export class History {
  /** By address: the last write, and the last event that published what its task had seen. */
  lastWrite: Int32Array = new Int32Array(0);
  lastSync: Int32Array = new Int32Array(0);
  /** By address: tasks that read since the last write, one bit each; by address and task, when. */
  readers: Int32Array = new Int32Array(0);
  lastRead: Int32Array = new Int32Array(0);
  /** By property: the last write to a cell it watches. */
  lastWatched: number[] = [];
  /** By event: the last write to the same address before it, and whether it published. */
  readonly writeBefore: number[] = [];
  readonly published: number[] = [];

  readonly #names: Names;
  readonly #width: number;
  // By event: the state it replaced.
  readonly #readersBefore: number[] = [];
  readonly #readBefore: number[] = [];
  readonly #syncBefore: number[] = [];
  readonly #userBefore: number[] = [];
  readonly #usersBefore: number[] = [];
  readonly #watchedBefore: number[][] = [];

  constructor(names: Names, width: number) {
    this.#names = names;
    this.#width = width;
  }

  /** Make room for `address`, and for event `depth`. */
  reserve(address: number, depth: number): void {
    if (address >= this.lastWrite.length) {
      const size = Math.max(64, this.#names.lifetime.length, this.lastWrite.length * 2);
      this.lastWrite = grown(this.lastWrite, size, -1);
      this.lastSync = grown(this.lastSync, size, -1);
      this.readers = grown(this.readers, size, 0);
      this.lastRead = grown(this.lastRead, size * this.#width, -1);
    }
    this.published[depth] = 0;
  }

  remember(depth: number, task: number, address: number, kind: Kind, publishes: boolean): void {
    this.#readersBefore[depth] = this.readers[address] as number;
    if (kind === READ || kind === TRY_FAILED) {
      const at = address * this.#width + task;
      this.#readBefore[depth] = this.lastRead[at] as number;
      this.lastRead[at] = depth;
      this.readers[address] = (this.readers[address] as number) | (1 << task);
    } else {
      this.writeBefore[depth] = this.lastWrite[address] as number;
      this.lastWrite[address] = depth;
      this.readers[address] = 0;
      const watch = kind === WRITE ? (this.#names.watch[address] as number) : 0;
      if (watch !== 0) this.#rememberWatched(depth, watch);
    }
    if (publishes) {
      this.published[depth] = 1;
      this.#syncBefore[depth] = this.lastSync[address] as number;
      this.lastSync[address] = depth;
    }
    // Whoever touches a part uses the whole object: its being freed must not come in between.
    const lifetime = kind === FREE ? -1 : (this.#names.lifetime[address] as number);
    if (lifetime >= 0) {
      const at = lifetime * this.#width + task;
      this.#userBefore[depth] = this.lastRead[at] as number;
      this.#usersBefore[depth] = this.readers[lifetime] as number;
      this.lastRead[at] = depth;
      this.readers[lifetime] = (this.readers[lifetime] as number) | (1 << task);
    }
  }

  #rememberWatched(depth: number, watch: number): void {
    this.#watchedBefore[depth] = this.lastWatched;
    this.lastWatched = [...this.lastWatched];
    for (let rest = watch; rest !== 0; rest &= rest - 1)
      this.lastWatched[31 - Math.clz32(rest & -rest)] = depth;
  }

  /** Take back the last event. */
  undo(depth: number, task: number, foot: Footprint): void {
    const kind = foot & 15;
    const address = foot >> 4;
    if (kind >= SPAWN) return;
    const lifetime = kind === FREE ? -1 : (this.#names.lifetime[address] as number);
    if (lifetime >= 0) {
      this.lastRead[lifetime * this.#width + task] = this.#userBefore[depth] as number;
      this.readers[lifetime] = this.#usersBefore[depth] as number;
    }
    this.readers[address] = this.#readersBefore[depth] as number;
    if (kind === READ || kind === TRY_FAILED) {
      this.lastRead[address * this.#width + task] = this.#readBefore[depth] as number;
    } else {
      this.lastWrite[address] = this.writeBefore[depth] as number;
      if (kind === WRITE && (this.#names.watch[address] as number) !== 0)
        this.lastWatched = this.#watchedBefore[depth] as number[];
    }
    if (this.published[depth] === 1) this.lastSync[address] = this.#syncBefore[depth] as number;
  }
}

function grown(array: Int32Array, size: number, fill: number): Int32Array {
  const bigger = new Int32Array(size).fill(fill);
  bigger.set(array);
  return bigger;
}
