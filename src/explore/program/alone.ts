import { TooManySteps } from './failure.ts';
import type { Op, Step } from './op.ts';
import type { World } from './world.ts';

/**
 * Stands for one step after the other whose value is known when it is made: no object is made for each.
 * Nobody can tell, since a step has to be yielded before the next one is made.
 */
export class Known {
  readonly done = true;
  value: unknown = undefined;
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  step<T>(value: T): Step<T> {
    this.world.stepsMade++;
    this.value = value;
    return this as unknown as Step<T>;
  }

  [Symbol.iterator](): Iterator<Op, unknown, void> {
    return this as unknown as Iterator<Op, unknown, void>;
  }

  next(): this {
    const { world } = this;
    if (++world.stepsAnnounced !== world.stepsMade) world.missingYield();
    return this;
  }
}

/**
 * Stands for each step of a world that is set up with nobody beside it and nobody who listens. Such a
 * step is performed as it is made: a boot has millions.
 */
export class Alone extends Known {
  readonly #most: number;

  constructor(world: World, most: number) {
    super(world);
    this.#most = most;
  }

  /** A step was performed. */
  override step<T>(value: T): Step<T> {
    const { world } = this;
    if (world.stepsMade >= this.#most) {
      const name = world.running?.name ?? 'setup';
      world.raise(new TooManySteps(`setup makes ${this.#most} steps in ${name}: does it end?`));
    }
    return super.step(value);
  }
}
