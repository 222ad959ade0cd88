import { nameOf } from '../checks/check.ts';
import { ModelError } from '../failure.ts';
import { CHOOSE, LOCAL, Operation, type Step, type StepText } from '../op.ts';
import type { World } from '../world.ts';

/** An event that can go several ways, none of which depends on what other tasks do. */
export abstract class Choice<T> extends Operation<T> {
  readonly #ways: number;
  /** The way it goes in this execution; set before the event happens. */
  picked = 0;

  constructor(world: World, ways: number) {
    super(world, CHOOSE, 0);
    this.#ways = ways;
  }

  /** How many ways there are. */
  get ways(): number {
    return this.#ways;
  }
}

class Choose extends Choice<number> {
  readonly name: string;

  constructor(world: World, ways: number, name: string) {
    super(world, ways);
    this.name = name;
  }

  override perform(): number {
    return this.picked;
  }

  override subject(): string {
    return this.name;
  }

  override describe(): StepText {
    return { op: 'note', target: this.name, value: String(this.picked) };
  }
}

class OnlyOne extends Operation<number> {
  constructor(world: World) {
    super(world, LOCAL, 0);
  }

  override perform(): number {
    return 0;
  }

  override describe(): StepText {
    return { op: 'note', target: 'choose', value: '0' };
  }
}

/**
 * A number from 0 to `ways` - 1: the program is explored with each of them. For what the world
 * outside decides, such as input or a device that fails. During setup the number is 0.
 */
export function choose(world: World, ways: number, name = 'choose'): Step<number> {
  if (!Number.isInteger(ways) || ways < 1 || ways > maxWays) {
    const found = nameOf(ways);
    world.raise(new ModelError(`choose() takes 1 to ${maxWays} ways, not ${found}`));
  }
  return ways === 1 || world.settingUp ? new OnlyOne(world) : new Choose(world, ways, name);
}

/** Values that were explored already are kept as bits of one number. */
const maxWays = 20;
