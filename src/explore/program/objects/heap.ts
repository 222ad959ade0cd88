import { nameOf } from '../checks/check.ts';
import { Crash, Misuse } from '../failure.ts';
import { FREE, LOCAL, Operation, type Step, type StepText } from '../op.ts';
import type { World } from '../world.ts';
import { Cell } from './cell.ts';
import { Choice } from './choice.ts';
import { assign } from './plain.ts';
import { Shared } from './shared.ts';
import type { Undoable } from './trail.ts';

/**
 * An object made of cells. Extend it and declare the shared fields: the declaration is the list of
 * what can race.
 *
 * ```ts
 * class account extends Struct {
 *   readonly balance = this.cell('balance', 0);
 * }
 * const a = yield* kzalloc(world, account);
 * ```
 */
export abstract class Struct extends Shared implements Undoable {
  /** From {@link kzalloc}, so that it can be freed and can leak; else it lives as long as the world. */
  readonly fromHeap: boolean;
  freed = false;
  /** The function that freed it. */
  freedBy: string | null = null;
  /** The function that allocated it. */
  readonly madeBy: string;
  /** How many parts were made that have an address. */
  parts = 0;
  /** The short name of a heap object in a trace: A, B, C. */
  alias: string | null = null;

  /** Looked for when somebody asks: a long boot has many objects. */
  #cells: readonly Cell<unknown>[] | null = null;

  constructor(world: World, label: string | null = null) {
    super(world, label ?? 'object', null, label === null);
    this.fromHeap = label === null;
    this.madeBy = world.functionName();
    world.names.livesWith(this.address, this.address);
    if (!this.fromHeap) world.roots.push(this);
  }

  putBack(): void {
    this.freed = false;
    this.freedBy = null;
  }

  override get text(): string {
    if (!this.fromHeap) return this.label;
    if (this.alias === null && this.world.listener !== null) this.alias = this.world.nextAlias();
    return this.alias ?? this.className;
  }

  override get className(): string {
    return this.fromHeap ? this.constructor.name : this.label;
  }

  /** In the order in which they are declared. */
  get cells(): readonly Cell<unknown>[] {
    this.#cells ??= Object.values(this).filter(
      (field) => field instanceof Cell && field.owner === this,
    );
    return this.#cells;
  }

  protected cell<T>(name: string, value: T): Cell<T> {
    return new Cell(this.world, name, value, this);
  }
}

class Alloc<T extends Struct> extends Operation<T> {
  readonly type: new (
    world: World,
  ) => T;

  constructor(world: World, type: new (world: World) => T) {
    super(world, LOCAL, 0);
    this.type = type;
  }

  override perform(): T {
    return allocate(this.world, this.type);
  }

  override describe(): StepText {
    return { op: 'alloc', target: this.type.name, value: (this.value as T).text };
  }
}

function allocate<T extends Struct>(world: World, type: new (world: World) => T): T {
  const object = world.making(() => new type(world));
  world.allocated(object);
  return object;
}

/** A new zeroed object. Allocation is not a scheduling point: nobody else can see the object yet. */
export function kzalloc<T extends Struct>(world: World, type: new (world: World) => T): Step<T> {
  const { alone, fed } = world;
  if (alone !== null) return alone.step(allocate(world, type));
  return fed?.again<T>(LOCAL, 0, Alloc) ?? new Alloc(world, type);
}

/**
 * An allocation that is made both to succeed and to fail, as long as not too many others have failed.
 * It is a choice even then, or events would be there in one order of tasks and not in the other.
 */
class UnsureAlloc<T extends Struct> extends Choice<T | null> {
  readonly type: new (
    world: World,
  ) => T;

  constructor(world: World, type: new (world: World) => T) {
    super(world, 2);
    this.type = type;
  }

  override get ways(): number {
    return this.world.faultsMade < this.world.faults ? 2 : 1;
  }

  override perform(): T | null {
    const { world } = this;
    if (this.picked === 0) return allocate(world, this.type);
    assign(world, world, 'faultsMade', world.faultsMade + 1);
    return null;
  }

  override subject(): string {
    return this.type.name;
  }

  override describe(): StepText {
    const { name } = this.type;
    const object = this.value as T | null;
    return { op: 'alloc', target: name, value: object === null ? 'NULL (fails)' : object.text };
  }
}

/**
 * A new zeroed object, or null when the program asks for allocations to fail (`faults` of the
 * program): then both ways are explored.
 */
export function kzallocOrNull<T extends Struct>(
  world: World,
  type: new (world: World) => T,
): Step<T | null> {
  return world.faults === 0 || world.running?.spared === true
    ? kzalloc(world, type)
    : new UnsureAlloc(world, type);
}

class Free extends Operation<void> {
  readonly object: Struct;

  constructor(object: Struct) {
    super(object.world, FREE, object.address);
    this.object = object;
  }

  override subject(): string {
    return this.object.className;
  }

  override perform(): void {
    const { object, world } = this;
    if (object.freed) {
      const before = object.freedBy === null ? '' : `; ${object.freedBy} freed it before`;
      const message = `${object.text} is freed again${before}`;
      world.raise(new Crash('double-free', object.className, message));
    }
    world.trail?.note(object, null);
    object.freed = true;
    object.freedBy = `${world.functionName()}()`;
  }

  override describe(): StepText {
    return { op: 'free', target: this.object.text, value: '' };
  }
}

class Nothing extends Operation<void> {
  constructor(world: World) {
    super(world, LOCAL, 0);
  }

  override perform(): void {}
  override describe(): StepText {
    return { op: 'free', target: 'NULL', value: '' };
  }
}

/** Free an object; freeing NULL does nothing. Ordered against every access to the object. */
export function kfree(world: World, object: Struct | null): Step<void> {
  if (object === null) return new Nothing(world);
  if (object instanceof Struct) return new Free(object);
  throw new Misuse(`kfree() takes an object from kzalloc(), or null, not ${nameOf(object)}`);
}

/**
 * Follow a pointer: the field of the object, or a NULL dereference that names the pointer which
 * was read last, or the one that `pointer` names.
 */
export function field<S extends object, K extends keyof S & string>(
  world: World,
  object: S | null,
  name: K,
  pointer: string | null = null,
): S[K] {
  if (object !== null) return object[name];
  const cell = world.running?.lastRead ?? null;
  const text = pointer ?? cell?.text ?? 'pointer';
  const className = pointer ?? cell?.className ?? 'pointer';
  return world.raise(new Crash('null-deref', className, `${text} is NULL`, `${text}->${name}`));
}
