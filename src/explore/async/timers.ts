import { assert } from '../../util/index.ts';
import { type Delay, Zone } from './zone.ts';

export type TimerKind = 'timeout' | 'interval' | 'immediate';

/** A timer that is set. */
export interface Timer {
  readonly number: number;
  /** How many had been set when it was, this one and those set anew included. */
  readonly armed: number;
  readonly kind: TimerKind;
  readonly label: string;
  readonly delay: Delay;
  readonly fire: () => void;
}

/** What time it is at the start, as a `Date`: 1 January 2000, UTC. */
const startOfTime = 946_684_800_000;

/**
 * The timers of one execution. Time passes only while everybody waits. A timer goes off when it is
 * due, never early, never late; a turn takes as long as it likes. So two timers set at one moment
 * go off in the order of their delays, and timers set at different moments in any order that some
 * length of the turns between them gives.
 */
export class Timers {
  #zone = Zone.start();
  #pending: Timer[] = [];
  #made = 0;

  /** How many timers were ever set; each time an interval goes on counts. */
  get made(): number {
    return this.#made;
  }

  set(kind: TimerKind, milliseconds: unknown, fire: () => void): Timer {
    const wanted = Math.trunc(Number(milliseconds));
    const length = wanted >= 1 && wanted < 2 ** 31 ? wanted : 1;
    return this.#add(kind, kind === 'immediate' ? 0 : length, fire, this.#made + 1);
  }

  #add(kind: TimerKind, length: number, fire: () => void, number: number): Timer {
    const armed = ++this.#made;
    const since = this.#zone.now;
    // Whether an immediate or a timer of a millisecond comes first is anybody's guess.
    const delay = { since, min: length, max: kind === 'immediate' ? 1 : length };
    const label = kind === 'immediate' ? kind : `${kind} ${length} ms`;
    const timer = { number, armed, kind, label, delay, fire };
    this.#pending.push(timer);
    return timer;
  }

  clear(number: number): void {
    this.#pending = this.#pending.filter((timer) => timer.number !== number);
  }

  /** Set a timer anew, with the delay it had. */
  refresh(timer: Timer): void {
    this.clear(timer.number);
    this.#add(timer.kind, timer.delay.min, timer.fire, timer.number);
  }

  /** The timers that can be the next to go off, those that were set first first. */
  due(): Timer[] {
    return this.#pending.filter(
      (timer, i) =>
        // Of equal ones the older comes first.
        !this.#pending
          .slice(0, i)
          .some(
            ({ kind, delay }) =>
              kindOf(kind) === kindOf(timer.kind) && delay.min <= timer.delay.min,
          ) && this.#zone.next([...this.#limits(), timer.delay]) !== null,
    );
  }

  /** A turn is taken: nobody knows when, but before the timers that have not gone off. */
  pass(): void {
    this.#go(this.#limits());
  }

  /** Let a timer go off. */
  fire(timer: Timer): void {
    this.#go([...this.#limits(), timer.delay]);
    if (timer.kind === 'interval') this.refresh(timer);
    else this.clear(timer.number);
    timer.fire();
  }

  #go(delays: readonly Delay[]): void {
    const next = this.#zone.next(delays);
    assert(next !== null, 'a moment that cannot be');
    this.#zone = next.keeping(this.#pending.map(({ delay }) => delay.since));
  }

  /** No timer goes off late. */
  #limits(): Delay[] {
    return this.#pending.map(({ delay: { since, max } }) => ({ since, min: 0, max }));
  }

  /** Milliseconds since the start: the least that the order so far allows, and so it is from now on. */
  now(): number {
    this.#zone = this.#zone.asEarlyAsPossible();
    return this.#zone.earliest;
  }

  /** The same as a `Date` has it. */
  date(): number {
    return startOfTime + this.now();
  }
}

function kindOf(kind: TimerKind): TimerKind {
  return kind === 'interval' ? 'timeout' : kind;
}
