import { ModelError } from './failure.ts';
import type { Op, Step } from './op.ts';
import type { World } from './world.ts';

/** The longest boot that anybody has asked for has some millions. */
const most = 50_000_000;

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
  /** A step was performed. */
  override step<T>(value: T): Step<T> {
    const { world } = this;
    if (world.stepsMade >= most) {
      const name = world.running?.name ?? 'setup';
      world.raise(new ModelError(`setup makes ${most} steps in ${name}: does it end?`));
    }
    return super.step(value);
  }
}
