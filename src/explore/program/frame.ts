import type { Task } from './op.ts';
import type { Call } from './spawn.ts';

/** One function on a task's stack. */
export class Frame {
  readonly body: Task<unknown>;
  /** How it was entered; null for the body of the task. */
  readonly call: Call<unknown> | null;
  readonly caller: Frame | null;

  constructor(body: Task<unknown>, call: Call<unknown> | null, caller: Frame | null) {
    this.body = body;
    this.call = call;
    this.caller = caller;
  }
}
