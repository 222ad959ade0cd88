import { Cell, Mutex, Struct, type World } from '../../explore/index.ts';
import { type DebugType, fieldAt, nameOfType } from '../layout/debug.ts';
import type { Image } from './image.ts';
import { type Memory, type Pointer, Pointers, type Scalar, zero } from './value.ts';

/** A variable of the program, the same for all executions: what it holds is in {@link Statics}. */
export class Variable implements Memory {
  readonly name: string;
  readonly size: number;
  readonly base: bigint;
  /** Where it is among all variables. */
  readonly start: number;
  readonly isConstant: boolean;
  readonly isThreadLocal: boolean;
  readonly debug: DebugType | null;
  /** Its name is that of a pointer to it: fields are `dev->iommu`. */
  isPointedTo = false;
  /** A structure in it that has its name: of a `struct platform_device` the `dev`. */
  innerName: string | null = null;
  /** What it holds at first; null where its module does not have it. */
  image: Image | null = null;
  readonly #pointers = new Pointers();

  constructor(
    name: string,
    size: number,
    start: number,
    kind: { readonly isConstant: boolean; readonly isThreadLocal: boolean },
    debug: DebugType | null,
  ) {
    this.name = name;
    this.size = size;
    this.start = start;
    this.base = 0x5500_0000_0000n + BigInt(start);
    this.isConstant = kind.isConstant;
    this.isThreadLocal = kind.isThreadLocal;
    this.debug = debug;
  }

  get text(): string {
    return this.name;
  }

  placeText(offset: number): string {
    const place = placeIn(this.name, this.debug, offset, this.isPointedTo);
    const inner = this.innerName === null ? null : `${this.name}->${this.innerName}.`;
    return inner !== null && place.startsWith(inner)
      ? `${this.name}->${place.slice(inner.length)}`
      : place;
  }

  at(offset: number): Pointer {
    return this.#pointers.at(this, offset);
  }
}

/** A function, as something that pointers lead to. */
export class FunctionObject implements Memory {
  readonly name: string;
  readonly size = 0;
  readonly base: bigint;
  readonly #pointers = new Pointers();

  constructor(name: string, index: number) {
    this.name = name;
    this.base = 0x4000_0000n + BigInt(index * 16);
  }

  get text(): string {
    return this.name;
  }

  placeText(offset: number): string {
    return offset === 0 ? this.name : `${this.name}+${offset}`;
  }

  at(offset: number): Pointer {
    return this.#pointers.at(this, offset);
  }
}

/** Memory that only one task knows of: what is done to it is nobody's business. */
export class PrivateMemory implements Memory {
  readonly size: number;
  readonly image: Image;
  /** From malloc() or its like, so that it can be freed and can leak. */
  readonly isHeap: boolean;
  /** What it became when others came to know of it. */
  shared: SharedMemory | null = null;
  /** The function that freed it; or the one that made it has returned. */
  goneBy: string | null = null;
  debug: DebugType | null;
  /** When it was made; see `Loops`. */
  readonly madeAt: number;
  readonly #name: string;
  /** Which one of its task's it is. */
  readonly #number: number;
  readonly #pointers = new Pointers();

  constructor(
    name: string,
    size: number,
    number: number,
    image: Image,
    isHeap: boolean,
    debug: DebugType | null,
    madeAt: number,
  ) {
    this.#name = name;
    this.madeAt = madeAt;
    this.size = size;
    this.#number = number;
    this.image = image;
    this.isHeap = isHeap;
    this.debug = debug;
  }

  get name(): string {
    return this.#name;
  }

