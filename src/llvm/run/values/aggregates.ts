import { type RuntimeValue, undef } from '../../memory/value.ts';

/** An element of a structure or an array. */
export function elementOf(value: RuntimeValue, index: number): RuntimeValue {
  return value === undef ? undef : ((value as readonly RuntimeValue[])[index] as RuntimeValue);
}

/** The same with another element at the end of a path. */
export function replaced(
  value: RuntimeValue,
  path: readonly number[],
  element: RuntimeValue,
): RuntimeValue {
  const [first, ...rest] = path;
  if (first === undefined) return element;
  const copy = [...(value as readonly RuntimeValue[])];
  copy[first] = replaced(copy[first] as RuntimeValue, rest, element);
  return copy;
}

/** What is in it, one after another. */
export function flat(value: RuntimeValue): RuntimeValue[] {
  return Array.isArray(value) ? value.flatMap(flat) : [value];
}
