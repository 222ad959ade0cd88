import { type Cell, Struct, type World } from '../../explore/index.ts';
import { type DebugType, fieldAt, nameOfType } from '../layout/debug.ts';
import { Cells, type MakeThing, type MemoryCell } from './cells.ts';
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
  /** The values that it is made of, by its type in the module; null where that says nothing. */
  parts: (() => readonly { readonly offset: number; readonly size: number }[]) | null = null;
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

/** Who has memory, and is asked where it is: of that number the pointer may be made again. */
export interface Owner {
  placeOf(memory: PrivateMemory): bigint;
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
  /** Who made it. */
  readonly owner: Owner;
  /** How many megabytes of its owner's come before it. */
  readonly number: number;
  readonly #name: string;
  readonly #pointers = new Pointers();

  constructor(
    owner: Owner,
    number: number,
    name: string,
    size: number,
    image: Image,
    isHeap: boolean,
    debug: DebugType | null,
    madeAt: number,
  ) {
    this.owner = owner;
    this.number = number;
    this.#name = name;
    this.madeAt = madeAt;
    this.size = size;
    this.image = image;
    this.isHeap = isHeap;
    this.debug = debug;
  }

  get name(): string {
    return this.#name;
  }

  get base(): bigint {
    return this.owner.placeOf(this);
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
  readonly name: string;
  readonly isHeap: boolean;
  debug: DebugType | null = null;
  /** What it was before others came to know of it: it stays where it was. */
  #before: PrivateMemory | null = null;
  #image: Image | null = null;
  readonly #cells = new Cells(this);
  readonly #pointers = new Pointers();

  constructor(world: World, size: number, name: string, isHeap: boolean) {
    super(world);
    this.size = size;
    this.name = name;
    this.isHeap = isHeap;
  }

  get base(): bigint {
    return this.#before?.base ?? 0n;
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
  fill(image: Image, before: PrivateMemory): void {
    this.#image = image;
    this.#before = before;
    this.debug = before.debug;
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
