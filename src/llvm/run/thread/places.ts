import { Crash, ModelError, type World } from '../../../explore/index.ts';
import type { DebugType } from '../../layout/debug.ts';
import type { MemoryCell } from '../../memory/cells.ts';
import { Image } from '../../memory/image.ts';
import {
  FunctionObject,
  type Owner,
  PrivateMemory,
  SharedMemory,
  Variable,
} from '../../memory/objects.ts';
import { type Memory, Pointer, type Scalar, undef } from '../../memory/value.ts';
import type { Site } from '../code/site.ts';
import { big, canonical } from '../values/arithmetic.ts';
import { Loops } from './loops.ts';
import type { Machine } from './machine.ts';

/** A place in memory of one task alone. */
export interface Own {
  readonly memory: PrivateMemory;
  readonly offset: number;
}

/** A place in memory that others share, with the lock that may be there. */
export interface Common {
  readonly memory: Variable | SharedMemory;
  readonly offset: number;
}

/** Where one task is, and where its pointers lead to: to a place in memory, or to a crash. */
export abstract class Places implements Owner {
  readonly machine: Machine;
  readonly world: World;
  readonly loops: Loops;
  /** Where the task is. */
  site: Site | null = null;
  /** What function it is in. */
  functionName = '';
  /** Steps since the last that others could notice. */
  alone = 0;
  /** Variables that each task has for itself, and such that never change. */
  readonly #copies = new Map<Variable, PrivateMemory>();
  #made = 0;
  /** The number of its task, from 1; 0 for none, and less before anything was made. */
  #task = -1;

  constructor(machine: Machine) {
    this.machine = machine;
    this.world = machine.world;
    this.loops = new Loops(machine);
  }

