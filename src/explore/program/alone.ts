import { ModelError } from './failure.ts';
import type { Op, Step } from './op.ts';
import type { World } from './world.ts';

/** The longest boot that anybody has asked for has some millions. */
const most = 50_000_000;

/**
 * Stands for each step of a world that is set up with nobody beside it and nobody who listens. Such a
 * step is performed as it is made, and no object is made for it: a boot has millions. Nobody can tell,
 * since a step has to be yielded before the next one is made.
 */
export class Alone {
  readonly done = true;
  value: unknown = undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A step was performed. */
  step<T>(value: T): Step<T> {
    const world = this.#world;
    if (++world.stepsMade > most) {
      const name = world.running?.name ?? 'setup';
      world.raise(new ModelError(`setup makes ${most} steps in ${name}: does it end?`));
    }
    this.value = value;
    return this as unknown as Step<T>;
  }

  [Symbol.iterator](): Iterator<Op, unknown, void> {
    return this as unknown as Iterator<Op, unknown, void>;
  }

  next(): this {
    const world = this.#world;
    if (++world.stepsAnnounced !== world.stepsMade) world.missingYield();
    return this;
  }
}
