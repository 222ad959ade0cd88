import { ModelError } from '../failure.ts';

/** What a value is, in words for a message: `"text"`, `3`, `an async function`, `a promise`. */
export function nameOf(value: unknown): string {
  try {
    return nameOfAny(value);
  } catch {
    return 'something that cannot be looked at';
  }
}

function nameOfAny(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return nameOfFunction(value);
  if (typeof value !== 'object') return String(value);
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise';
  if (Symbol.asyncIterator in value) return 'an async generator';
  if (isGenerator(value)) return 'a generator';
  const name: unknown = value.constructor?.name;
  return typeof name !== 'string' || name === 'Object' ? 'a plain object' : `${an(name)} ${name}`;
}

function nameOfFunction(value: object): string {
  const kind = (Object.getPrototypeOf(value) as object | null)?.constructor?.name ?? 'Function';
  if (kind === 'AsyncFunction') return 'an async function';
  if (kind === 'GeneratorFunction') return 'a generator function';
  return 'a function';
}

const isAbove = Object.prototype.isPrototypeOf;

function an(word: string): string {
  return /^[aeiou]/i.test(word) ? 'an' : 'a';
}

/** What all generators inherit: each function that makes some has a prototype of its own. */
const generators: object = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})()));

/** Whether something can be the body of a task. */
export function isGenerator(value: unknown): boolean {
  // Asked of each function that is entered: this is fast whoever has made the generator.
  if (isAbove.call(generators, value as object)) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.iterator in value &&
    typeof (value as { next?: unknown }).next === 'function'
  );
}

/** An object whose keys are among those that are known. */
export function checkKeys(
  where: string,
  value: unknown,
  known: readonly string[],
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ModelError(`${where} must be an object, not ${nameOf(value)}`);
  for (const [key, { get, enumerable }] of Object.entries(
    Object.getOwnPropertyDescriptors(value),
  )) {
    if (enumerable === true && !known.includes(key))
      throw new ModelError(`${where} has no "${key}": there is ${known.join(', ')}`);
    if (get !== undefined) throw getter(where, key);
  }
  checkInherited(where, value, known);
}

/** What is inherited may be there, as in a class, but must not be a getter either. */
function checkInherited(where: string, value: object, known: readonly string[]): void {
  let from: unknown = Object.getPrototypeOf(value);
  for (; typeof from === 'object' && from !== null; from = Object.getPrototypeOf(from)) {
    for (const key of known)
      if (Object.getOwnPropertyDescriptor(from, key)?.get !== undefined) throw getter(where, key);
  }
}

function getter(where: string, key: string): ModelError {
  return new ModelError(`"${key}" of ${where} is a getter, which can say this and then that`);
}

/** A field that must pass a test, described by what it must be. */
export function check(where: string, value: unknown, passes: boolean, must: string): void {
  if (!passes) throw new ModelError(`${where} must be ${must}, not ${nameOf(value)}`);
}

/** An option that is a whole number, if it is there. */
export function checkCount(
  where: string,
  value: unknown,
  least: number,
  most: number = Infinity,
): void {
  if (value === undefined) return;
  const fits = typeof value === 'number' && value >= least && value <= most;
  const range = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
  const whole = value === Infinity ? most === Infinity : Number.isInteger(value);
  check(where, value, fits && whole, `a whole number ${range}`);
}
