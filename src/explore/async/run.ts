import { ModelError } from '../program/failure.ts';
import {
  type EventLoop,
  fewer,
  newResources,
  openResources,
  outside,
  type Resources,
} from './platform.ts';
import { type Timer, Timers } from './timers.ts';

/** What an asynchronous test under exploration waits with. */
export interface Turns {
  /**
   * Wait until it is this caller's turn. Where several callers wait, all orders are explored.
   *
   * @param label names the turn in reports
   */
  turn(label: string): Promise<void>;
  /** The same function, but each call waits for its turn first: for what takes its time, outside. */
  wrap<A extends readonly unknown[], R>(
    label: string,
    body: (...args: A) => R | Promise<R>,
  ): (...args: A) => Promise<R>;
}

/** A test: it must fail by rejecting, and be made from scratch by every call. */
export type AsyncTest = (turns: Turns) => Promise<void>;

/** Decides, where several could go on, which does: its place in the order of arrival. */
export type Pick = (labels: readonly string[]) => number;

/** How an execution went wrong: `stuck` is a test that never ends, for no reason that can be seen. */
export interface AsyncFailure {
  readonly kind: 'fails' | 'stuck';
  readonly error: unknown;
  readonly message: string;
}

/** What one execution may do. */
export interface Limits {
  readonly patience: number;
  readonly maxSteps: number;
  readonly maxTicks: number;
}

interface Waiting {
  readonly label: string;
  readonly go: () => void;
  /** How many timers had been set when it began to wait, and how many set since have gone off. */
  readonly since: number;
  ticks: number;
}

/** One execution of an asynchronous test. */
export class AsyncRun {
  readonly timers: Timers = new Timers();
  /** Who went on, one after the other. */
  readonly order: string[] = [];
  failure: AsyncFailure | null = null;
  /** Whether a timer was held back that could have gone off once more. */
  heldBack = false;

  readonly #loop: EventLoop;
  readonly #limits: Limits;
  readonly #waiting: Waiting[] = [];
  /** What was open at the start, without what has been closed since. */
  #before: Resources = openResources();
  #ended = false;
  /** The test is wrong in a way that makes exploring it meaningless. */
  #refused: ModelError | null = null;

  constructor(loop: EventLoop, limits: Limits) {
    this.#loop = loop;
    this.#limits = limits;
  }

  /** The test fails, now. */
  fail(error: unknown): void {
    if (error instanceof ModelError) this.#refused ??= error;
    const message = error instanceof Error ? error.message : String(error);
    this.failure ??= { kind: 'fails', error, message };
    this.#ended = true;
  }

  /** Run the test to its end in the order that `pick` says. */
  async run(test: AsyncTest, pick: Pick): Promise<void> {
    this.#start(test);
    for (;;) {
      await this.#loop.turn();
      if (this.#refused !== null) throw this.#refused;
      if (!this.#ended) this.#checkInside(false);
      if (this.#ended && (this.failure !== null || this.#waiting.length === 0)) return;
      const due = this.#ended ? [] : this.#due();
      if (this.#waiting.length + due.length === 0) {
        if (await this.#isStuck()) return;
        continue;
      }
      if (this.order.length >= this.#limits.maxSteps) {
        throw new ModelError(
          `an execution has more than ${this.#limits.maxSteps} turns and timers: does the test end?`,
        );
      }
      this.#goOn(due, pick);
    }
  }

  #start(test: AsyncTest): void {
    const turn = (label: string): Promise<void> => {
      if (typeof label !== 'string')
        throw new ModelError(`turn() takes a label, a string, not ${typeof label}`);
      return new Promise((go) => {
        this.#waiting.push({ label, go, since: this.timers.made, ticks: 0 });
      });
    };
    const turns: Turns = {
      turn,
      wrap: (label, body) => {
        if (typeof label !== 'string' || typeof body !== 'function')
          throw new ModelError(
            'wrap() takes a label and the function that is to wait for its turn',
          );
        return async (...args) => {
          await turn(label);
          return body(...args);
        };
      },
    };
    let result: unknown;
    try {
      result = test(turns);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (typeof (result as PromiseLike<void> | undefined)?.then !== 'function')
      throw new ModelError('the test must be an async function, or return a promise');
    (result as Promise<void>).then(
      () => {
        this.#ended = true;
      },
      (error: unknown) => this.fail(error),
    );
  }

  /** The timers that may go off, unless somebody has had to wait for too many already. */
  #due(): Timer[] {
    const { maxTicks } = this.#limits;
    const due = this.timers.due();
    const allowed = due.filter(({ armed }) =>
      this.#waiting.every(({ since, ticks }) => ticks < maxTicks || armed <= since),
    );
    if (allowed.length < due.length) this.heldBack = true;
    return allowed;
  }

  #goOn(due: readonly Timer[], pick: Pick): void {
    const names = distinct([...this.#waiting, ...due].map(({ label }) => label));
    const place = pick(names);
    const timer = due[place - this.#waiting.length];
    this.order.push(names[place] as string);
    if (timer === undefined) {
      const [next] = this.#waiting.splice(place, 1);
      this.timers.pass();
      next?.go();
      return;
    }
    for (const waiting of this.#waiting) if (timer.armed > waiting.since) waiting.ticks++;
    try {
      this.timers.fire(timer);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @throws ModelError when something was begun that the world outside will answer */
  #checkInside(all: boolean): void {
    const kinds = newResources(this.#before, all);
    this.#before = fewer(this.#before, openResources());
    if (kinds.length > 0) throw outside(kinds.join(', '));
  }

  /**
   * Nobody waits for a turn or a timer, and the test is not over. Whether that is for good.
   *
   * @throws ModelError when the world outside is in it
   */
  async #isStuck(): Promise<boolean> {
    for (let round = 0; round < this.#limits.patience; round++) {
      this.#checkInside(true);
      await this.#loop.turn();
      if (this.#ended || this.#waiting.length > 0 || this.timers.due().length > 0)
        throw outside('it goes on though nobody had a turn');
    }
    const message = 'the test never ends: nobody waits for a turn or a timer any more';
    this.failure = { kind: 'stuck', error: new Error(message), message };
    return true;
  }
}

/** Labels made different: the second `fetch` in the list is `fetch #2`. */
function distinct(labels: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return labels.map((label) => {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    return count === 1 ? label : `${label} #${count}`;
  });
}
