import type { Task } from '../../../explore/index.ts';
import { type Scalar, undef } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big, floatOfBits, signed } from '../../run/values/arithmetic.ts';
import { stepped } from '../../run/values/constants.ts';
import { type ByHand, externals } from '../by-hand.ts';
import { byteAt } from './strings.ts';

// Text that is put together in memory. Where it would go to a file, nobody looks at it.

function* textAt(thread: Thread, place: Scalar, most: number): Task<string> {
  let text = '';
  for (let i = 0; i < most; i++) {
    const byte = yield* byteAt(thread, place, i);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

const directive = /%([-0+ #]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|z|j|t)?([a-zA-Z%])/g;

function* formatted(thread: Thread, format: Scalar, values: readonly Scalar[]): Task<string> {
  const form = yield* textAt(thread, format, mostText);
  const left = [...values];
  let text = '';
  let end = 0;
  for (const match of form.matchAll(directive)) {
    const [all, flags = '', width = '', precision, length = '', kind = ''] = match;
    text += form.slice(end, match.index);
    end = match.index + all.length;
    if (kind === '%') {
      text += '%';
      continue;
    }
    const value = left.shift() ?? undef;
    if (value === undef) thread.memory.crashUndefined('is printed');
    const bits = length === '' || length.startsWith('h') ? 32 : 64;
    const most = precision === undefined ? mostText : Number(precision);
    const shown =
      kind === 's' ? yield* textAt(thread, value, most) : textOf(kind, value, bits, precision);
    if (shown === null) thread.memory.fail(`${all} in a text is not supported`);
    const isLeft = flags.includes('-');
    const fill = flags.includes('0') && !isLeft ? '0' : ' ';
    text += isLeft ? shown.padEnd(Number(width)) : shown.padStart(Number(width), fill);
  }
  return text + form.slice(end);
}

/** No text that a program puts together is longer. */
const mostText = 1 << 16;

function textOf(
  kind: string,
  value: Scalar,
  bits: number,
  precision: string | undefined,
): string | null {
  switch (kind) {
    case 'd':
    case 'i':
      return String(signed(value, bits));
    case 'u':
      return String(BigInt.asUintN(bits, big(value)));
    case 'x':
      return BigInt.asUintN(bits, big(value)).toString(16);
    case 'X':
      return BigInt.asUintN(bits, big(value)).toString(16).toUpperCase();
    case 'o':
      return BigInt.asUintN(bits, big(value)).toString(8);
    case 'c':
      return String.fromCharCode(Number(big(value) & 0xffn));
    case 'p':
      return `0x${big(value).toString(16)}`;
    case 'f':
      return floatOfBits(value, 8).toFixed(precision === undefined ? 6 : Number(precision));
    default:
      return null;
  }
}

function* put(thread: Thread, to: Scalar, most: number, text: string): Task<Scalar> {
  const { memory } = thread;
  if (most > 0) {
    const kept = text.slice(0, most - 1);
    for (let i = 0; i < kept.length; i++)
      yield* memory.store(stepped(to, BigInt(i)), 1, kept.charCodeAt(i));
    yield* memory.store(stepped(to, BigInt(kept.length)), 1, 0);
  }
  return text.length;
}

function* snprintf(
  thread: Thread,
  to: Scalar,
  most: Scalar,
  format: Scalar,
  ...values: Scalar[]
): Task<Scalar> {
  const text = yield* formatted(thread, format, values);
  return yield* put(thread, to, Number(big(most)), text);
}

function* sprintf(thread: Thread, to: Scalar, format: Scalar, ...values: Scalar[]): Task<Scalar> {
  return yield* put(thread, to, mostText, yield* formatted(thread, format, values));
}

/** What is printed is read all the same: that can race. */
function* printf(thread: Thread, format: Scalar, ...values: Scalar[]): Task<Scalar> {
  return (yield* formatted(thread, format, values)).length;
}

function* fprintf(
  thread: Thread,
  _file: Scalar,
  format: Scalar,
  ...values: Scalar[]
): Task<Scalar> {
  return yield* printf(thread, format, ...values);
}

/** Functions of `stdio.h` that put a text together, by name. */
export const formatFunctions: ReadonlyMap<string, External> = externals({
  printf: printf as ByHand,
  fprintf: fprintf as ByHand,
  snprintf: snprintf as ByHand,
  sprintf: sprintf as ByHand,
});
