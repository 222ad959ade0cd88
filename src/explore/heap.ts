import { Cell } from './cell.ts';
import { Crash } from './failure.ts';
import { FREE, type Kind, LOCAL, Operation, type Step, type StepText } from './op.ts';
import { Shared } from './shared.ts';
import type { World } from './world.ts';

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
export abstract class Struct extends Shared {
  /** From {@link kzalloc}, so that it can be freed and can leak; else it lives as long as the world. */
  readonly fromHeap: boolean;
  freed = false;
  /** The function that freed it. */
  freedBy: string | null = null;
  /** The function that allocated it. */
  readonly madeBy: string;
  readonly cells: Cell<unknown>[] = [];
  /** The short name of a heap object in a trace: A, B, C. */
  alias: string | null = null;

  constructor(world: World, label: string | null = null) {
    super(world, label ?? 'object', null);
    this.fromHeap = label === null;
    this.madeBy = world.functionName();
    if (this.fromHeap) world.names.lifetime[this.address] = this.address;
    if (!this.fromHeap) world.roots.push(this);
  }

  override get text(): string {
    if (!this.fromHeap) return this.label;
    if (this.alias === null && this.world.listener !== null) this.alias = this.world.nextAlias();
    return this.alias ?? this.className;
  }

  override get className(): string {
    return this.fromHeap ? this.constructor.name : this.label;
  }

  protected cell<T>(name: string, value: T): Cell<T> {
    const cell = new Cell(this.world, name, value, this);
    this.cells.push(cell as Cell<unknown>);
    return cell;
  }
}

class Alloc<T extends Struct> extends Operation<T> {
  override readonly kind: typeof LOCAL = LOCAL;
  readonly type: new (
    world: World,
  ) => T;

  constructor(world: World, type: new (world: World) => T) {
    super(world);
    this.type = type;
  }

  override perform(): T {
    const object = new this.type(this.world);
    this.world.heap.push(object);
    return object;
  }

  override describe(): StepText {
    return { op: 'alloc', target: this.type.name, value: (this.value as T).text };
  }
}

/** A new zeroed object. Allocation is not a scheduling point: nobody else can see the object yet. */
export function kzalloc<T extends Struct>(world: World, type: new (world: World) => T): Step<T> {
  return new Alloc(world, type);
}

class Free extends Operation<void> {
  override readonly kind: Kind = FREE;
  readonly object: Struct;

  constructor(object: Struct) {
    super(object.world);
    this.object = object;
  }

  override get address(): number {
    return this.object.address;
  }

  override subject(): string {
    return this.object.className;
  }

  override perform(): void {
    const { object, world } = this;
    if (object.freed) {
      throw new Crash(
        'double-free',
        object.className,
        `${object.text} is freed again${object.freedBy === null ? '' : `; ${object.freedBy} freed it before`}`,
      );
    }
    object.freed = true;
    object.freedBy = `${world.functionName()}()`;
  }

  override describe(): StepText {
    return { op: 'free', target: this.object.text, value: '' };
  }
}

class Nothing extends Operation<void> {
  override readonly kind: typeof LOCAL = LOCAL;
  override perform(): void {}
  override describe(): StepText {
    return { op: 'free', target: 'NULL', value: '' };
  }
}

/** Free an object; freeing NULL does nothing. Ordered against every access to the object. */
export function kfree(world: World, object: Struct | null): Step<void> {
  return object === null ? new Nothing(world) : new Free(object);
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
  throw new Crash('null-deref', className, `${text} is NULL`, `${text}->${name}`);
}

/** Heap objects that are still allocated but that nothing in the world leads to any more. */
export function leaked(world: World): Struct[] {
  const live = (world.heap as Struct[]).filter((object) => !object.freed);
  if (live.length === 0) return [];
  const seen = new Set<unknown>();
  const work: unknown[] = [...world.roots];
  for (;;) {
    const value = work.pop();
    if (value === undefined && work.length === 0) break;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Struct) {
      if (!value.freed) for (const cell of value.cells) work.push(cell.value);
    } else if (value instanceof Cell) {
      work.push(value.value);
    } else if (Array.isArray(value)) {
      work.push(...value);
    }
  }
  return live.filter((object) => !seen.has(object));
}
