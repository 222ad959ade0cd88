import { Crash } from '../failure.ts';
import { LOCAL, Operation, type Step, type StepText } from '../op.ts';
import type { World } from '../world.ts';
import type { Undoable } from './trail.ts';

/**
 * A count of references that never reaches zero while the program is right, because the owner of
 * the object keeps one: a devicetree node, a module. Taking and dropping a reference then commute,
 * so neither is a scheduling point; the balance is checked at the end of every execution.
 */
export class RefCount implements Undoable {
  readonly world: World;
  readonly text: string;
  count: number;

  /**
   * @param held how many references the program should hold at its end, besides the owner's
   */
  constructor(world: World, text: string, held: () => number = () => 0) {
    this.world = world;
    this.text = text;
    this.count = 1;
    world.noteMade();
    world.trail?.note(this, 0);
    world.balances.push(() => {
      const extra = this.count - 1 - held();
      if (extra === 0) return null;
      const message = `${text} ends with ${Math.abs(extra)} reference(s) too ${extra > 0 ? 'many' : 'few'}`;
      return { kind: 'refcount', object: text, message };
    });
  }

  /** To 0: it was not there at all. */
  putBack(before: unknown): void {
    if (before === 0) this.world.balances.pop();
    this.count = before as number;
  }
}

class Change extends Operation<void> {
  readonly ref: RefCount;
  readonly by: 1 | -1;

  constructor(ref: RefCount, by: 1 | -1) {
    super(ref.world, LOCAL, 0);
    this.ref = ref;
    this.by = by;
  }

  override perform(): void {
    change(this.ref, this.by);
  }

  override describe(): StepText {
    return {
      op: this.by === 1 ? 'get' : 'put',
      target: this.ref.text,
      value: String(this.ref.count),
    };
  }
}

function change(ref: RefCount, by: 1 | -1): void {
  const { world, count, text } = ref;
  if (count === 0) world.raise(new Crash('refcount', text, `${text} has no references left`));
  world.trail?.note(ref, count);
  ref.count += by;
}

function changing(ref: RefCount, by: 1 | -1): Step<void> {
  const { alone } = ref.world;
  if (alone === null) return new Change(ref, by);
  change(ref, by);
  return alone.step(undefined);
}

/** Take a reference. */
export function ref_get(ref: RefCount): Step<void> {
  return changing(ref, 1);
}

/** Drop a reference. */
export function ref_put(ref: RefCount): Step<void> {
  return changing(ref, -1);
}

/** A remark in the trace. */
class Remark extends Operation<void> {
  readonly text: string;

  constructor(world: World, text: string) {
    super(world, LOCAL, 0);
    this.text = text;
  }

  override perform(): void {}

  override describe(): StepText {
    return { op: 'note', target: this.text, value: '' };
  }
}

/** Leave a remark in the trace of the execution. */
export function remark(world: World, text: string): Step<void> {
  return new Remark(world, text);
}
