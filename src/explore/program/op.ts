import { ModelError } from './failure.ts';
import type { World } from './world.ts';

/**
 * What an operation does to the object it names. Two operations of different tasks commute unless
 * they are {@link dependent}.
 */
export const READ = 0;
export const WRITE = 1;
export const ACQUIRE = 2;
export const RELEASE = 3;
/** A `trylock` that found the lock taken: a read of the lock word. */
export const TRY_FAILED = 4;
export const FREE = 5;
export const SPAWN = 6;
export const JOIN = 7;
/** Takes one of several values, all of which are explored. Commutes with everything. */
export const CHOOSE = 8;
export type Kind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

// What an operation is before it is made, when what it will be depends on what it finds.
/** A read that waits for what it wants to see: then a {@link READ}. */
export const AWAIT = 9;
/** A read-modify-write: then a {@link WRITE}, or a {@link READ} if it stores nothing. */
export const UPDATE = 10;
/** A `trylock`: then an {@link ACQUIRE}, or {@link TRY_FAILED}. */
export const TRY = 11;
export type Unsure = typeof AWAIT | typeof UPDATE | typeof TRY;

/** Operations that no other task can notice: they are performed at once, without a scheduling point. */
export const LOCAL = -1;
/** Entering a named function; see {@link call}. */
export const CALL = -2;

declare const announced: unique symbol;

/**
 * What a task hands to the explorer at a scheduling point. Only `yield*` on a {@link Step} makes
 * one: a bare `yield read(cell)` does not type-check, because a step is not an operation yet.
 */
export interface Op {
  readonly [announced]: true;
}

/**
 * One operation of a task, to be used as `yield* step`. Its value is what the operation returned.
 *
 * @typeParam T what the operation returns
 */
export interface Step<T> {
  [Symbol.iterator](): Iterator<Op, T, void>;
}

/** The body of a task, and of any function that reaches shared state: a generator of operations. */
export type Task<T = void> = Generator<Op, T, void>;

/** What a step shows about itself in a trace. */
export interface StepText {
  readonly op:
    | 'read'
    | 'write'
    | 'lock'
    | 'unlock'
    | 'alloc'
    | 'free'
    | 'get'
    | 'put'
    | 'spawn'
    | 'join'
    | 'note';
  readonly target: string;
  readonly value: string;
}

/**
 * The shape all operations share inside the explorer. An operation is its own iterator and its own
 * iterator result: the first `next()` announces it, the second performs it. Resuming the task is
 * therefore what makes the effect happen, and nothing is allocated but the operation itself.
 */
export abstract class Operation<T> implements Step<T> {
  readonly world: World;
  readonly kind: Kind | Unsure | typeof LOCAL | typeof CALL;
  /** The address this operation touches; meaningless for local operations. */
  readonly address: number;
  done = false;
  // The value of an iterator result: first the operation (an announcement), then its outcome.
  // biome-ignore lint/suspicious/noExplicitAny: the two phases have different types by design
  value: any = this;
  /** Whether it was handed to the explorer, by `yield*`. */
  announced = false;

  constructor(world: World, kind: Operation<T>['kind'], address: number) {
    this.world = world;
    this.kind = kind;
    this.address = address;
    world.stepsMade++;
  }

  [Symbol.iterator](): Iterator<Op, T, void> {
    if (this.announced) usedTwice(this);
    return this as unknown as Iterator<Op, T, void>;
  }

  next(): this {
    if (this.announced) {
      const { running, fed } = this.world;
      if (running === null || (fed !== null && this.kind !== CALL)) tooLate(this);
      this.value = this.perform();
      this.done = true;
      return this;
    }
    this.announced = true;
    const { world } = this;
    // Every step made before this one must have been yielded by now.
    if (++world.stepsAnnounced !== world.stepsMade) world.missingYield();
    const { fed, alone } = world;
    // Fed, or with nobody beside it, it is done at once: the task does not even stop.
    if ((fed === null && alone === null) || this.kind === CALL) return this;
    if (fed !== null) fed.feed(this);
    else if (this.enabled()) {
      this.value = this.perform();
      this.done = true;
    }
    return this;
  }

  /** Whether another operation is the same step of the same program. */
  isLike(other: Operation<unknown>): boolean {
    return (
      this.kind === other.kind &&
      this.address === other.address &&
      this.constructor === other.constructor
    );
  }

  /** An exception out of what the operation has called goes on to whoever has made it. */
  throw(error: unknown): never {
    throw error;
  }

  /** Whether the operation could be performed now. Asked only of those that {@link mayWait}. */
  enabled(): boolean {
    return true;
  }

  /** Of a task that waits for ever: the execution is of no interest, as another has it go on. */
  get isInVain(): boolean {
    return false;
  }

  /** What an operation that is {@link Unsure} would do now: a compare-and-swap that fails only reads. */
  effect(): Kind {
    return this.kind as Kind;
  }

  /** Make the effect happen and return what the caller sees. */
  abstract perform(): T;

  /** What the operation is done to, by class: the same words in every execution. */
  subject(): string {
    return '';
  }

  /** How a trace shows the operation, after it was performed. */
  abstract describe(): StepText;
}

// No private methods: to have one costs every object something when it is made.

function usedTwice(operation: Operation<unknown>): never {
  const { op, target } = operation.describe();
  throw new ModelError(`a step (${op} ${target}) is used twice: each \`yield*\` takes a new one`);
}

function tooLate(operation: Operation<unknown>): never {
  const { op, target } = operation.describe();
  throw new ModelError(
    `a step (${op} ${target}) of another execution is gone on with: does something outside of ` +
      'setup keep a generator?',
  );
}

/** The kind an operation has in the present state. */
export function effectOf(operation: Operation<unknown>): Kind {
  const { kind } = operation;
  return kind > CHOOSE ? operation.effect() : (kind as Kind);
}

/** Whether operations of this kind can find themselves unable to run. */
export function mayWait(kind: number): boolean {
  return kind === ACQUIRE || kind === JOIN || kind === AWAIT;
}
