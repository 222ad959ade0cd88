import type { Task } from '../../../explore/index.ts';
import type { Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big, numberOf } from '../../run/values/arithmetic.ts';
import { stepped } from '../../run/values/constants.ts';
import { externals } from '../by-hand.ts';

// `string.h`, byte by byte, as far as programs about threads go.

/** A byte of a text; what was never written decides nothing. */
export function* byteAt(thread: Thread, text: Scalar, i: number): Task<number> {
  const byte = yield* thread.memory.load(stepped(text, BigInt(i)), 1);
  if (typeof byte === 'object') thread.memory.crashUndefined('is read as a character');
  return Number(numberOf(byte));
}

function* strlen(thread: Thread, text: Scalar): Task<Scalar> {
  let length = 0;
  while ((yield* byteAt(thread, text, length)) !== 0) length++;
  return BigInt(length);
}

/** Copy up to the end of a text or to a limit, which is filled up. */
function* copyText(thread: Thread, to: Scalar, from: Scalar, most: number): Task<Scalar> {
  const { memory } = thread;
  let byte = -1;
  for (let i = 0; i < most && (byte !== 0 || most < Number.POSITIVE_INFINITY); i++) {
    if (byte !== 0) byte = yield* byteAt(thread, from, i);
    yield* memory.store(stepped(to, BigInt(i)), 1, byte);
  }
  return to;
}

function strcpy(thread: Thread, to: Scalar, from: Scalar): Task<Scalar> {
  return copyText(thread, to, from, Number.POSITIVE_INFINITY);
}

function strncpy(thread: Thread, to: Scalar, from: Scalar, most: Scalar): Task<Scalar> {
  return copyText(thread, to, from, Number(big(most)));
}

/** Compare up to a limit; of texts up to the end of one. */
function* compare(
  thread: Thread,
  left: Scalar,
  right: Scalar,
  most: number,
  isText: boolean,
): Task<Scalar> {
  for (let i = 0; i < most; i++) {
    const a = yield* byteAt(thread, left, i);
    const b = yield* byteAt(thread, right, i);
    if (a !== b) return (a - b) >>> 0;
    if (isText && a === 0) return 0;
  }
  return 0;
}

function strcmp(thread: Thread, left: Scalar, right: Scalar): Task<Scalar> {
  return compare(thread, left, right, Number.POSITIVE_INFINITY, true);
}

function strncmp(thread: Thread, left: Scalar, right: Scalar, most: Scalar): Task<Scalar> {
  return compare(thread, left, right, Number(big(most)), true);
}

function memcmp(thread: Thread, left: Scalar, right: Scalar, size: Scalar): Task<Scalar> {
  return compare(thread, left, right, Number(big(size)), false);
}

function* memcpy(thread: Thread, to: Scalar, from: Scalar, size: Scalar): Task<Scalar> {
  yield* thread.memory.copy(to, from, Number(big(size)), false);
  return to;
}

function* memmove(thread: Thread, to: Scalar, from: Scalar, size: Scalar): Task<Scalar> {
  yield* thread.memory.copy(to, from, Number(big(size)));
  return to;
}

function* memset(thread: Thread, to: Scalar, byte: Scalar, size: Scalar): Task<Scalar> {
  yield* thread.memory.fill(to, byte, Number(big(size)));
  return to;
}

function* strdup(thread: Thread, text: Scalar): Task<Scalar> {
  const { memory } = thread;
  const length = Number(big(yield* strlen(thread, text)));
  const copy = yield* memory.allocate(length + 1, false);
  return copy === 0n ? copy : yield* copyText(thread, copy, text, Number.POSITIVE_INFINITY);
}

function* strcat(thread: Thread, to: Scalar, from: Scalar): Task<Scalar> {
  const length = yield* strlen(thread, to);
  yield* copyText(thread, stepped(to, big(length)), from, Number.POSITIVE_INFINITY);
  return to;
}

function* strchr(thread: Thread, text: Scalar, wanted: Scalar): Task<Scalar> {
  const character = Number(big(wanted) & 0xffn);
  for (let i = 0; ; i++) {
    const byte = yield* byteAt(thread, text, i);
    if (byte === character) return stepped(text, BigInt(i));
    if (byte === 0) return 0n;
  }
}

export const stringFunctions: ReadonlyMap<string, External> = externals({
  strlen,
  strdup,
  strcat,
  strchr,
  strcpy,
  strncpy,
  strcmp,
  strncmp,
  memcmp,
  // What clang makes of a comparison that only asks whether there is a difference.
  bcmp: memcmp,
  memcpy,
  memmove,
  memset,
} as never);
