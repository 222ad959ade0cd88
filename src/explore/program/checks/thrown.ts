import { FormatError, InternalError, UsageError } from '../../../util/index.ts';
import { Abandoned, Crash, Misuse, ModelError } from '../failure.ts';
import { nameOf } from './check.ts';

/** What was thrown, in words. */
export interface Thrown {
  /** Of an error its name. */
  readonly name: string;
  readonly message: string;
}

/** Nobody reads on after so many characters. */
const longest = 1000;

/** Whatever was thrown, and whatever that does when somebody looks at it. */
export function describeThrown(thrown: unknown): Thrown {
  const isError = attempt(() => thrown instanceof Error) === true;
  const name = isError ? textOf(() => (thrown as Error).name) : 'something';
  const message =
    textOf(() => (thrown as Error).message) ??
    textOf(() => (hasOwnText(thrown) ? String(thrown) : null)) ??
    nameOf(thrown);
  return { name: name ?? 'Error', message };
}

/** An error of the explorer, of what it is used by or of what that reads, rather than of the program's own code. */
export function isOurs(error: unknown): error is Error {
  return (
    attempt(
      () =>
        error instanceof ModelError ||
        error instanceof InternalError ||
        error instanceof FormatError ||
        error instanceof UsageError,
    ) === true
  );
}

/** What was thrown by whoever runs a program in another language. */
export function interpreterError(thrown: unknown, task: string): InternalError {
  const { name, message } = describeThrown(thrown);
  return new InternalError(`fwspec internal bug: ${task} throws ${name}: ${message}`);
}

/** What ends its task, whoever would catch it. */
export function isFatal(error: unknown): boolean {
  return (
    isOurs(error) || error instanceof Crash || error instanceof Misuse || error instanceof Abandoned
  );
}

/**
 * What `run` returns, which is somebody's code but not that of a task.
 *
 * @throws ModelError that says where anything else was thrown
 */
export function guarded<T>(where: () => string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (isOurs(error)) throw error;
    if (error instanceof Misuse) throw new ModelError(`in ${where()}: ${error.message}`);
    const what = error instanceof Crash ? 'crashes: ' : `throws ${describeThrown(error).name}: `;
    throw new ModelError(`${where()} ${what}${describeThrown(error).message}`, { cause: error });
  }
}

function hasOwnText(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && value.toString !== Object.prototype.toString
  );
}

function textOf(look: () => unknown): string | null {
  const text = attempt(look);
  if (typeof text !== 'string') return null;
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
