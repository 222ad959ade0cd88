import { Cell, Mutex, type Struct } from '../../explore/index.ts';
import type { Memory, Scalar } from './value.ts';

/** What has cells at offsets. */
type Place = Memory & {
  placeName?(offset: number): string;
  /** Where it is among all variables; 0 for what is no variable. */
  readonly start?: number;
};

/** The cells of an object, made on demand, and numbered by where they are. */
export class Cells {
  readonly #owner: Struct;
  readonly #cells = new Map<number, MemoryCell>();
  readonly #things = new Map<number, unknown>();
  /** By byte, where the cell begins that has it. */
  readonly #starts = new Map<number, number>();

  constructor(owner: Struct) {
    this.#owner = owner;
  }

  get all(): MemoryCell[] {
    return [...this.#cells.values()];
  }

  at(of: Place, at: number, size: number, first: () => Scalar): MemoryCell | null {
    const known = this.#cells.get(at);
    if (known !== undefined) return known.size === size ? known : null;
    for (let byte = at; byte < at + size; byte++) if (this.#starts.has(byte)) return null;
    const owner = this.#owner;
    const cell = owner.world.making(() => {
      owner.parts = 2 * at;
      return new MemoryCell(owner, of, at - (of.start ?? 0), size, first());
    });
    this.#cells.set(at, cell);
    for (let byte = at; byte < at + size; byte++) this.#starts.set(byte, at);
    return cell;
  }

  /** The cell at a place, if somebody has touched it. */
  known(at: number): MemoryCell | null {
    return this.#cells.get(at) ?? null;
  }

  thing<T>(of: Place, at: number, make: MakeThing<T>): T {
    if (!this.#things.has(at)) {
      const owner = this.#owner;
      const offset = at - (of.start ?? 0);
      const names: Names = {
        text: () => of.placeText(offset),
        className: () => of.placeName?.(offset) ?? of.placeText(offset),
      };
      const thing = owner.world.making(() => {
        owner.parts = 2 * at + 1;
        return make(owner, names);
      });
      this.#things.set(at, thing);
    }
    return this.#things.get(at) as T;
  }
}

/** How reports call a place, and how they do whatever execution it is in. */
export interface Names {
  text(): string;
  className(): string;
}

/** Makes what is at a place beside its bytes. */
export type MakeThing<T> = (owner: Struct, names: Names) => T;

/** A value in shared memory. */
export class MemoryCell extends Cell<Scalar> {
  readonly size: number;
  readonly #of: Place;
  readonly #offset: number;

  constructor(owner: Struct, of: Place, offset: number, size: number, value: Scalar) {
    super(owner.world, '', value, owner);
    this.size = size;
    this.#of = of;
    this.#offset = offset;
  }

  override get text(): string {
    return this.#of.placeText(this.#offset);
  }

  override get className(): string {
    return this.#of.placeName?.(this.#offset) ?? this.text;
  }
}

/** A lock that lies somewhere in memory. */
export class MemoryLock extends Mutex {
  readonly #names: Names;

  constructor(owner: Struct, names: Names) {
    super(owner.world, '', owner);
    this.#names = names;
  }

  override get text(): string {
    return this.#names.text();
  }

  override get className(): string {
    return this.#names.className();
  }

  override get lockClass(): string | null {
    return this.className;
  }
}

/** Something else with a state that tasks wait for. */
export class MemoryState<T> extends Cell<T> {
  readonly #names: Names;

  constructor(owner: Struct, names: Names, value: T) {
    super(owner.world, '', value, owner);
    this.#names = names;
  }

  override get text(): string {
    return this.#names.text();
  }

  override get className(): string {
    return this.#names.className();
  }
}
