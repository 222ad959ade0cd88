import { ModelError } from './failure.ts';

/** The numbers given so far, as plain data. */
export interface SavedNames {
  readonly setup: number;
  readonly lifetime: readonly number[];
  readonly objects: readonly (readonly [key: number, number: number])[];
  readonly parts: readonly (readonly [key: number, number: number])[];
  readonly tasks: readonly (readonly [key: number, number: number])[];
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
  #setup = 0;
  #setupIsOver = false;

  save(): SavedNames {
    return {
      setup: this.#setup,
      lifetime: [...this.lifetime],
      objects: [...this.#objects],
      parts: [...this.#parts],
      tasks: [...this.#tasks],
    };
  }

  restore({ setup, lifetime, objects, parts, tasks }: SavedNames): void {
    this.#setup = setup;
    this.#setupIsOver = true;
    this.lifetime.push(...lifetime);
    for (let i = 0; i < lifetime.length; i++) this.watch.push(0);
    for (const [key, number] of objects) this.#objects.set(key, number);
    for (const [key, number] of parts) this.#parts.set(key, number);
    for (const [key, number] of tasks) this.#tasks.set(key, number);
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

  /** The number of the `nth` thing that task `maker` made. */
  object(maker: number, nth: number, fromHeap: boolean): number {
    return this.#number(this.#objects, (nth * 32 + maker) * 2 + (fromHeap ? 1 : 0));
  }

  /** The number of the `nth` part of the object with number `owner`. */
  part(owner: number, nth: number): number {
    return this.#number(this.#parts, owner * 4096 + nth);
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
    const key = nth * 32 + parent;
    let number = this.#tasks.get(key);
    if (number === undefined) {
      number = initial + this.#tasks.size;
      this.#tasks.set(key, number);
    }
    return number;
  }
}

function setupDiffers(): ModelError {
  return new ModelError(
    'the program is not deterministic: setup makes other objects than the first time. ' +
      'It must build everything from scratch, the same way each time.',
  );
}
