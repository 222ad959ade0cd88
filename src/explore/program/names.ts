import { Beginning, NotDeterministic } from './checks/beginning.ts';
import { addressOf, type Footprint, footprint, kindOf } from './dependence.ts';
import type { ModelError } from './failure.ts';
import { CHOOSE } from './op.ts';
import type { Start } from './program.ts';
import type { TaskState } from './task.ts';
import type { World } from './world.ts';

/** Parts of an object are told by a number below this: twice its size in bytes is still one. */
const mostParts = 2 ** 27;

/** The numbers given so far, as plain data. */
export interface SavedNames {
  readonly setup: number;
  readonly lifetime: readonly number[];
  readonly objects: readonly (readonly [key: number, number: number])[];
  readonly parts: readonly (readonly [key: number, number: number])[];
  readonly tasks: readonly (readonly [key: number, number: number])[];
  readonly watch: readonly number[];
}

/**
 * Stable numbers for what executions create, kept from one execution to the next. An object is
 * known by the task that made it and how many that task had made before; a counter shared by the
 * tasks would give one object two names in two equivalent executions.
 */
export class Names {
  readonly #objects = new Map<number, number>();
  readonly #parts = new Map<number, number>();
  readonly #tasks = new Map<number, number>();
  /** For each address, the address that stands for the lifetime of the object it lies in, or -1. */
  readonly lifetime: number[] = [];
  /** For each address, the properties that watch it, one bit each. */
  readonly watch: number[] = [];
  readonly #beginning: Beginning;
  #setup = 0;
  #setupIsOver = false;

  /** @param beginning what an execution has begun with that had other numbers, if there was one */
  constructor(beginning: Beginning = new Beginning()) {
    this.#beginning = beginning;
  }

  /** Whether nothing was named yet. */
  get isNew(): boolean {
    return !this.#setupIsOver;
  }

  save(): SavedNames {
    return {
      setup: this.#setup,
      lifetime: [...this.lifetime],
      objects: [...this.#objects],
      parts: [...this.#parts],
      tasks: [...this.#tasks],
      watch: [...this.watch],
    };
  }

  restore({ setup, lifetime, objects, parts, tasks, watch }: SavedNames): void {
    this.#setup = setup;
    this.#setupIsOver = true;
    this.lifetime.push(...lifetime);
    this.watch.push(...watch);
    for (const [key, number] of objects) this.#objects.set(key, number);
    for (const [key, number] of parts) this.#parts.set(key, number);
    for (const [key, number] of tasks) this.#tasks.set(key, number);
  }

  /**
   * Take in what another table has named that began as a copy of this one.
   *
   * @returns how to read the other's numbers here
   */
  merge(other: SavedNames): Translation {
    let sameTasks = true;
    const tasks = new Map<number, number>();
    for (const [key, theirs] of other.tasks) {
      const first = (other.tasks[0] as readonly [number, number])[1];
      // Its parent was started before it.
      const parent = tasks.get(key % 32) ?? key % 32;
      const ours = this.#taskByKey(key - (key % 32) + parent, first);
      tasks.set(theirs, ours);
      sameTasks &&= ours === theirs;
    }
    const taskOf = (task: number): number => tasks.get(task) ?? task;
    const entries = [
      ...other.objects.map(([key, number]) => ({ key, number, part: false })),
      ...other.parts.map(([key, number]) => ({ key, number, part: true })),
    ].sort((a, b) => a.number - b.number);
    const numbers = new Map<number, number>();
    const numberOf = (number: number): number => numbers.get(number) ?? number;
    for (const { key, number, part } of entries) {
      const ours = part
        ? this.part(numberOf(Math.floor(key / mostParts)), key % mostParts)
        : this.object(taskOf((key >> 1) % 32), (key >> 1) >> 5, (key & 1) === 1);
      numbers.set(number, ours);
      this.lifetime[ours] = numberOf(other.lifetime[number] as number);
    }
    return {
      sameTasks,
      foot(foot) {
        const kind = kindOf(foot);
        return kind === CHOOSE ? foot : footprint(numberOf(addressOf(foot)), kind);
      },
    };
  }

  /** The address is of something in the object with the other one, or of that object. */
  livesWith(address: number, lifetime: number): void {
    this.lifetime[address] = lifetime;
  }

  /** The number of the `nth` thing that setup made. */
  inSetup(nth: number): number {
    if (nth === this.#setup) {
      if (this.#setupIsOver) throw setupDiffers();
      this.#setup++;
      this.#add();
    }
    return nth;
  }

  /** Setup has made `count` things, which must be as many as the first time. */
  setupEnds(count: number): void {
    this.#setupIsOver = true;
    if (count !== this.#setup) throw setupDiffers();
  }

  /** An execution begins, and must begin as the first did. */
  begins(world: World, start: Start, tasks: readonly (TaskState | undefined)[]): void {
    this.#beginning.check(world, start, tasks);
  }

  /** Stands for what executions begin with, in another process, too. */
  get digest(): string {
    return this.#beginning.digest();
  }

  /** The number of the `nth` thing that task `maker` made. */
  object(maker: number, nth: number, fromHeap: boolean): number {
    return this.#number(this.#objects, (nth * 32 + maker) * 2 + (fromHeap ? 1 : 0));
  }

  /** The number of the `nth` part of the object with number `owner`. */
  part(owner: number, nth: number): number {
    return this.#number(this.#parts, owner * mostParts + nth);
  }

  #number(numbers: Map<number, number>, key: number): number {
    let number = numbers.get(key);
    if (number === undefined) {
      number = this.#add();
      numbers.set(key, number);
    }
    return number;
  }

  #add(): number {
    this.watch.push(0);
    return this.lifetime.push(-1) - 1;
  }

  /** The number of the `nth` task that `parent` started, counted after the `initial` ones. */
  task(parent: number, nth: number, initial: number): number {
    return this.#taskByKey(nth * 32 + parent, initial);
  }

  #taskByKey(key: number, initial: number): number {
    let number = this.#tasks.get(key);
    if (number === undefined) {
      number = initial + this.#tasks.size;
      this.#tasks.set(key, number);
    }
    return number;
  }
}

/** Of a program in which nothing but setup happens: nobody compares what its numbers stand for. */
export class SetupNames extends Names {
  override livesWith(_address: number, _lifetime: number): void {}

  override inSetup(nth: number): number {
    return nth;
  }

  override setupEnds(_count: number): void {}

  override begins(): void {}
}

/** How to read the numbers of another table. */
export interface Translation {
  /** Whether it numbers tasks alike. */
  readonly sameTasks: boolean;
  foot(foot: Footprint): Footprint;
}

function setupDiffers(): ModelError {
  return new NotDeterministic('setup makes other objects than the first time');
}