  get base(): bigint {
    return 0x7fff_0000_0000n + (BigInt(this.#number) << 20n);
  }

  get text(): string {
    if (this.shared !== null) return this.shared.text;
    return (this.isHeap && this.debug !== null && nameOfType(this.debug)) || this.#name;
  }

  placeText(offset: number): string {
    return placeIn(this.text, this.debug, offset, this.isHeap);
  }

  at(offset: number): Pointer {
    return this.#pointers.at(this, offset);
  }
}

function placeIn(text: string, debug: DebugType | null, offset: number, byArrow: boolean): string {
  const field = debug === null ? null : fieldAt(debug, offset);
  if (field === null) return offset === 0 ? text : `${text}+${offset}`;
  if (field === '' || field.startsWith('[')) return text + field;
  return byArrow ? `${text}->${field}` : `${text}.${field}`;
}

/** What the classes of shared memory of each size are made from. */
const classes = new Map<string, new (world: World) => SharedMemory>();

/** A class for the explorer to make an object of, for memory of a size and name. */
export function sharedMemory(of: PrivateMemory): new (world: World) => SharedMemory {
  const { size, name, isHeap } = of;
  const key = `${size} ${isHeap} ${name}`;
  let type = classes.get(key);
  if (type === undefined) {
    type = class extends SharedMemory {
      constructor(world: World) {
        super(world, size, name, isHeap);
      }
    };
    Object.defineProperty(type, 'name', { value: name });
    classes.set(key, type);
  }
  return type;
}

/** Memory that several tasks know of. Its cells are made when they are first touched. */
export class SharedMemory extends Struct implements Memory {
  readonly size: number;
  readonly base: bigint;
  readonly name: string;
  readonly isHeap: boolean;
  debug: DebugType | null = null;
  #image: Image | null = null;
  readonly #cells = new Cells(this);
  readonly #pointers = new Pointers();

  constructor(world: World, size: number, name: string, isHeap: boolean) {
    super(world);
    this.size = size;
    this.name = name;
    this.isHeap = isHeap;
    this.base = 0x7f00_0000_0000n + (BigInt(this.address) << 28n);
  }

  override get text(): string {
    return this.isHeap ? super.text : this.name;
  }

  override get className(): string {
    return (this.isHeap && this.debug !== null && nameOfType(this.debug)) || this.name;
  }

  override get cells(): readonly Cell<unknown>[] {
    return this.#cells.all;
  }

  /** Whether it is known what it held when it came to be shared. */
  get isFilled(): boolean {
    return this.#image !== null;
  }

  /** Say what it holds at first. */
  fill(image: Image, debug: DebugType | null): void {
    this.#image = image;
    this.debug = debug;
    // What a pointer leads to is not lost, even if nobody ever follows it.
    for (const [offset, { size, value }] of image.entries())
      if (typeof value === 'object') this.cellAt(offset, size);
  }

  placeText(offset: number): string {
    return placeIn(this.text, this.debug, offset, this.isHeap);
  }

  placeName(offset: number): string {
    return placeIn(this.className, this.debug, offset, this.isHeap);
  }

  at(offset: number): Pointer {
    return this.#pointers.at(this, offset);
  }

  /** The cell at a place; null where values of other sizes were met before. */
  cellAt(offset: number, size: number): MemoryCell | null {
    return this.#cells.at(this, offset, size, () => this.#first(offset, size));
  }

  /** What is at a place now, for whoever is no task. */
  valueAt(offset: number, size: number): Scalar {
    return this.#cells.known(offset)?.value ?? this.#first(offset, size);
  }

  /** What is at a place beside its bytes: a lock, say. */
  thingAt<T>(offset: number, make: MakeThing<T>): T {
    return this.#cells.thing(this, offset, make);
  }

  #first(offset: number, size: number): Scalar {
    return this.#image?.read(offset, size) ?? zero(8 * size);
  }
}

/** The variables of the program in one execution. */
export class Statics extends Struct {
  readonly #cells = new Cells(this);

  constructor(world: World) {
    super(world, 'variables');
  }

  override get cells(): readonly Cell<unknown>[] {
    return this.#cells.all;
  }

  cellAt(variable: Variable, offset: number, size: number): MemoryCell | null {
    return this.#cells.at(variable, variable.start + offset, size, () => {
      return variable.image?.read(offset, size) ?? zero(8 * size);
    });
  }

  /** What is in a variable now, for whoever is no task. */
  valueAt(variable: Variable, offset: number, size: number): Scalar {
    const known = this.#cells.known(variable.start + offset);
    return known?.value ?? variable.image?.read(offset, size) ?? zero(8 * size);
  }

  /** What is at a place of a variable beside its bytes. */
  thingAt<T>(variable: Variable, offset: number, make: MakeThing<T>): T {
    return this.#cells.thing(variable, variable.start + offset, make);
  }
}

/** What has cells at offsets. */
type Place = Memory & { placeName?(offset: number): string };

/** The cells of an object, made on demand, and numbered by where they are. */
class Cells {
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
      return new MemoryCell(owner, of, at - startOf(of), size, first());
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
      const offset = at - startOf(of);
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

function startOf(of: Place): number {
  return of instanceof Variable ? of.start : 0;
}

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
