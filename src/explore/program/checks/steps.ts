import { ModelError } from '../failure.ts';
import { Operation, type Task } from '../op.ts';
import { nameOf } from './check.ts';
import { foreign } from './check-program.ts';

/** A task that is fed what it saw does something else. */
export class NotAlike extends ModelError {}

/** What throws before it is a generator ends its task like one that throws at once. */
export function* throwing(error: unknown): Task<never> {
  throw error;
}

export function endless(task: string, steps: number): ModelError {
  return new ModelError(
    `${task} makes ${steps} steps in a row that nobody could notice: does it end?`,
  );
}

/** What was yielded in a function is no step, or one on something that this execution has not made. */
export function notOurs(yielded: unknown, site: string): ModelError {
  if (!(yielded instanceof Operation)) {
    return new ModelError(
      `${nameOf(yielded)} is yielded in ${site}, which is no step: write \`yield* ...\``,
    );
  }
  return foreign(`a step in ${site}`, { text: yielded.describe().target });
}
