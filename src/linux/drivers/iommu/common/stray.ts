import { Crash } from '../../../../explore/index.ts';

/**
 * Linux follows a pointer that leads nowhere and is not NULL, or goes on behind the end of an array:
 * an oops, or worse where there happens to be memory.
 *
 * @param object what it takes the place for
 * @param what the same for every execution
 */
export function stray(object: string, what: string, place: string): never {
  throw new Crash('null-deref', object, what, place, what);
}

/** An entry of an array of so many is used. */
export function checkIndex(array: string, index: number, length: number): void {
  if (index < length) return;
  stray(
    array,
    `${array}[] is used beyond its end: the fwspec has got more IDs`,
    `${array}[${index}]`,
  );
}