  protected private(
    label: string,
    size: number,
    image: Image,
    isHeap: boolean,
    debug: DebugType | null,
  ): PrivateMemory {
    if (this.#task < 0) this.#task = 1 + (this.world.running?.index ?? -1);
    const number = this.#made;
    this.#made += 1 + Math.floor(size / 2 ** slotBits);
    const now = this.loops.tick();
    return new PrivateMemory(this, number, label, size, image, isHeap, debug, now);
  }

  placeOf(memory: PrivateMemory): bigint {
    const slot = firstSlot + (BigInt(this.#task) << slotShift) + BigInt(memory.number);
    this.machine.exposed.set(slot, memory);
    return slot << slotShift;
  }

  /** The pointer that a number was made of, if it is one. */
  pointerOf(value: Scalar): Scalar {
    if (value instanceof Pointer || value === undef) return value;
    const address = big(value);
    if (address < mostOfField) return value;
    const memory =
      this.machine.exposed.get(address >> slotShift) ?? this.machine.compiled.linked.at(address);
    if (memory === null) return value;
    const offset = Number(address - memory.base);
    if (offset >= Math.max(memory.size, 1)) return value;
    if (memory instanceof PrivateMemory && memory.owner !== this && memory.shared === null)
      this.fail(`${memory.text} of another thread is found by a number, which is not supported`);
    return memory.at(offset);
  }

  /** Where a pointer leads to, or a crash. */
  protected target(value: Scalar, size: number, what: string): Own | Common {
    const pointer = this.pointerOf(value);
    if (!(pointer instanceof Pointer)) return this.noPointer(value, what);
    const { memory, offset } = canonical(pointer);
    if (memory instanceof FunctionObject)
      this.crash('out-of-bounds', memory.name, `the function ${memory.name} is ${what}`);
    if (memory instanceof Variable && this.machine.compiled.linked.isMissing(memory))
      this.fail(`the variable ${memory.name} is in none of the modules`);
    if (offset < 0 || offset + size > memory.size)
      this.crash(
        'out-of-bounds',
        nameOf(memory),
        `${memory.text} has ${memory.size} bytes, and ${size} at offset ${offset} ${size === 1 ? 'is' : 'are'} ${what}`,
      );
    if (memory instanceof Variable) return this.#ofVariable(memory, offset, what);
    if (memory instanceof PrivateMemory && memory.goneBy !== null)
      this.crash(
        'use-after-free',
        nameOf(memory),
        `${memory.placeText(offset)} is ${what} after ${memory.text} was freed by ${memory.goneBy}`,
      );
    return { memory, offset } as Own | Common;
  }

  #ofVariable(variable: Variable, offset: number, what: string): Own | Common {
    const image = this.machine.compiled.linked.imageOf(variable);
    if (!variable.isThreadLocal && !variable.isConstant) return { memory: variable, offset };
    if (what === 'written' && variable.isConstant)
      this.crash('out-of-bounds', variable.name, `${variable.text} is constant, and is written`);
    const memory = this.#copyOf(variable, image);
    return memory.shared === null ? { memory, offset } : { memory: memory.shared, offset };
  }

  #copyOf(variable: Variable, image: Image): PrivateMemory {
    let memory = this.#copies.get(variable);
    if (memory === undefined) {
      const copy = new Image(true);
      copy.copy(0, image, 0, variable.size);
      memory = this.private(variable.name, variable.size, copy, false, variable.debug);
      this.#copies.set(variable, memory);
    }
    return memory;
  }

  /** What a value leads to of the task's own, where each task has its own by one name. */
  protected resolved(value: Scalar): Scalar {
    if (!(value instanceof Pointer)) return value;
    const { memory, offset } = value;
    if (!(memory instanceof Variable) || !memory.isThreadLocal) return value;
    const image = this.machine.compiled.linked.imageOf(memory);
    return this.#copyOf(memory, image).at(offset);
  }

  /** Variables that the task has for itself. */
  protected get threadLocals(): PrivateMemory[] {
    return [...this.#copies].flatMap(([{ isThreadLocal }, copy]) => (isThreadLocal ? [copy] : []));
  }

  protected cell({ memory, offset }: Common, size: number): MemoryCell {
    const cell =
      memory instanceof Variable
        ? this.machine.statics.cellAt(memory, offset, size)
        : memory.cellAt(offset, size);
    if (cell !== null) return cell;
    const place = memory.placeText(offset);
    return this.fail(`${place} is shared, and read or written as values of several sizes`);
  }

  noPointer(value: Scalar, what: string): never {
    if (value === undef) this.crashUndefined(`is followed as a pointer`);
    const address = big(value);
    const last = this.world.running?.lastRead ?? null;
    // A field of what is NULL is near NULL.
    const isNull = address < mostOfField;
    const isFrom = last !== null && (last.value === value || (isNull && last.value === 0n));
    const text = isFrom ? last.text : 'a pointer';
    const className = isFrom ? last.className : 'pointer';
    if (isNull) this.crash('null-deref', className, `${text} is NULL, and is ${what}`);
    const hex = `0x${address.toString(16)}`;
    return this.crash('out-of-bounds', className, `${text} is ${hex}, and is ${what}`);
  }

  /** A number of bytes, as the program says it. */
  count(value: Scalar): number {
    if (value === undef) this.crashUndefined('says how many bytes it is about');
    return Number(big(value));
  }

  makesEvent(): void {
    this.alone = 0;
    if (this.world.running !== null) this.world.running.place = this.site;
  }

  crashUndefined(how: string): never {
    const { functionName } = this;
    return this.crash('uninitialised', functionName, `a value that was never written ${how}`);
  }

  /** Something is wrong, and the task goes on. */
  report(kind: Crash['kind'], object: string, message: string): void {
    const where = this.site === null ? '' : `, at ${this.site.text}`;
    this.world.fail({ kind, object, message: `${message}${where}` });
  }

  crash(kind: Crash['kind'], object: string, message: string): never {
    const where = this.site === null ? '' : `, at ${this.site.text}`;
    return this.world.raise(new Crash(kind, object, `${message}${where}`));
  }

  /** Something that the tool does not know, rather than the program. */
  fail(why: string): never {
    const where = this.site === null ? '' : `: ${this.site.long}`;
    return this.world.raise(new ModelError(`${why}${where}`));
  }
}

/** Where memory of tasks is: each object in a megabyte of its own, or in as many as it needs. */
const firstSlot = 0x700_0000n;
const slotBits = 20;
const slotShift = BigInt(slotBits);

/** How far into an object a field can be for a pointer to it to look like NULL. */
const mostOfField = 4096n;

/** How fingerprints call an object. */
export function nameOf(memory: Memory): string {
  if (memory instanceof SharedMemory) return memory.className;
  return memory.text;
}
