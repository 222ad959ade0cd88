import { AWAIT, Operation, READ, type Step, type StepText } from '../op.ts';
import type { Shared } from './shared.ts';

/** What a task has seen of an object in one round of a loop. */
export interface Sight {
  readonly of: Shared;
  /** Whether whoever looked now would see the same. */
  readonly isAsSeen: () => boolean;
}

/** A task that goes round a loop for ever, unless something changes of what it has seen. */
export class Spin extends Operation<never> {
  readonly of: Shared;
  readonly #sights: readonly Sight[];

  constructor(first: Sight, others: readonly Sight[]) {
    super(first.of.world, AWAIT, first.of.address);
    this.of = first.of;
    this.#sights = [first, ...others];
  }

  override enabled(): boolean {
    return false;
  }

  override effect(): typeof READ {
    return READ;
  }

  /** Something has changed: then there is an execution in which it comes to look only now. */
  override get isInVain(): boolean {
    return !this.#sights.every(({ isAsSeen }) => isAsSeen());
  }

  override subject(): string {
    return this.of.className;
  }

  override perform(): never {
    throw new Error('a task that spins goes on');
  }

  override describe(): StepText {
    return { op: 'read', target: this.of.text, value: '' };
  }
}

/**
 * A round of a loop is over that has changed nothing: what another would see is given. The task makes
 * no step any more. Where it sees at the end what it has seen, it spins for ever, which is a `deadlock`;
 * where something has changed, the execution is counted as abandoned, as there is one without the round.
 */
export function spin(first: Sight, ...others: readonly Sight[]): Step<never> {
  return new Spin(first, others);
}
