/** A broken invariant of fwspec itself, never of its input: always a bug to report to us. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** Stop when `condition` does not hold. For our own invariants only; input gets a {@link FormatError}. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new InternalError(`fwspec internal bug: ${what}`);
}

/** `value`, which our own code guarantees to be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  assert(value !== null && value !== undefined, what);
  return value;
}
